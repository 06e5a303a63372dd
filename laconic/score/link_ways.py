r"""The ways of telling a picture over a link, and what the receiver answers.

```
said          word --check--> packet --LDPC, QAM--> channel --> packet, if decoder and check agree --> class
sent          picture coder ------^                                                                \-> picture --> class
said-or-sent  word, in a stronger code | picture, where its word may err ----> class of the picture, or else of the word
analog        features --> symbols of unit power --> channel --> equaliser --> features --> class
```

A receiver knows of each packet what a control channel would tell it: length, modulation and code rate. It answers
nothing where it understood nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8

from laconic.link.analog import AnalogLink
from laconic.link.fading import Channel
from laconic.link.packets import carry
from laconic.link.protection import Layer, UnequalLink
from laconic.link.scheme import Scheme
from laconic.score.link_conditions import Conditions

NOTHING = -1  # the answer where nothing was understood
LENGTHS = 16  # of packets at most: each has an LDPC code of its own, which takes a third of a second to build


@dataclass(frozen=True, eq=False)
class Arrived:
    """The class that the receiver answers for each picture, and which of them arrived as they were sent."""

    answers: Int64[np.ndarray, " n"]
    intact: Bool[np.ndarray, " n"] | None
    symbols: float
    scheme: str


@dataclass(frozen=True, eq=False)
class Listener:
    """The class that each packet is understood as, NOTHING where it is refused; each distinct one is looked at once."""

    understand: Callable[[list[bytes]], Sequence[int]]
    known: dict[bytes, int] = field(default_factory=dict)

    def __call__(self, packets: Sequence[bytes]) -> Int64[np.ndarray, " n"]:
        """The answer to each packet."""
        new = [packet for packet in dict.fromkeys(packets) if packet not in self.known]
        if new:
            self.known.update(zip(new, self.understand(new), strict=True))
        return np.array([self.known[packet] for packet in packets], dtype=np.int64)


SchemeAt: TypeAlias = Callable[[float], Scheme]
"""The modulation and code rate at an SNR in dB."""


@dataclass(frozen=True, eq=False)
class Packets:
    """Each picture is one packet, in code blocks of its own: said, and sent."""

    packets: list[bytes]
    listener: Listener
    scheme_at: SchemeAt
    asked: Conditions

    def clean(self) -> Int64[np.ndarray, " n"]:
        """The answers to the packets themselves."""
        return self.listener(self.packets)

    def __call__(self, snr_db: float, generator: torch.Generator) -> Arrived:
        """Every packet once; one arrived if the decoder found a codeword and the packet's own check fits."""
        scheme = self.scheme_at(snr_db)
        link = scheme.over(self.asked.channel, self.asked.decoder)
        carried = carry(link, stuffed(self.packets), snr_db, generator=generator)
        came = [
            data[: len(packet)] if whole else b""
            for data, packet, whole in zip(carried.packets, self.packets, carried.converged.tolist(), strict=True)
        ]
        intact = np.array([data == packet for data, packet in zip(came, self.packets, strict=True)])
        return Arrived(self.listener(came), intact, float(carried.symbols.mean()), str(scheme))


@dataclass(frozen=True, eq=False)
class Protected:
    """A word for each picture in a strong code, and behind it, where the codec doubts its word, the picture."""

    words: list[bytes]
    pictures: Mapping[int, bytes]
    hear: Listener
    see: Listener
    scheme_at: SchemeAt
    asked: Conditions

    def clean(self) -> Int64[np.ndarray, " n"]:
        """The word's class, or the picture's where one is sent."""
        answers = self.hear(self.words)
        answers[list(self.pictures)] = self.see(list(self.pictures.values()))
        return answers

    def __call__(self, snr_db: float, generator: torch.Generator) -> Arrived:
        """Words and pictures through one fade; where the picture is lost the word, if it came, is the answer."""
        scheme, words = self.scheme_at(snr_db), self.asked.words
        bodies = dict(zip(self.pictures, stuffed(list(self.pictures.values())), strict=True))
        sizes = [(len(word), len(bodies.get(row, b""))) for row, word in enumerate(self.words)]
        answers = np.full(len(self.words), NOTHING)
        intact, symbols = np.zeros(len(self.words), dtype=bool), np.zeros(len(self.words))
        for size in sorted(set(sizes)):
            rows = [row for row, each in enumerate(sizes) if each == size]
            layers = (Layer(8 * size[0], words), Layer(None, scheme))
            link = UnequalLink(self.asked.channel, layers, self.asked.decoder)
            sent = [self.words[row] + bodies.get(row, b"") for row in rows]
            bits = np.unpackbits(np.frombuffer(b"".join(sent), dtype=np.uint8).reshape(len(rows), -1), axis=1)
            parts = link(bits, snr_db, generator=generator)
            answers[rows] = self.hear(_whole(parts[0].bits, parts[0].converged))
            if size[1]:
                lengths = [len(self.pictures[row]) for row in rows]
                seen = self.see(_whole(parts[1].bits, parts[1].converged, lengths))
                answers[rows] = np.where(seen == NOTHING, answers[rows], seen)
            came = np.concatenate([part.bits for part in parts], axis=1)
            intact[rows] = (came == bits).all(axis=1)
            symbols[rows] = sum(part.symbols_per_packet for part in parts)
        return Arrived(answers, intact, float(symbols.mean()), f"{words} | {scheme}")


@dataclass(frozen=True, eq=False)
class Analog:
    """All features as they are, two in a complex symbol, each picture's scaled to unit mean power.

    By how much, the receiver is told without error and free of charge; it knows that features are not negative. Dark
    pictures without any active feature are silence, and arrive as that.
    """

    features: Float32[np.ndarray, "n units"]
    read: Callable[[Float32[np.ndarray, "n units"]], Int64[np.ndarray, " n"]]
    channel: Channel

    def clean(self) -> Int64[np.ndarray, " n"]:
        """What the full features are read as."""
        return self.read(self.features)

    def __call__(self, snr_db: float, generator: torch.Generator) -> Arrived:
        """Every picture's features once, equalised by MMSE."""
        units = self.features.shape[1]
        loud = np.flatnonzero(self.features.any(axis=1))
        heard = np.zeros_like(self.features)
        if len(loud):
            even = np.pad(self.features[loud], ((0, 0), (0, units % 2)))
            link = AnalogLink(self.channel, restore_amplitude=True)
            came = link(torch.from_numpy(even), snr_db, generator=generator)
            heard[loud] = np.maximum(came.numpy()[:, :units], 0)
        return Arrived(self.read(heard), None, float((units + 1) // 2), "analog")


Way: TypeAlias = Packets | Protected | Analog
"""A way, ready to be gone at any SNR in dB: `way(snr_db, generator)`; `way.clean()` are its answers without loss."""


def stuffed(packets: list[bytes]) -> list[bytes]:
    """Packets filled up with zero bytes to one of at most LENGTHS lengths."""
    step = -(-max(map(len, packets), default=1) // LENGTHS)
    return [packet + bytes(-len(packet) % step) for packet in packets]


def _whole(
    bits: UInt8[np.ndarray, "packets bits"], converged: Bool[np.ndarray, " packets"], lengths: Sequence[int] = ()
) -> list[bytes]:
    """Packets without what filled them up; of those that the decoder knows to be wrong, nothing."""
    data = [row.tobytes() for row in np.packbits(bits, axis=1)]
    cut = [packet[:length] for packet, length in zip(data, lengths, strict=True)] if lengths else data
    return [packet if whole else b"" for packet, whole in zip(cut, converged.tolist(), strict=True)]
