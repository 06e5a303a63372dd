"""Paired comparisons: exact tests against the binomial distribution, Holm's correction against its definition."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.score.activity import ScoreError
from laconic.score.paired import holm, mcnemar


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5))
def test_only_pictures_that_just_one_has_right_count(gained: int, lost: int, both: int) -> None:
    ours = np.array([True] * gained + [False] * lost + [True] * both)
    theirs = np.array([False] * gained + [True] * lost + [True] * both)
    difference, p = mcnemar(ours, theirs)
    n = gained + lost
    tail = sum(math.comb(n, i) for i in range(min(gained, lost) + 1)) / 2**n
    assert difference == pytest.approx((gained - lost) / (n + both))
    assert p == pytest.approx(min(1.0, 2 * tail))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_a_test_is_kept_where_all_smaller_ones_are(p_values: list[float]) -> None:
    """Holm, 1979: go up the sorted p-values; the i-th of m is rejected at level a while p <= a / (m - i)."""
    corrected, m = holm(np.array(p_values)), len(p_values)
    order = sorted(range(m), key=lambda i: p_values[i])
    for level in (0.01, 0.05, 0.5):
        rejected: set[int] = set()
        for step, i in enumerate(order):
            if p_values[i] * (m - step) > level:
                break
            rejected.add(i)
        assert {i for i in range(m) if corrected[i] <= level} == rejected


def test_no_pictures_are_refused() -> None:
    with pytest.raises(ScoreError, match=re.escape("at least one picture wanted, got none")):
        mcnemar(np.zeros(0, bool), np.zeros(0, bool))
