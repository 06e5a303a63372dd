"""5G's LDPC code: blocks of k bits to n bits on the air and, from soft bits, back."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from laconic.link.errors import LinkError
from laconic.link.parity import codewords, satisfied
from laconic.link.sionna_code import Graph, graph

Decoder: TypeAlias = Literal["minsum", "sionna"]

SHORTEST, LONGEST = 12, 8448  # k: Sionna's smallest, base graph 1's largest block
LOWEST, HIGHEST = 1 / 5, 0.95  # code rates
BASE_GRAPH_1 = (3824, 1 / 4, 1 / 3)  # above this k and this code rate base graph 1 is used, and has no code below 1/3
BASE_GRAPH_2 = 3840  # its largest k


@dataclass(frozen=True, eq=False)
class Decoded:
    """What a decoder made of each block.

    `converged` says that a codeword was found, which is nearly always, but not surely, the one that was sent: a
    check of the packet's own decides. `iterations` is how many passes over the graph it took.
    """

    bits: UInt8[np.ndarray, "blocks k"]
    converged: Bool[np.ndarray, " blocks"]
    iterations: Int32[np.ndarray, " blocks"]


@dataclass(frozen=True)
class LDPC:
    """5G NR's LDPC code with its rate matching (3GPP TS 38.212, sections 5.3.2 and 5.4.2; redundancy version 0).

    Args:
        k: bits of a block, 12 to 8448.
        n: bits on the air, so that the code rate k / n lies within 1/5 and 0.95; above k = 3824 not all do.
        bits_per_symbol: of the modulation, over which the bits on the air are interleaved; n is a multiple of it.
            1 means that they are not.

    Raises:
        LinkError: 5G has no such code; the text names the nearest.
    """

    k: int = 512
    n: int = 1024
    bits_per_symbol: int = 2

    def __post_init__(self) -> None:
        for name in ("k", "n", "bits_per_symbol"):
            value = getattr(self, name)
            if not is_whole(value) or value < 1:
                raise LinkError(f"an LDPC code's {name} is a whole number from 1 on, not {value!r}")
            object.__setattr__(self, name, operator.index(value))
        if not exists(self.k, self.n) or self.n % self.bits_per_symbol:
            k, n = nearest(self.k, self.n, self.bits_per_symbol)
            raise LinkError(
                f"5G has no LDPC code of k={self.k} bits in n={self.n}, {self.bits_per_symbol} a symbol; "
                f"the nearest is k={k}, n={n}"
            )

    @property
    def code_rate(self) -> float:
        """Bits per bit on the air."""
        return self.k / self.n

    @property
    def graph(self) -> Graph:
        """What decoders run on; built on first use.

        Raises:
            LaconicError: Sionna is not installed.
        """
        return graph(self.k, self.n, self.bits_per_symbol)

    def encode(self, bits: UInt8[np.ndarray, "blocks k"]) -> UInt8[np.ndarray, "blocks n"]:
        """The bits on the air, bit for bit those of Sionna's encoder.

        Raises:
            LinkError: no blocks, blocks that aren't k wide, or bits that aren't 0 or 1.
        """
        _check_blocks("bits", bits, self.k)
        if bits.dtype != np.uint8 or bits.max() > 1:
            raise LinkError(f"bits are uint8, each 0 or 1, not {bits.dtype} up to {bits.max()}")
        words = codewords(bits, self.graph.order, self.graph.variables)
        return np.ascontiguousarray(words[:, self.graph.sent])

    def decode(
        self,
        llr: Float32[np.ndarray, "blocks n"],
        iterations: int = 20,
        decoder: Decoder = "minsum",
    ) -> Decoded:
        """The bits that the soft bits mean, log p(0) / p(1) each; an infinite one is a bit that is known.

        Args:
            llr: soft bits in the order of `encode`.
            iterations: passes over the graph at most.
            decoder: `minsum` (laconic.link.minsum) stops where a codeword is found; `sionna` is Sionna's belief
                propagation (boxplus-phi, flooding), which always makes all `iterations` and clips soft bits to +-20.

        Raises:
            LinkError: no blocks, blocks that aren't n wide, soft bits that are NaN, no iteration, no such decoder.
            LaconicError: Sionna or numba is not installed.
        """
        _check_blocks("llr", llr, self.n)
        if np.isnan(llr).any():
            raise LinkError("soft bits are numbers, but llr has NaN; is the SNR or the noise variance one?")
        if not is_whole(iterations) or iterations < 1:
            raise LinkError(f"iterations is a whole number from 1 on, not {iterations!r}")
        llr = np.ascontiguousarray(llr, np.float32)
        if decoder == "minsum":
            from laconic.link import minsum  # it imports numba

            found = minsum.decode(self.graph, llr, int(iterations))
            return Decoded(found.words[:, : self.k], found.converged, found.passes)
        if decoder == "sionna":
            words = self.graph.decode(llr, iterations)
            is_codeword = satisfied(words, self.graph.checks)
            return Decoded(words[:, : self.k], is_codeword, np.full(len(llr), iterations, np.int32))
        raise LinkError(f"decoder is minsum or sionna, not {decoder!r}")


def exists(k: int, n: int) -> bool:
    """Whether 5G has a code of k bits in n (of any modulation)."""
    rate = k / n
    if not (SHORTEST <= k <= LONGEST and LOWEST <= rate <= HIGHEST):
        return False
    long, low, lowest = BASE_GRAPH_1
    return k <= long or (rate <= low and k <= BASE_GRAPH_2) or rate >= lowest


def nearest(k: int, n: int, bits_per_symbol: int = 1) -> tuple[int, int]:
    """The code next to k and n that 5G has: k is kept if it can be, then n is moved as little as possible.

    >>> nearest(4000, 13000)
    (4000, 12000)
    """
    k = min(max(k, SHORTEST), LONGEST)
    lengths = [m for m in range(math.floor(k / HIGHEST), 5 * k + 1) if m % bits_per_symbol == 0 and exists(k, m)]
    return k, min(lengths, key=lambda m: abs(m - n))


def is_whole(value: object) -> bool:
    """Whether this is an integer of Python's or numpy's, and no boolean."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_blocks(name: str, values: np.ndarray, width: int) -> None:
    if values.ndim != 2 or values.shape[1] != width or not len(values):
        raise LinkError(f"{name} is [blocks, {width}] with at least one block, not {list(values.shape)}")
