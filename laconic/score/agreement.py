"""How far two encoders say the same of the same pictures: a student and its teacher, INT8 and float."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from laconic.codec import Speech
from laconic.contract import LaconicError, Symbols
from laconic.language.maxamp import strongest


class AgreementError(LaconicError):
    """Features that can't be compared."""


@dataclass(frozen=True)
class Agreement:
    """Shares of pictures, but for the last two.

    `label` is understood of both words as the same class; `word` has the same loudest unit (MaxAmp, K = 1); `said` is
    the whole word of the codec's own language, levels included. `unit_overlap` is the mean share of the three loudest
    units that are the same, `centred_cosine` the mean cosine of features less the first encoder's training mean: what
    all pictures have in common would hide the difference.
    """

    label: float
    word: float
    said: float
    unit_overlap: float
    centred_cosine: float


def agreement(
    speech: Speech,
    first: Float32[np.ndarray, "n units"],
    second: Float32[np.ndarray, "_ _"],
    mean: Float32[np.ndarray, " units"],
) -> Agreement:
    """How far features of the same pictures, of two encoders, agree in one language.

    Raises:
        AgreementError: no pictures, or features of different shapes.
    """
    _check(first, second)
    words = speech.say(first), speech.say(second)
    labels = [speech.posterior(word).argmax(axis=1) for word in words]
    return Agreement(
        label=float((labels[0] == labels[1]).mean()),
        word=float(unit_overlap(first, second, 1).mean()),
        said=float(same_words(*words).mean()),
        unit_overlap=float(unit_overlap(first, second, 3).mean()),
        centred_cosine=float(centred_cosine(first, second, mean).mean()),
    )


def same_words(first: Symbols, second: Symbols) -> Bool[np.ndarray, " n"]:
    """Which pictures get the same word: the same units at the same levels."""
    return np.asarray((first.units == second.units).all(axis=1) & (first.levels == second.levels).all(axis=1))


def unit_overlap(
    first: Float32[np.ndarray, "n units"], second: Float32[np.ndarray, "_ _"], k: int
) -> Float64[np.ndarray, " n"]:
    """For each picture, the share of the k loudest units that both encoders have: |A and B| / max(|A|, |B|).

    Only units that fire count, so that a set may be smaller than k; two silent pictures agree. With k = 1 it is 1
    where the same unit is the loudest, else 0.

    >>> unit_overlap(np.array([[3, 2, 1, 0]], np.float32), np.array([[0, 1, 3, 2]], np.float32), 2)
    array([0.])
    """
    _check(first, second)
    k = min(k, first.shape[1])
    ours, theirs = (_named(features, k) for features in (first, second))
    larger = np.maximum(ours.sum(axis=1), theirs.sum(axis=1))
    return np.asarray(np.where(larger > 0, (ours & theirs).sum(axis=1) / np.maximum(larger, 1), 1.0))


def centred_cosine(
    first: Float32[np.ndarray, "n units"], second: Float32[np.ndarray, "_ _"], mean: Float32[np.ndarray, " units"]
) -> Float64[np.ndarray, " n"]:
    """Each picture's cosine of both features less `mean`; 0 where one of them is the mean itself."""
    _check(first, second)
    ours, theirs = (features.astype(np.float64) - mean for features in (first, second))
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return np.asarray(np.where(lengths > 0, (ours * theirs).sum(axis=1) / np.where(lengths > 0, lengths, 1), 0.0))


def _named(features: Float32[np.ndarray, "n units"], k: int) -> Bool[np.ndarray, "n units"]:
    """Which units are among the k loudest and fire."""
    named = np.zeros(features.shape, dtype=bool)
    np.put_along_axis(named, strongest(features, k).astype(np.int64), True, axis=1)
    return named & (features > 0)


def _check(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape != second.shape or not len(first):
        raise AgreementError(
            f"features of the same pictures in the same units wanted, one picture or more; got {list(first.shape)} and "
            f"{list(second.shape)}"
        )
