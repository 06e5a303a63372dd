"""How many units a representation uses: compactness and sparsity.

The measures are those of Hua et al., "Classification-Driven DNRL", 2024, Section IV-A and Fig. 3.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

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
