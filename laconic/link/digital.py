"""Bits over the air: 5G's LDPC code, QAM, a channel, soft bits, the decoder.

```
bits [packets, k] --LDPC--> [packets * blocks, n] --QAM--> symbols [packets, symbols]      transmit
                                                                     | channel, at each packet's SNR
bits, converged <--LDPC-- soft bits <--demap, h and N_0 known-- y = h x + w                receive
```
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Complex64, Float, Int64, UInt8
from torch import Tensor

from laconic.link.errors import LinkError
from laconic.link.fading import Channel, Received
from laconic.link.ldpc import BASE_GRAPH_1, HIGHEST, LDPC, LONGEST, LOWEST, SHORTEST, exists, is_whole, nearest
from laconic.link.modulation import Modulation, check_bits
from laconic.link.sionna_code import graph


@dataclass(frozen=True, eq=False)
class Delivered:
    """What arrived of a batch of packets.

    `converged` says that the decoder found codewords in all of a packet's blocks: nearly always, but not surely, those
    that were sent. Where it is False the bits are its best guess. `symbols_per_packet` is what each packet cost.
    """

    bits: UInt8[np.ndarray, "packets k"]
    converged: Bool[np.ndarray, " packets"]
    symbols_per_packet: int


@dataclass(frozen=True)
class Segments:
    """How the k bits of a packet lie in `blocks` equal code blocks, the last one filled up with `padding` zeros."""

    code: LDPC
    blocks: int
    padding: int

    @cached_property
    def known(self) -> Int64[np.ndarray, " padding_sent"]:
        """Where among a packet's bits on the air those of the padding are: the receiver knows them to be 0."""
        variable = self.code.graph.sent
        is_padding = (variable >= self.code.k - self.padding) & (variable < self.code.k)
        return (self.blocks - 1) * self.code.n + np.flatnonzero(is_padding)


@dataclass(frozen=True)
class DigitalLink:
    """A packet's bits -> code blocks -> symbols of unit mean energy -> `channel` -> bits.

    Args:
        channel: one of laconic.link.fading, or anything that is called like it.
        modulation: `qpsk`, `16qam`, `64qam` or `256qam`.
        code_rate: from 1/5 to 0.95. A block's length is the whole number of symbols next to this rate. Of 5G's
            shortest blocks (below some 200 bits) the highest rates, from 0.86 on, can't be decoded even without
            noise, for too few parity bits give those bits that are never sent: these blocks are longer.
        iterations: of the decoder, at most.
        decoder: `minsum` or `sionna` (laconic.link.ldpc).

    Raises:
        LinkError: a modulation or a code rate that there isn't.

    >>> from laconic.link import AWGN
    >>> link, bits = DigitalLink(AWGN(), "16qam", code_rate=0.5), np.ones((3, 40), np.uint8)
    >>> delivered = link(bits, 20.0, generator=torch.Generator().manual_seed(0))
    >>> bool(delivered.converged.all() and (delivered.bits == bits).all()), delivered.symbols_per_packet
    (True, 20)
    """

    channel: Channel
    modulation: str = "qpsk"
    code_rate: float = 0.5
    iterations: int = 20
    decoder: Literal["minsum", "sionna"] = "minsum"

    def __post_init__(self) -> None:
        Modulation(self.modulation)
        if not LOWEST <= self.code_rate <= HIGHEST:
            end = HIGHEST if self.code_rate > HIGHEST else LOWEST
            raise LinkError(f"5G's code rates are {LOWEST} to {HIGHEST}, not {self.code_rate}; the nearest is {end}")

    def __call__(
        self,
        bits: UInt8[np.ndarray, "packets k"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Delivered:
        """Send packets at one SNR E_s/N_0 in dB, or at one for each packet.

        Raises:
            LinkError: no packets, bits other than uint8 of 0 and 1, or what the channel refuses.
            LaconicError: Sionna or numba is not installed.
        """
        received = self.channel(self.transmit(bits), snr_db, generator=generator)
        return self.receive(received, bits.shape[1])

    def segments(self, k: int) -> Segments:
        """How packets of `k` bits are coded: in one block, or where 5G has none so long, in several.

        Packets shorter than 5G's shortest block (12 bits) are filled up with zeros, which both ends know of.

        Raises:
            LinkError: `k` isn't a whole number from 1 on.
            LaconicError: Sionna is not installed.
        """
        if not is_whole(k) or k < 1:
            raise LinkError(f"a packet has a whole number of bits from 1 on, not {k!r}")
        return _segments(int(k), self.code_rate, self.qam.bits_per_symbol)

    def symbols(self, k: int) -> int:
        """The complex symbols that a packet of `k` bits takes; raises what `segments` does."""
        segments = self.segments(k)
        return segments.blocks * segments.code.n // self.qam.bits_per_symbol

    def transmit(self, bits: UInt8[np.ndarray, "packets k"]) -> Complex64[Tensor, "packets symbols"]:
        """The symbols of each packet.

        Raises:
            LinkError: no packets, or bits other than uint8 of 0 and 1.
            LaconicError: Sionna is not installed.
        """
        check_bits(bits)
        segments = self.segments(bits.shape[1])
        padded = np.pad(bits, ((0, 0), (0, segments.padding))) if segments.padding else bits
        coded = segments.code.encode(padded.reshape(-1, segments.code.k))
        return self.qam.map(coded.reshape(len(bits), -1))

    def receive(self, received: Received, k: int) -> Delivered:
        """The `k` bits of each packet, of whose symbols this was received.

        Raises:
            LinkError: other symbols than packets of `k` bits have.
            LaconicError: Sionna or numba is not installed.
        """
        segments, (packets, symbols) = self.segments(k), received.symbols.shape
        if symbols != self.symbols(k):
            raise LinkError(f"{self.symbols(k)} symbols for each packet of {k} bits wanted, {symbols} received")
        soft = self.qam.demap(received.symbols, received.gain, received.noise_variance)
        soft[:, segments.known] = np.inf
        decoded = segments.code.decode(soft.reshape(-1, segments.code.n), self.iterations, self.decoder)
        converged = np.asarray(decoded.converged.reshape(packets, -1).all(axis=1))
        return Delivered(decoded.bits.reshape(packets, -1)[:, :k], converged, symbols)

    @cached_property
    def qam(self) -> Modulation:
        """The modulation by its name."""
        return Modulation(self.modulation)


@lru_cache(1024)
def _segments(k: int, code_rate: float, bits_per_symbol: int) -> Segments:
    long, _, lowest = BASE_GRAPH_1  # rates below its lowest have shorter blocks
    blocks = -(-k // (LONGEST if code_rate >= lowest else long))
    size = max(-(-k // blocks), SHORTEST)
    n = bits_per_symbol * round(size / code_rate / bits_per_symbol)
    if not exists(size, n):
        _, n = nearest(size, n, bits_per_symbol)
    while not graph(size, n, bits_per_symbol).recoverable:
        n += bits_per_symbol
    return Segments(LDPC(size, n, bits_per_symbol), blocks, size * blocks - k)
