"""The space of words of a code, and the enumerative code that numbers them all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8

from laconic.contract import Symbols
from laconic.language.bits import from_bits, to_bits
from laconic.language.errors import CodeError, WordError
from laconic.language.numbering import digits_of, subset, units_of

MAX_UNITS = 65_536
MAX_LEVEL_BITS = 32
SMALL = 2**62  # below it ranks are int64 and handled thousands at a time, above it they are Python's own


@dataclass(frozen=True)
class Alphabet:
    """All words of `k` out of `n_units` units, each with a level of `level_bits` bits.

    Unordered words name their units in ascending order; ordered ones in an order that means something.

    Paper 001, equation (15): a word costs log2 C(N, K) + K n bits.

    >>> alphabet = Alphabet(n_units=48, k=3, level_bits=1)
    >>> alphabet.fixed_bits
    18
    >>> alphabet.rank(alphabet.unrank([0, 12345]))
    [0, 12345]

    Raises:
        CodeError: k is not in 1..n_units, or a number is beyond the limits of this file.
    """

    n_units: int
    k: int
    level_bits: int
    ordered: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.n_units <= MAX_UNITS:
            raise CodeError(f"an alphabet has 1..{MAX_UNITS} units, this one {self.n_units}; choose fewer units")
        if not 1 <= self.k <= self.n_units:
            raise CodeError(f"a word names 1..{self.n_units} of {self.n_units} units, this one {self.k}; change k")
        if not 0 <= self.level_bits <= MAX_LEVEL_BITS:
            raise CodeError(f"a level has 0..{MAX_LEVEL_BITS} bits, this one {self.level_bits}")

    @cached_property
    def n_words(self) -> int:
        """How many words there are, exactly."""
        arrangements = math.perm if self.ordered else math.comb
        return arrangements(self.n_units, self.k) << (self.k * self.level_bits)

    @property
    def formula_bits(self) -> float:
        """Bits of a word, not rounded: log2 C(N, K) + K n (paper 001, equation 15)."""
        return math.log2(self.n_words)

    @property
    def fixed_bits(self) -> int:
        """Whole bits that number every word: ceil(log2 n_words)."""
        return (self.n_words - 1).bit_length()

    @property
    def tail_bits(self) -> int:
        """Bits that `write` takes: `fixed_bits`; in ordered alphabets a field per unit and level."""
        return sum(self._fields) if self.ordered else self.fixed_bits

    @property
    def _fields(self) -> list[int]:
        widths = [(self.n_units - j - 1).bit_length() for j in range(self.k)]
        return [bits for width in widths for bits in (width, self.level_bits)]

    @property
    def _is_small(self) -> bool:
        return self.n_words <= SMALL

    def check(self, symbols: Symbols) -> None:
        """Refuse symbols that are no words of this alphabet.

        Raises:
            WordError: a unit or level out of range, a repeated unit, or units out of order.
        """
        units, levels = symbols.units, symbols.levels
        if units.shape != levels.shape or units.shape[1] != self.k:
            raise WordError(f"words of {self.k} units wanted, got units {units.shape} and levels {levels.shape}")
        if units.size and not (units.min() >= 0 and units.max() < self.n_units):
            raise WordError(f"units 0..{self.n_units - 1} wanted, got {units.min()}..{units.max()}")
        rising = np.diff(np.sort(units, axis=1) if self.ordered else units, axis=1) > 0
        if not rising.all():
            wanted = "distinct units" if self.ordered else "distinct units in ascending order"
            raise WordError(f"{wanted} wanted, got the word {units[~rising.all(axis=1)][0].tolist()}")
        if levels.size and int(levels.max()) >> self.level_bits:
            raise WordError(f"levels of {self.level_bits} bits wanted, got {levels.max()}")

    def rank(self, symbols: Symbols) -> list[int]:
        """The number of each word, 0..n_words-1, as exact whole numbers; `docs/format.md` defines it.

        Raises:
            WordError: no words of this alphabet.
        """
        self.check(symbols)
        ranks: list[int] = self._ranks(symbols).tolist()
        return ranks

    def unrank(self, ranks: list[int]) -> Symbols:
        """The words of these numbers: the inverse of `rank`.

        Raises:
            WordError: a number outside 0..n_words-1.
        """
        for rank in ranks:
            if not 0 <= rank < self.n_words:
                raise WordError(f"ranks 0..n_words-1 wanted, where n_words = {self.n_words}, got {rank}")
        return self._unranked(np.array(ranks, dtype=np.int64 if self._is_small else object))

    def keys(self, symbols: Symbols) -> np.ndarray:
        """One sortable key per word [batch]: the rank where it fits 62 bits, else fixed-width bytes.

        Raises:
            WordError: no words of this alphabet.
        """
        self.check(symbols)
        if self._is_small:
            return self._ranks(symbols)
        fields = np.hstack([symbols.units.astype(">u4"), symbols.levels.astype(">u4")])
        return fields.view(f"S{8 * self.k}")[:, 0]

    def write(self, symbols: Symbols) -> UInt8[np.ndarray, "batch tail_bits"]:
        """Each word in `tail_bits` bits, with no lexicon.

        Raises:
            WordError: no words of this alphabet.
        """
        self.check(symbols)
        if self.ordered:
            columns = np.stack([digits_of(symbols.units), symbols.levels.astype(np.int64)], axis=2)
            columns = columns.reshape(len(symbols), 2 * self.k)
            pairs = zip(columns.T, self._fields, strict=True)
            return np.hstack([to_bits(column, width) for column, width in pairs])
        if self.k == self.n_units:  # every unit is named: the levels are the whole rank
            bits = to_bits(symbols.levels.reshape(-1).astype(np.int64), self.level_bits)
            return bits.reshape(len(symbols), self.tail_bits)
        return to_bits(self._ranks(symbols), self.fixed_bits)

    def read(self, bits: UInt8[np.ndarray, "batch tail_bits"]) -> tuple[Symbols, Bool[np.ndarray, " batch"]]:
        """The words that `write` wrote, and which rows are words at all (the others give some word)."""
        if self.ordered:
            return self._read_fields(bits)
        if self.k == self.n_units:
            levels = from_bits(bits.reshape(len(bits) * self.k, self.level_bits))
            units = np.tile(np.arange(self.k, dtype=np.int32), (len(bits), 1))
            levels = levels.reshape(len(bits), self.k).astype(np.uint32)
            return Symbols(units, levels), np.ones(len(bits), dtype=bool)
        ranks = from_bits(bits)
        known = (ranks < self.n_words).astype(bool)
        return self._unranked(np.where(known, ranks, 0)), known

    def _read_fields(self, bits: UInt8[np.ndarray, "batch n"]) -> tuple[Symbols, Bool[np.ndarray, " batch"]]:
        edges = np.cumsum([0, *self._fields])
        columns = [from_bits(bits[:, a:b]) for a, b in pairwise(edges)]
        digits = np.stack(columns[0::2], axis=1)
        room = self.n_units - np.arange(self.k)
        known: np.ndarray = np.all(digits < room, axis=1)
        units = units_of(np.minimum(digits, room - 1))
        return Symbols(units, np.stack(columns[1::2], axis=1).astype(np.uint32)), known

    def _ranks(self, symbols: Symbols) -> np.ndarray:
        number = np.int64 if self._is_small else object
        if self.ordered:
            ranks = np.zeros(len(symbols), dtype=number)
            for j, digit in enumerate(digits_of(symbols.units).astype(number).T):
                ranks = ranks * (self.n_units - j) + digit
        else:
            ranks = self._subset_ranks(symbols.units)
        for level in symbols.levels.astype(number).T:
            ranks = (ranks << self.level_bits) | level
        return ranks

    def _unranked(self, ranks: np.ndarray) -> Symbols:
        levels = np.zeros((len(ranks), self.k), dtype=np.uint32)
        for j in reversed(range(self.k)):
            levels[:, j] = ranks & ((1 << self.level_bits) - 1)
            ranks = ranks >> self.level_bits
        if not self.ordered:
            return Symbols(self._subsets(ranks), levels)
        digits = np.zeros((len(ranks), self.k), dtype=np.int64)
        for j in reversed(range(self.k)):
            digits[:, j] = ranks % (self.n_units - j)
            ranks = ranks // (self.n_units - j)
        return Symbols(units_of(digits), levels)

    @cached_property
    def _binomials(self) -> Int64[np.ndarray, "k places"]:
        """Row j, place p: C(j + p, j + 1). Each is at most C(N, K), so a small alphabet's fit int64."""
        row = np.ones(self.n_units - self.k + 1, dtype=np.int64)
        row[0] = 0
        rows = [row := np.cumsum(row) for _ in range(self.k)]
        return np.stack(rows)

    def _subset_ranks(self, units: Int32[np.ndarray, "batch k"]) -> np.ndarray:
        places = np.arange(self.k)
        if self._is_small:
            small: np.ndarray = self._binomials[places, units - places].sum(axis=1)
            return small
        ranks = [sum(math.comb(u, j + 1) for j, u in enumerate(word)) for word in units.tolist()]
        return np.array(ranks, dtype=object)

    def _subsets(self, ranks: np.ndarray) -> Int32[np.ndarray, "batch k"]:
        units = np.zeros((len(ranks), self.k), dtype=np.int32)
        if not self._is_small:
            for i, rank in enumerate(ranks.tolist()):
                units[i] = subset(rank, self.n_units, self.k)
            return units
        for j in reversed(range(self.k)):
            place = np.searchsorted(self._binomials[j], ranks, side="right") - 1
            units[:, j] = place + j
            ranks = ranks - self._binomials[j][place]
        return units
