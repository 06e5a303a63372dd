"""Whether two trainings came to the same meanings: their units' damages compared class by class, beside chance.

Hua et al., "Classification-Driven DNRL", 2024, Section IV-H: of each seed's matrix A [units, classes], the recall of
each class without each unit, or its damage (`dissection.Dissection`), a product of A and its transpose is decomposed,
and the cosine of the principal vectors is taken. Units of two seeds have nothing to do with each other, so the product
meant here is A^T A, classes x classes: it stays the same however the units are ordered, and however many they are.

The paper's own matrix, of recalls, is near 1 everywhere, and so is then the cosine, whatever the units mean: that of
unrelated matrices stands beside it, the same matrix with its classes renamed at random. Damages tell more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from laconic.score.activity import ScoreError

ROUNDING = 1e-9


@dataclass(frozen=True)
class Consistency:
    """A cosine of 0 to 1, and what `draws` random renamings of one side's classes give.

    `null_mean` and `null_high` are these cosines' mean and 95 % quantile. `p_value` is the chance of one as high as
    `cosine` if classes meant nothing: (1 + those at least as high) / (1 + draws).
    """

    cosine: float
    null_mean: float
    null_high: float
    p_value: float
    draws: int


def principal_consistency(
    a: Float64[np.ndarray, "units classes"],
    b: Float64[np.ndarray, "others its_classes"],
    rng: np.random.Generator,
    draws: int = 999,
) -> Consistency:
    """|cosine| of the leading eigenvectors of A^T A and B^T B, which are A's and B's leading right singular vectors.

    Raises:
        ScoreError: matrices of different classes, of fewer than two, with values that are not finite, or without one
            leading vector: as where each class has one unit of its own, and all of them do the same damage.
    """
    _check(a, b)
    first, second = _leading(a), _leading(b)
    return _beside_chance(lambda order: float(abs(first @ second[order])), a.shape[1], rng, draws)


def gram_consistency(
    a: Float64[np.ndarray, "units classes"],
    b: Float64[np.ndarray, "others its_classes"],
    rng: np.random.Generator,
    draws: int = 999,
) -> Consistency:
    """|cosine| of A^T A and B^T B taken as vectors: all that their units share between classes, not one vector alone.

    Raises:
        ScoreError: as above; a leading vector isn't wanted, but a matrix of zeros is refused.
    """
    _check(a, b)
    first, second = a.T @ a, b.T @ b
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    if norm == 0:
        raise ScoreError("a matrix of zeros, in which no unit does damage, is like nothing")
    return _beside_chance(
        lambda order: abs(float((first * second[np.ix_(order, order)]).sum())) / norm, a.shape[1], rng, draws
    )


def _beside_chance(
    cosine: Callable[[Int64[np.ndarray, " classes"]], float], n_classes: int, rng: np.random.Generator, draws: int
) -> Consistency:
    """`cosine` of the classes as they are, and of `draws` permutations."""
    if draws < 1:
        raise ScoreError(f"chance takes 1 draw or more, not {draws}")
    found = cosine(np.arange(n_classes))
    null = np.array([cosine(rng.permutation(n_classes)) for _ in range(draws)])
    as_high = int((null >= found - ROUNDING).sum())
    return Consistency(found, float(null.mean()), float(np.quantile(null, 0.95)), (1 + as_high) / (1 + draws), draws)


def _leading(matrix: Float64[np.ndarray, "units classes"]) -> Float64[np.ndarray, " classes"]:
    _, values, vectors = np.linalg.svd(matrix, full_matrices=False)
    second = values[1] if len(values) > 1 else 0.0
    if values[0] - second <= ROUNDING * values[0]:
        raise ScoreError(
            f"no leading vector: the two largest singular values are both {values[0]:.3g}; compare by gram_consistency"
        )
    leading: Float64[np.ndarray, " classes"] = vectors[0]
    return leading


def _check(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape[1] != b.shape[1] or a.shape[1] < 2:
        raise ScoreError(f"matrices over the same classes, two or more, wanted; got {a.shape[1]} and {b.shape[1]}")
    if not len(a) or not len(b):
        raise ScoreError("matrices of at least one unit wanted")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ScoreError("finite matrices wanted; a class without test pictures has no recall: leave it out of both")
