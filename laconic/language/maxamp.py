"""MaxAmp: say which k units are the strongest, and roughly how strong; and its progressive form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int32, Int64

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.code import check_features, check_training, fitted
from laconic.language.levels import check_level_bits, edge, mean_values, to_levels, tops


@dataclass(frozen=True, eq=False)
class MaxAmp:
    """The k strongest units of each picture, in ascending order (paper 001, section III-B).

    Of equal amplitudes the lowest-numbered unit goes first, so a word of fewer than k firing units is filled
    with the lowest-numbered silent ones at level 0.

    Args:
        k: units per word.
        level_bits: bits per unit's amplitude; with one bit level 1 says that it fires.
        top: each unit's top level; learnt.
        values: what each (unit, level) stands for; learnt.

    >>> features = np.array([[0, 3, 0, 5], [0, 0, 2, 0]], dtype=np.float32)
    >>> code = MaxAmp(k=2).fit(features, np.array([0, 1]))
    >>> code.quantise(features).units.tolist()
    [[1, 3], [0, 2]]
    """

    k: int = 3
    level_bits: int = 1
    top: Float32[np.ndarray, " units"] | None = None
    values: Float32[np.ndarray, "units levels"] | None = None

    name: ClassVar[str] = "maxamp"

    def __post_init__(self) -> None:
        check_level_bits(self.level_bits)

    @property
    def alphabet(self) -> Alphabet:
        """K of all units.

        Raises:
            NotFittedError: before `fit`.
        """
        return Alphabet(len(fitted(self.top, self)), self.k, self.level_bits)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> MaxAmp:
        """A copy that knows each unit's range of amplitudes.

        Raises:
            FeatureError: features or labels that no code can learn from.
            CodeError: fewer than k units.
        """
        check_training(features, labels)
        Alphabet(features.shape[1], self.k, self.level_bits)
        top = tops(features)
        units = strongest(features, self.k)
        amplitudes = np.take_along_axis(features, units, axis=1)
        levels = to_levels(amplitudes, top[units], self.level_bits)
        return replace(self, top=top, values=mean_values(units, levels, amplitudes, top, self.level_bits))

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's k strongest units, ascending, with their levels.

        Raises:
            FeatureError: features that the code was not fitted to.
            NotFittedError: before `fit`.
        """
        top = fitted(self.top, self)
        check_features(features, len(top))
        units = np.sort(strongest(features, self.k), axis=1)
        amplitudes = np.take_along_axis(features, units, axis=1)
        return Symbols(units, to_levels(amplitudes, top[units], self.level_bits))

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """The mean amplitude of each said (unit, level), 0 elsewhere.

        Raises:
            WordError: no words of this alphabet.
            NotFittedError: before `fit`.
        """
        values = fitted(self.values, self)
        self.alphabet.check(symbols)
        return scatter(symbols.units, values[symbols.units, symbols.levels], len(values))


@dataclass(frozen=True, eq=False)
class Progressive:
    """MaxAmp's words in order of amplitude, the strongest first: each further unit refines what was said.

    The first j units of a word are MaxAmp's word with k = j (paper 001's progressively adaptable rate).

    Args:
        k: units per word.
        level_bits: bits per unit's amplitude.
        top: each unit's top level; learnt.
        values: what each (unit, level) stands for; learnt.

    >>> features = np.array([[0, 3, 0, 5], [0, 0, 2, 0]], dtype=np.float32)
    >>> code = Progressive(k=2).fit(features, np.array([0, 1]))
    >>> code.quantise(features).units.tolist()
    [[3, 1], [2, 0]]
    """

    k: int = 3
    level_bits: int = 1
    top: Float32[np.ndarray, " units"] | None = None
    values: Float32[np.ndarray, "units levels"] | None = None

    name: ClassVar[str] = "progressive"

    def __post_init__(self) -> None:
        check_level_bits(self.level_bits)

    @property
    def alphabet(self) -> Alphabet:
        """Ordered k of all units.

        Raises:
            NotFittedError: before `fit`.
        """
        return Alphabet(len(fitted(self.top, self)), self.k, self.level_bits, ordered=True)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> Progressive:
        """A copy that knows each unit's range of amplitudes: MaxAmp's.

        Raises:
            FeatureError: features or labels that no code can learn from.
            CodeError: fewer than k units.
        """
        learnt = MaxAmp(self.k, self.level_bits).fit(features, labels)
        return replace(self, top=learnt.top, values=learnt.values)

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's k strongest units, the strongest first, with their levels.

        Raises:
            FeatureError: features that the code was not fitted to.
            NotFittedError: before `fit`.
        """
        top = fitted(self.top, self)
        check_features(features, len(top))
        units = strongest(features, self.k)
        amplitudes = np.take_along_axis(features, units, axis=1)
        return Symbols(units, to_levels(amplitudes, top[units], self.level_bits))

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """Mean amplitudes as in MaxAmp, bent as little as keeps each in its level and the order as said.

        Raises:
            WordError: no words of this alphabet.
            NotFittedError: before `fit`.
        """
        values, top = fitted(self.values, self), fitted(self.top, self)
        self.alphabet.check(symbols)
        units, levels = symbols.units, symbols.levels
        amplitudes = values[units, levels]
        loudest = levels == 2**self.level_bits - 1
        ceiling = np.where(loudest, np.finfo(np.float32).max, edge(top[units], levels, self.level_bits))
        return scatter(units, in_order(units, amplitudes, ceiling), len(values))


def strongest(features: Float32[np.ndarray, "batch units"], k: int) -> Int32[np.ndarray, "batch k"]:
    """The k largest of each row, the largest first; of equal ones the lowest-numbered first."""
    left = features.copy()
    rows = np.arange(len(left))
    units = np.empty((len(left), k), dtype=np.int32)
    for j in range(k):
        units[:, j] = left.argmax(axis=1)  # the first of equal maxima
        left[rows, units[:, j]] = -1
    return units


def in_order(
    units: Int32[np.ndarray, "batch k"],
    amplitudes: Float32[np.ndarray, "batch k"],
    ceiling: Float32[np.ndarray, "batch k"],
) -> Float32[np.ndarray, "batch k"]:
    """Amplitudes that fall along each word, none above its ceiling.

    Lowering to the ceilings of the units before, then raising to the units after, keeps each in its level:
    the amplitudes that were quantised to this word witness that there is room. Where the next unit has a
    lower number a tie would swap the two, so the step between them is one float32.
    """
    room, out = ceiling.copy(), amplitudes.copy()
    for j in range(1, units.shape[1]):
        below = np.where(units[:, j - 1] > units[:, j], np.nextafter(room[:, j - 1], np.float32(0)), room[:, j - 1])
        room[:, j] = np.minimum(room[:, j], below)
        out[:, j] = np.minimum(out[:, j], room[:, j])
    for j in reversed(range(units.shape[1] - 1)):
        swaps = (units[:, j] > units[:, j + 1]) & (out[:, j + 1] > 0)
        above = np.where(swaps, np.nextafter(out[:, j + 1], np.float32(np.inf)), out[:, j + 1])
        out[:, j] = np.maximum(out[:, j], above)
    return out


def scatter(units: np.ndarray, amplitudes: np.ndarray, n_features: int) -> Float32[np.ndarray, "batch n"]:
    """Each row's amplitudes at its units, 0 elsewhere."""
    features = np.zeros((len(units), n_features), dtype=np.float32)
    np.put_along_axis(features, units.astype(np.int64), amplitudes, axis=1)
    return features
