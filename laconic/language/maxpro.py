"""MaxPro, Scalar and MaxProAmp: keep only the units that fire often enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int64

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.code import check_features, check_training, fitted
from laconic.language.levels import (
    PATTERN_BITS,
    check_level_bits,
    frequent,
    from_pattern,
    mean_values,
    to_levels,
    tops,
)
from laconic.language.maxamp import MaxAmp, scatter, strongest

THRESHOLD = 0.0455


@dataclass(frozen=True, eq=False)
class MaxPro:
    """Every unit whose activation probability exceeds a threshold, and its amplitude (paper 001, eq. 13, 14).

    Args:
        level_bits: 32 sends each amplitude's float32 pattern; 1..8 send uniform levels.
        threshold: activation probability above which a unit is kept.
        n_features: columns of the features; learnt.
        unit_ids: the kept columns; learnt. Unit i of a word is column unit_ids[i].
        top: each kept unit's top level, for uniform levels; learnt.
        values: what each (unit, level) stands for, for uniform levels; learnt.

    >>> features = np.array([[0, 3, 0, 5], [0, 0, 0, 2]], dtype=np.float32)
    >>> code = MaxPro().fit(features, np.array([0, 1]))
    >>> code.unit_ids.tolist(), code.alphabet.fixed_bits
    ([1, 3], 64)
    """

    level_bits: int = PATTERN_BITS
    threshold: float = THRESHOLD
    n_features: int | None = None
    unit_ids: Int64[np.ndarray, " units"] | None = None
    top: Float32[np.ndarray, " units"] | None = None
    values: Float32[np.ndarray, "units levels"] | None = None

    name: ClassVar[str] = "maxpro"

    def __post_init__(self) -> None:
        if self.level_bits != PATTERN_BITS:
            check_level_bits(self.level_bits, least=1)

    @property
    def alphabet(self) -> Alphabet:
        """All kept units: one choice, so the levels are all there is to say.

        Raises:
            NotFittedError: before `fit`.
        """
        n_units = len(fitted(self.unit_ids, self))
        return Alphabet(n_units, n_units, self.level_bits)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> MaxPro:
        """A copy that knows which units to keep.

        Raises:
            FeatureError: features or labels that no code can learn from.
            CodeError: no unit fires often enough.
        """
        check_training(features, labels)
        unit_ids = frequent(features, self.threshold)
        learnt = replace(self, n_features=features.shape[1], unit_ids=unit_ids, top=None, values=None)
        if self.level_bits == PATTERN_BITS:
            return learnt
        kept = features[:, unit_ids]
        top = tops(kept)
        levels = to_levels(kept, top, self.level_bits)
        values = mean_values(np.arange(len(top)), levels, kept, top, self.level_bits)
        return replace(learnt, top=top, values=values)

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """The levels of all kept units.

        Raises:
            FeatureError: features that the code was not fitted to.
            NotFittedError: before `fit`.
        """
        unit_ids = fitted(self.unit_ids, self)
        check_features(features, self.n_features)
        kept = features[:, unit_ids]
        units = np.tile(np.arange(len(unit_ids), dtype=np.int32), (len(kept), 1))
        if self.level_bits == PATTERN_BITS:
            return Symbols(units, (kept + np.float32(0)).view(np.uint32))  # + 0 turns -0 into 0
        return Symbols(units, to_levels(kept, fitted(self.top, self), self.level_bits))

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """The said amplitudes (exact at 32 bits) at their columns, 0 elsewhere.

        Raises:
            WordError: no words of this alphabet, or a pattern that is no amplitude.
            NotFittedError: before `fit`.
        """
        unit_ids, n_features = fitted(self.unit_ids, self), fitted(self.n_features, self)
        self.alphabet.check(symbols)
        if self.level_bits == PATTERN_BITS:
            amplitudes = from_pattern(symbols.levels)
        else:
            amplitudes = fitted(self.values, self)[symbols.units, symbols.levels]
        return scatter(unit_ids[symbols.units], amplitudes, n_features)


@dataclass(frozen=True, eq=False)
class Scalar(MaxPro):
    """MaxPro with few bits per unit: the scalar quantisation that paper 001 compares with (Table III)."""

    level_bits: int = 3

    name: ClassVar[str] = "scalar"


@dataclass(frozen=True, eq=False)
class MaxProAmp:
    """The k strongest of the units whose activation probability exceeds a threshold (paper 001, III-B).

    Args:
        k: units per word.
        level_bits: bits per unit's amplitude.
        threshold: activation probability above which a unit is kept.
        named: of these only units stay that are among the k strongest in more than this part of the pictures: one
            that fires beside stronger ones would have a codeword and never use it.
        n_features: columns of the features; learnt.
        unit_ids: the kept columns; learnt. Unit i of a word is column unit_ids[i].
        top: each kept unit's top level; learnt.
        values: what each (unit, level) stands for; learnt.

    >>> features = np.array([[0, 3, 0, 5], [0, 0, 0, 2]], dtype=np.float32)
    >>> code = MaxProAmp(k=1).fit(features, np.array([0, 1]))
    >>> code.alphabet.n_units, code.quantise(features).units.tolist()
    (2, [[1], [1]])
    """

    k: int = 3
    level_bits: int = 1
    threshold: float = THRESHOLD
    named: float = -1.0
    n_features: int | None = None
    unit_ids: Int64[np.ndarray, " units"] | None = None
    top: Float32[np.ndarray, " units"] | None = None
    values: Float32[np.ndarray, "units levels"] | None = None

    name: ClassVar[str] = "maxproamp"

    def __post_init__(self) -> None:
        check_level_bits(self.level_bits)

    @property
    def alphabet(self) -> Alphabet:
        """K of the kept units.

        Raises:
            NotFittedError: before `fit`.
        """
        return Alphabet(len(fitted(self.unit_ids, self)), self.k, self.level_bits)

    @property
    def _among_kept(self) -> MaxAmp:
        return MaxAmp(self.k, self.level_bits, self.top, self.values)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> MaxProAmp:
        """A copy that knows which units to keep and their ranges of amplitude.

        Raises:
            FeatureError: features or labels that no code can learn from.
            CodeError: fewer than k units fire often enough.
        """
        check_training(features, labels)
        unit_ids = frequent(features, self.threshold)
        names = strongest(features[:, unit_ids], min(self.k, len(unit_ids)))
        share = np.bincount(names.reshape(-1), minlength=len(unit_ids)) / len(features)
        unit_ids = unit_ids[share > self.named]
        kept = MaxAmp(self.k, self.level_bits).fit(features[:, unit_ids], labels)
        n_features = features.shape[1]
        return replace(self, n_features=n_features, unit_ids=unit_ids, top=kept.top, values=kept.values)

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """MaxAmp's word over the kept units.

        Raises:
            FeatureError: features that the code was not fitted to.
            NotFittedError: before `fit`.
        """
        unit_ids = fitted(self.unit_ids, self)
        check_features(features, self.n_features)
        return self._among_kept.quantise(features[:, unit_ids])

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """MaxAmp's features at the kept columns, 0 elsewhere.

        Raises:
            WordError: no words of this alphabet.
            NotFittedError: before `fit`.
        """
        unit_ids, n_features = fitted(self.unit_ids, self), fitted(self.n_features, self)
        features = np.zeros((len(symbols), n_features), dtype=np.float32)
        features[:, unit_ids] = self._among_kept.dequantise(symbols)
        return features
