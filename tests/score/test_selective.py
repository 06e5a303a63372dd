"""Risk and coverage against naive counts; novelty's rates on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.score.activity import ScoreError
from laconic.score.novelty import falsely_said, novelty_auroc
from laconic.score.selective import oracle_coverage, risk_coverage, violations


@given(seed=st.integers(0, 2**32), n=st.integers(1, 40))
def test_each_point_is_what_its_threshold_says(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores, wrong = rng.integers(0, 10, n) / 10, rng.random(n) < 0.3
    curve = risk_coverage(scores, wrong)
    assert curve.thresholds.tolist() == sorted(set(scores.tolist()), reverse=True)
    for threshold, coverage, risk in zip(curve.thresholds, curve.coverage, curve.risk, strict=True):
        said = scores >= threshold
        assert coverage == said.mean()
        assert risk == pytest.approx(wrong[said].mean())
    assert curve.coverage[-1] == 1


def test_the_oracle_takes_the_largest_coverage_even_past_a_worse_one() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert oracle_coverage(scores, np.array([True, False, False, False]), 0.25) == 1.0
    assert oracle_coverage(scores, np.array([False, True, False, True]), 0.4) == 0.75
    assert oracle_coverage(scores, np.ones(4, bool), 0.5) == 0.0


def test_the_area_is_between_that_of_perfect_ranking_and_that_of_none() -> None:
    wrong = np.array([False] * 90 + [True] * 10)
    best = risk_coverage(-np.arange(100.0), wrong).area
    # 90 right first: the mean over k = 91 ... 100 of (k - 90) / k, and nothing before
    assert best == pytest.approx(sum((k - 90) / k for k in range(91, 101)) / 100)
    assert risk_coverage(np.zeros(100), wrong).area == pytest.approx(0.1)
    assert best < 0.1 < risk_coverage(np.arange(100.0), wrong).area


def test_violations_are_judged_by_their_standard_error() -> None:
    risks = np.repeat([0.06, 0.05, 0.0], [65, 500, 1435])
    counted = violations(risks, 0.05, 0.95)
    assert (counted.n, counted.violated, counted.rate) == (2000, 65, 0.0325)  # a risk at the bound is within it
    assert counted.standard_error == pytest.approx((0.05 * 0.95 / 2000) ** 0.5)
    assert counted.held
    assert not violations(np.repeat([0.06, 0.0], [130, 1870]), 0.05, 0.95).held  # 6.5 %, of 5 + 1.46


def test_auroc_counts_pairs() -> None:
    known, unknown = np.array([0.1, 0.2, 0.2]), np.array([0.2, 0.3])
    pairs = [(u > k) + (u == k) / 2 for k in known for u in unknown]
    assert novelty_auroc(known, unknown) == pytest.approx(np.mean(pairs))
    assert novelty_auroc(known, known) == 0.5


def test_every_unknown_picture_that_is_said_is_falsely_said() -> None:
    assert falsely_said(np.array([True, False, False, False])) == 0.25


def test_nothing_to_measure_is_named() -> None:
    none = np.zeros(0)
    with pytest.raises(ScoreError, match="at least one score wanted"):
        risk_coverage(none, np.zeros(0, bool))
    with pytest.raises(ScoreError, match="numbers only"):
        risk_coverage(np.array([np.nan]), np.zeros(1, bool))
    with pytest.raises(ScoreError, match="at least one calibration"):
        violations(none, 0.05, 0.95)
    with pytest.raises(ScoreError, match="known and unknown pictures wanted, got 1 and 0"):
        novelty_auroc(np.ones(1), none)
    with pytest.raises(ScoreError, match="at least one unknown picture"):
        falsely_said(np.zeros(0, bool))
