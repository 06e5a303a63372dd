"""Corruption error: how often a classifier errs on pictures that are spoilt in fifteen ways, five severities each.

Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations" (2019),
Section 4.3. Three figures go by that name, and `mean`, `mce` and `relative_mce` keep them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Int64, UInt8

from laconic.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from laconic.score.activity import ScoreError

BLOCK = 512
"""Pictures that are corrupted and classified at one time."""

Classifier: TypeAlias = Callable[[UInt8[np.ndarray, "n height width channels"]], Int64[np.ndarray, " n"]]
"""What says a class for each picture: a codec, a network behind its preprocessing, a nearest neighbour."""


@dataclass(frozen=True)
class CorruptionErrors:
    """A classifier's error rates, from 0 to 1: on clean pictures, and by corruption at severities 1 to 5."""

    clean: float
    by_corruption: dict[str, tuple[float, ...]]
    n: int
    seed: int

    @property
    def mean(self) -> float:
        """The plain mean corruption error over corruptions and severities: no baseline enters."""
        return float(np.mean(list(self.by_corruption.values())))


@dataclass(frozen=True)
class AgainstBaseline:
    """Corruption errors in percent of a baseline's, by corruption and their mean: 100 is the baseline."""

    by_corruption: dict[str, float]
    mean: float


def corruption_errors(
    classify: Classifier,
    images: UInt8[np.ndarray, "n height width channels"],
    labels: Int64[np.ndarray, " labels"],
    names: Sequence[str] = tuple(CORRUPTIONS),
    seed: int = 0,
) -> CorruptionErrors:
    """The share of pictures whose class `classify` gets wrong, clean and under each named corruption.

    What is drawn depends on the seed, the corruption and the picture's number only: classifiers that are measured
    with one seed see the same spoilt pictures.

    Raises:
        ScoreError: there is no picture or no name, or not one label a picture.
        SourceError: there is no such corruption, or the pictures can't be corrupted.
    """
    if len(images) == 0 or len(images) != len(labels) or not names:
        raise ScoreError(
            "corruption error needs pictures, one label each, and a corruption: "
            f"there are {len(images)} pictures, {len(labels)} labels, {len(names)} corruptions"
        )
    clean = np.mean(np.concatenate([classify(block) for block in _blocks(images)]) != labels)
    errors = {
        name: tuple(_error(classify, images, labels, name, level, seed) for level in SEVERITIES) for name in names
    }
    return CorruptionErrors(float(clean), errors, len(images), seed)


def mce(errors: CorruptionErrors, baseline: CorruptionErrors) -> AgainstBaseline:
    """Mean corruption error, mCE: the mean over corruptions c of CE_c = 100 sum_s E_s,c / sum_s E_s,c^baseline.

    Raises:
        ScoreError: the two weren't measured alike, or the baseline makes no error under a corruption.
    """
    return _against(errors, baseline, clean=0.0, baseline_clean=0.0)


def relative_mce(errors: CorruptionErrors, baseline: CorruptionErrors) -> AgainstBaseline:
    """Relative mCE: the mean over c of 100 sum_s (E_s,c - E_clean) / sum_s (E_s,c^baseline - E_clean^baseline).

    It compares what corruption adds to the error, whatever the error on clean pictures.

    Raises:
        ScoreError: the two weren't measured alike, or a corruption adds nothing to the baseline's error.
    """
    return _against(errors, baseline, errors.clean, baseline.clean)


def _against(
    errors: CorruptionErrors, baseline: CorruptionErrors, clean: float, baseline_clean: float
) -> AgainstBaseline:
    alike = [(found.n, found.seed, set(found.by_corruption)) for found in (errors, baseline)]
    if alike[0] != alike[1]:
        raise ScoreError(
            "errors are compared under the same corruptions of as many pictures with one seed: "
            f"here {_measured(errors)}, the baseline {_measured(baseline)}"
        )
    ratios = {}
    for name, found in errors.by_corruption.items():
        base = sum(error - baseline_clean for error in baseline.by_corruption[name])
        # Differences of shares of n pictures: less than one picture in all severities together is rounding.
        if base < 0.5 / baseline.n:
            raise ScoreError(
                f"under {name} the baseline's error doesn't exceed {baseline_clean:.3g}: "
                "there is no ratio; leave it out, take more pictures, or use the plain mean"
            )
        ratios[name] = 100 * sum(error - clean for error in found) / base
    return AgainstBaseline(ratios, float(np.mean(list(ratios.values()))))


def _error(classify: Classifier, images: np.ndarray, labels: np.ndarray, name: str, severity: int, seed: int) -> float:
    number = list(CORRUPTIONS).index(name) if name in CORRUPTIONS else 0  # an unknown name is corrupt's to refuse
    rng = np.random.default_rng([seed, number])  # not by severity: one draw that grows, as in nature
    said = [classify(corrupt(block, name, severity, rng=rng)) for block in _blocks(images)]
    return float(np.mean(np.concatenate(said) != labels))


def _blocks(images: np.ndarray) -> list[np.ndarray]:
    return [images[start : start + BLOCK] for start in range(0, len(images), BLOCK)]


def _measured(errors: CorruptionErrors) -> str:
    return f"{len(errors.by_corruption)} corruptions of {errors.n} pictures with seed {errors.seed}"
