"""QPSK and square QAM with 5G's labels: bits to complex symbols, and back to soft bits where the gain is known.

Each axis carries every other bit of a symbol as one of 2^h levels, Gray-labelled (3GPP TS 38.211, section 5.1):

```
256qam   b0 b2 b4 b6 -> I = (1-2 b0) (8 - (1-2 b2) (4 - (1-2 b4) (2 - (1-2 b6)))) / sqrt(170)
         b1 b3 b5 b7 -> Q = the same
```

So a receiver reads the axes one by one: 2 x 16 levels where the whole constellation has 256 points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Complex64, Float32, UInt8
from torch import Tensor

from laconic.link.errors import LinkError

BITS_PER_SYMBOL = {"qpsk": 2, "16qam": 4, "64qam": 6, "256qam": 8}
_PIECE = 2**14  # symbols whose soft bits are made at once, so that all their levels fit in a processor's cache
_Join: TypeAlias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Modulation:
    """A constellation of unit mean energy: `qpsk`, `16qam`, `64qam` or `256qam`.

    Raises:
        LinkError: there is no such modulation.

    >>> qpsk = Modulation("qpsk")
    >>> symbols = qpsk.map(np.array([[0, 0, 1, 0]], dtype=np.uint8))
    >>> [complex(round(each.real, 3), round(each.imag, 3)) for each in symbols[0].tolist()]
    [(0.707+0.707j), (-0.707+0.707j)]
    >>> qpsk.demap(symbols, torch.ones(1, 1, dtype=torch.complex64), torch.ones(1, 1)).round(3).tolist()
    [[2.0, 2.0, -2.0, 2.0]]
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in BITS_PER_SYMBOL:
            raise LinkError(f"a modulation is one of {', '.join(BITS_PER_SYMBOL)}, not {self.name!r}")

    @property
    def bits_per_symbol(self) -> int:
        """From 2 for qpsk to 8 for 256qam."""
        return BITS_PER_SYMBOL[self.name]

    @cached_property
    def levels(self) -> Float32[Tensor, " levels"]:
        """The levels of an axis, in the order of its bits (b0, b2, ...) read as a number, b0 first."""
        levels = torch.tensor([1.0, -1.0])
        for bit in range(1, self.bits_per_symbol // 2):
            levels = torch.cat([2**bit - levels, levels - 2**bit])
        return levels / math.sqrt(2 * levels.square().mean().item())  # two axes make up a mean energy of 1

    @cached_property
    def points(self) -> Complex64[Tensor, " points"]:
        """The constellation, in the order of a symbol's bits read as a number, b0 first."""
        n, half = self.bits_per_symbol, self.bits_per_symbol // 2
        bits = torch.arange(2**n)[:, None] >> torch.arange(n - 1, -1, -1) & 1
        label = (bits.view(-1, half, 2) << torch.arange(half - 1, -1, -1)[:, None]).sum(1)
        return torch.view_as_complex(self.levels[label])

    def map(self, bits: UInt8[np.ndarray, "blocks bits"]) -> Complex64[Tensor, "blocks symbols"]:
        """The symbols of each block's bits, b0 of the first symbol first.

        Raises:
            LinkError: no bits, bits other than uint8 of 0 and 1, or bits that don't fill whole symbols.
        """
        check_bits(bits)
        n = self.bits_per_symbol
        if bits.shape[1] % n:
            raise LinkError(
                f"{self.name} carries {n} bits a symbol: a multiple of {n} wanted, not {bits.shape[1]} bits"
            )
        each = bits.reshape(len(bits), -1, n)
        label = each[..., 0].astype(np.intp)
        for bit in range(1, n):
            label = 2 * label + each[..., bit]
        return torch.from_numpy(self.points.numpy()[label])

    def demap(
        self,
        symbols: Complex64[Tensor, "blocks symbols"],
        gain: Complex64[Tensor, "blocks gains"],
        noise_variance: Float32[Tensor, "blocks 1"],
        max_log: bool = False,
    ) -> Float32[np.ndarray, "blocks bits"]:
        """Soft bits log p(y | b = 0) / p(y | b = 1) of y = h x + w, all labels as likely; positive says 0.

        With r = Re(y h*) / N_0 (Im for Q) a level a has log p = 2 a r - a^2 |h|^2 / N_0 + const. A bit's two sums of p
        run over the other bits' levels, exactly; `max_log` takes their largest terms instead (Robertson, Villebrun and
        Hoeher, 1995). QPSK has one level each: its soft bit is 2 sqrt(2) r.

        Args:
            symbols: what was received, y.
            gain: h, one for each symbol or one for the whole block.
            noise_variance: N_0 = E|w|^2 of a complex symbol.
            max_log: of the sums only the largest terms.

        Raises:
            LinkError: a noise variance that is not above 0.
        """
        if not noise_variance.min() > 0:
            raise LinkError(f"a noise variance is above 0, not {noise_variance.min():g}")
        r = torch.view_as_real(symbols * (gain.conj() / noise_variance))
        if self.name == "qpsk":
            return r.mul(2 * math.sqrt(2)).flatten(1).numpy()
        power = (torch.view_as_real(gain).square().sum(-1) / noise_variance).expand(symbols.shape)
        join = torch.maximum if max_log else torch.logaddexp
        return self._by_axis(r.flatten(0, 1), power.flatten(), join).view(len(symbols), -1).numpy()

    def _by_axis(
        self, r: Float32[Tensor, "symbols 2"], power: Float32[Tensor, " symbols"], join: _Join
    ) -> Float32[Tensor, "symbols bits"]:
        """The soft bits of symbols that received r = (Re, Im) y h* / N_0 with a gain's power |h|^2 / N_0."""
        half = self.bits_per_symbol // 2
        linear, square = 2 * self.levels[:, None, None], self.levels.square()[:, None, None]
        pairs = torch.empty(len(r), half, dtype=torch.complex64)  # soft bits (I, Q): copied two at a time
        for start in range(0, len(r), _PIECE):
            piece = slice(start, start + _PIECE)
            log_p = linear * r[piece] - square * power[piece, None]
            soft = _marginals(log_p.view(*[2] * half, -1), join)
            pairs[piece] = soft.view(torch.complex64).T
        return torch.view_as_real(pairs).flatten(1)


def _marginals(log_p: Tensor, join: _Join) -> Tensor:
    """For each of the leading axes, of two labels each, log p(0) / p(1) with the others summed out."""
    if log_p.ndim == 2:
        return log_p[:1] - log_p[1:]
    of_first = log_p
    while of_first.ndim > 2:
        of_first = join(of_first[:, 0], of_first[:, 1])
    return torch.cat([of_first[:1] - of_first[1:], _marginals(join(log_p[0], log_p[1]), join)])


def check_bits(bits: UInt8[np.ndarray, "blocks bits"]) -> None:
    """Raise a LinkError unless these are uint8 0 and 1 in blocks, at least one block and one bit."""
    if bits.dtype != np.uint8:
        raise LinkError(f"bits are uint8, each 0 or 1, not {bits.dtype}; convert them with .astype(np.uint8)")
    if bits.ndim != 2 or not bits.size:
        raise LinkError(f"bits are [blocks, bits] with at least one of each, not of shape {[*bits.shape]}")
    if bits.max() > 1:
        raise LinkError(f"bits are 0 or 1, not {bits.max()}; unpack bytes with np.unpackbits")
