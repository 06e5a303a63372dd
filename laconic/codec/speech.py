"""A language and the tables that understand it: what a codec speaks, or could speak instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64

from laconic.contract import Symbols
from laconic.language import Language, PacketError, fingerprint, state
from laconic.language.crc import Check
from laconic.language.packet import Framing
from laconic.receiver import LinearReceiver, WordReceiver


@dataclass(frozen=True, eq=False)
class Speech:
    """How features are said, and how what was said is understood.

    ```
    features --code--> Symbols --language--> messages --framing--> packets     the sensor's half
    packets --framing--> messages --language--> Symbols --receiver--> P(class) the receiver's half
    ```
    """

    language: Language
    receiver: WordReceiver | LinearReceiver
    check: Check = Check.CRC8
    generation: int = 0
    names: Float64[np.ndarray, "clusters classes"] | None = None  # P(class | what the receiver knows), see Naming

    def say(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's word."""
        return self.language.code.quantise(features)

    def packets(self, symbols: Symbols) -> list[bytes]:
        """A packet for each word; equal words are packed once."""
        return self.framing.pack_all(self.language.encode(symbols))

    def hear(self, packets: Sequence[bytes]) -> tuple[Symbols, dict[int, PacketError]]:
        """The words of packets, and why some say none: those rows of the symbols mean nothing."""
        messages, damaged = self.framing.unpack_each(packets)
        symbols, meaningless = self.language.decode_each(messages)
        return symbols, dict(sorted((meaningless | damaged).items()))

    def posterior(self, symbols: Symbols) -> Float64[np.ndarray, "batch classes"]:
        """P(class | word) for each word, rows summing to 1."""
        if isinstance(self.receiver, WordReceiver):
            known = self.receiver.posterior(symbols, self.language.lexicon)
        else:
            known = self.receiver.posterior(self.language.code.dequantise(symbols))
        return known if self.names is None else known @ self.names

    def spell(self, symbols: Symbols) -> list[str]:
        """Words as people read them: units, and after a colon the level where it says more than silence.

        `3+17+40` are three firing units; `3:2` is unit 3 at level 2, `3:0` a silent one.
        """
        alphabet = self.language.code.alphabet
        if alphabet.level_bits > 16:
            return [f"{int((levels > 0).sum())} amplitudes" for levels in symbols.levels]
        plain = int(alphabet.level_bits > 0)
        return [
            "+".join(f"{unit}" if level == plain else f"{unit}:{level}" for unit, level in zip(*word, strict=True))
            for word in zip(symbols.units.tolist(), symbols.levels.tolist(), strict=True)
        ]

    @cached_property
    def framing(self) -> Framing:
        """How this speech's packets are framed and checked."""
        return Framing(self.fingerprint, self.check, self.generation)

    @cached_property
    def fingerprint(self) -> bytes:
        """8 bytes that stand for the language and the receiver's tables, never for the encoder or for names."""
        scalars, arrays = state(self.receiver)
        parts = [repr((self.receiver.name, sorted(scalars.items()))).encode()]
        for name in sorted(arrays):
            little = arrays[name].astype(arrays[name].dtype.newbyteorder("<"), copy=False)
            parts += [f"{name} {little.dtype.name} {little.shape}".encode(), little.tobytes()]
        return fingerprint(self.language.fingerprint_bytes(), *parts)
