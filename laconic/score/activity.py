"""How many units a representation uses: compactness and sparsity.

The measures are those of Hua et al., "Classification-Driven DNRL", 2024, Section IV-A and Fig. 3.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64, Int64

from laconic.contract import LaconicError

TWO_SIGMA = 0.0455
"""The part of a normal distribution outside two standard deviations; the paper's text garbles it."""


class ScoreError(LaconicError):
    """Something that can't be measured."""


def activation_probability(features: Float[np.ndarray, "pictures units"]) -> Float64[np.ndarray, " units"]:
    """For each unit, the part of the pictures in which it is active, that is above 0.

    >>> activation_probability(np.array([[0.0, 2.0, 0.1], [0.0, 1.0, 0.0]])).tolist()
    [0.0, 1.0, 0.5]

    Raises:
        ScoreError: there is no picture.
    """
    if len(features) == 0:
        raise ScoreError("activity is measured over at least one picture, but there is none")
    active: Float64[np.ndarray, " units"] = np.count_nonzero(features > 0, axis=0) / len(features)
    return active


def n1(features: Float[np.ndarray, "pictures units"], threshold: float = TWO_SIGMA) -> int:
    """N1: the units whose activation probability exceeds `threshold` (N1(2 sigma) by default), compactness.

    >>> n1(np.array([[0.0, 2.0, 0.1], [0.0, 1.0, 0.0]]))
    2
    """
    return int((activation_probability(features) > threshold).sum())


def n2(features: Float[np.ndarray, "pictures units"]) -> float:
    """N2: the mean number of units active in a picture, sparsity.

    >>> n2(np.array([[0.0, 2.0, 0.1], [0.0, 1.0, 0.0]]))
    1.5
    """
    return float(activation_probability(features).sum())


def ordered_activity(features: Float[np.ndarray, "pictures units"]) -> Float64[np.ndarray, " units"]:
    """Activation probabilities, highest first: the curve of Fig. 3, which crosses the threshold at N1."""
    return np.sort(activation_probability(features))[::-1].copy()


def effective_units(
    features: Float[np.ndarray, "pictures units"], threshold: float = TWO_SIGMA
) -> Int64[np.ndarray, " n1"]:
    """The units that N1 counts, the most active first: the paper's effective features.

    >>> effective_units(np.array([[0.0, 2.0, 0.1], [0.0, 1.0, 0.0]])).tolist()
    [1, 2]
    """
    probability = activation_probability(features)
    order = np.argsort(-probability, kind="stable")
    effective: Int64[np.ndarray, " n1"] = order[probability[order] > threshold]
    return effective


def class_activity(
    features: Float[np.ndarray, "pictures units"], labels: Int64[np.ndarray, " pictures"], n_classes: int
) -> Float64[np.ndarray, "units classes"]:
    """How often each unit is active in the pictures of each class, in parts of 1; NaN for a class without pictures.

    >>> class_activity(np.array([[0.0, 2.0], [0.5, 0.0], [0.0, 1.0]]), np.array([0, 0, 1]), 2).tolist()
    [[0.5, 0.0], [0.5, 1.0]]
    """
    own = labels[:, None] == np.arange(n_classes)
    fired = (features > 0).T.astype(np.float64) @ own
    return per_class(fired, own.sum(axis=0))


def per_class(
    counts: Float64[np.ndarray, "*rows classes"], pictures: Int64[np.ndarray, " classes"]
) -> Float64[np.ndarray, "*rows classes"]:
    """Counts as parts of each class's pictures; NaN where it has none.

    >>> per_class(np.array([1.0, 0.0]), np.array([4, 0])).tolist()
    [0.25, nan]
    """
    parts = np.full(counts.shape, np.nan)
    np.divide(counts, pictures, out=parts, where=pictures > 0)
    return parts
