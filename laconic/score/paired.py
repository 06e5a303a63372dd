"""Two ways to understand the same pictures, compared picture by picture, and many such comparisons at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from laconic.extras import need
from laconic.score.activity import ScoreError


def mcnemar(ours: Bool[np.ndarray, " n"], theirs: Bool[np.ndarray, " n"]) -> tuple[float, float]:
    """How much more of the pictures ours has right, from -1 to 1, and the exact two-sided p-value (McNemar, 1947).

    That is the probability of as uneven a split, or more, of the pictures that just one of both has right.

    >>> ours = np.array([True] * 6 + [False] * 4)
    >>> mcnemar(ours, np.zeros(10, dtype=bool))
    (0.6, 0.03125)

    Raises:
        ScoreError: there is no picture.
    """
    if not len(ours):
        raise ScoreError("at least one picture wanted, got none")
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    p = need("scipy.stats", "data").binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return (gained - lost) / len(ours), float(p)


def holm(p_values: Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """p-values of several tests, corrected so that with 95 % confidence none below 0.05 is so by chance (Holm, 1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected
