"""The binomial bound against closed forms, scipy's own interval, and the inversion of its test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from laconic.receiver.binomial import (
    CalibrationError,
    binomial_test,
    examples_needed,
    faultless_examples,
    upper_bound,
)


@pytest.mark.parametrize("n", [1, 10, 59, 5000])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_without_errors_the_bound_is_a_root(n: int, confidence: float) -> None:
    assert upper_bound(0, n, confidence) == pytest.approx(1 - (1 - confidence) ** (1 / n), rel=1e-9)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_with_one_right_answer_the_bound_is_a_root_too(n: int) -> None:
    # P(Binomial(n, p) <= n - 1) = 1 - p^n
    assert upper_bound(n - 1, n, 0.95) == pytest.approx(0.95 ** (1 / n), rel=1e-9)


def test_where_all_are_errors_or_there_is_nothing_any_rate_is_possible() -> None:
    assert upper_bound(7, 7, 0.95) == upper_bound(0, 0, 0.95) == 1.0


@pytest.mark.parametrize(("errors", "n"), [(1, 10), (3, 120), (47, 2000)])
def test_it_is_one_side_of_scipys_exact_interval(errors: int, n: int) -> None:
    interval = stats.binomtest(errors, n, alternative="less").proportion_ci(confidence_level=0.95, method="exact")
    assert upper_bound(errors, n, 0.95) == pytest.approx(interval.high, rel=1e-9)


@given(n=st.integers(1, 400), part=st.floats(0, 0.99), confidence=st.floats(0.6, 0.99))
def test_at_the_bound_so_few_errors_are_just_improbable_enough(n: int, part: float, confidence: float) -> None:
    errors = int(part * n)
    bound = upper_bound(errors, n, confidence)
    assert stats.binom.cdf(errors, n, bound) == pytest.approx(1 - confidence, rel=1e-6)


def test_a_naive_sum_gives_the_same_p_values() -> None:
    errors, n = np.array([0.0, 2.0, 5.0]), np.array([20.0, 40.0, 40.0])
    naive = [sum(stats.binom.pmf(k, m, 0.1) for k in range(int(e) + 1)) for e, m in zip(errors, n, strict=True)]
    np.testing.assert_allclose(binomial_test(errors, n, 0.1), naive, rtol=1e-12)


def test_nothing_said_shows_nothing() -> None:
    assert binomial_test(np.zeros(1), np.zeros(1), 0.05).tolist() == [1.0]


@pytest.mark.parametrize(("limit", "confidence"), [(0.05, 0.95), (0.02, 0.95), (0.3, 0.7), (0.001, 0.99)])
def test_faultless_examples_are_the_least_that_pass(limit: float, confidence: float) -> None:
    least = faultless_examples(limit, confidence)
    before, at = binomial_test(np.zeros(2), np.array([least - 1.0, least]), limit)
    assert at <= 1 - confidence < before
    assert examples_needed(0.0, limit, confidence) == least


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.045])
def test_examples_needed_are_the_least_that_pass(rate: float) -> None:
    needed = examples_needed(rate, 0.05, 0.95)
    assert needed is not None
    n = np.arange(1.0, needed + 1)
    passes = stats.binom.cdf(np.ceil(rate * n), n, 0.05) <= 0.05
    assert passes.argmax() == needed - 1


def test_a_rate_at_the_limit_is_never_shown_to_be_below() -> None:
    assert examples_needed(0.05, 0.05, 0.95) is None
    assert examples_needed(0.05 - 1e-6, 0.05, 0.95) is None  # it would, after more than a million


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.1, 95.0, float("nan")])
def test_a_confidence_is_a_fraction(confidence: float) -> None:
    with pytest.raises(CalibrationError, match=r"confidence is a fraction between 0 and 1, such as 0\.05, not"):
        upper_bound(0, 10, confidence)


@pytest.mark.parametrize("errors", [-1, 11])
def test_errors_are_among_n(errors: int) -> None:
    with pytest.raises(CalibrationError, match=f"errors among n wanted, got {errors} among 10"):
        upper_bound(errors, 10, 0.95)
