"""Whether confidence is right: of what is told with 80 %, 80 % should hold."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from laconic.score.activity import ScoreError

BINS = 15


def expected_calibration_error(
    probabilities: Float64[np.ndarray, "n classes"], labels: Int64[np.ndarray, " n"], bins: int = BINS
) -> float:
    """ECE: mean |accuracy - confidence| over bins of confidence of equal width, each weighed by its size.

    Naeini et al., 2015; Guo et al., 2017, take 15 bins. Confidence is the largest probability.

    >>> round(expected_calibration_error(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])), 9)
    0.3

    Raises:
        ScoreError: nothing to measure on, or fewer than one bin.
    """
    if not len(labels) or len(labels) != len(probabilities) or bins < 1:
        raise ScoreError(f"a label for each of at least one row wanted, got {len(labels)} for {len(probabilities)}")
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    at = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(at, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
