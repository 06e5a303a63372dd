"""A node's weight and bias against scikit-learn's regression and scipy's optimiser on the same loss."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from laconic.receiver.reliability import RIDGE, fit_reliability


def drawn(seed: int, n: int = 200, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.dirichlet(np.ones(n_classes), n)
    return said, np.array([rng.choice(n_classes, p=row) for row in said])


def naive(at: np.ndarray, said: np.ndarray, labels: np.ndarray) -> float:
    powers = np.maximum(said, 1e-6) ** at[0] * np.exp(at[1:])
    likelihood = powers[np.arange(len(labels)), labels] / powers.sum(axis=1)
    return float(RIDGE / 2 * ((at[0] - 1) ** 2 + sum(at[1:] ** 2)) - np.log(likelihood).sum())


def weights_error(said: np.ndarray) -> float:
    """The standard error of the weight, were all posteriors right: its Fisher information is Var(log p) under p."""
    logs = np.log(said)
    mean = (said * logs).sum(axis=1, keepdims=True)
    return float(1 / np.sqrt((said * (logs - mean) ** 2).sum()))


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_no_other_weight_and_bias_have_a_lower_loss(seed: int) -> None:
    said, labels = drawn(seed, n=40)
    weight, bias = fit_reliability(said, labels)
    best = minimize(naive, np.array([1.0, 0, 0, 0]), (said, labels), method="BFGS")
    if best.x[0] > 0:
        np.testing.assert_allclose([weight, *bias], best.x, atol=1e-4)
    else:
        assert weight == 0


def test_right_posteriors_are_left_as_they_are() -> None:
    said, labels = drawn(0, n=20_000)
    weight, bias = fit_reliability(said, labels)
    assert abs(weight - 1) < 5 * weights_error(said)  # the bias, learnt with it, adds a little
    assert np.abs(bias).max() < 5 / np.sqrt((said * (1 - said)).sum(axis=0).min())


def test_what_was_sharpened_is_blunted_and_what_was_tilted_is_set_upright() -> None:
    said, labels = drawn(1, n=20_000)
    powers = said**2 * np.array([3.0, 1.0, 1.0])
    weight, bias = fit_reliability(powers / powers.sum(axis=1, keepdims=True), labels)
    assert abs(weight - 0.5) < 5 * 0.5 * weights_error(said)
    error = 1 / np.sqrt((said * (1 - said)).sum(axis=0).min())
    np.testing.assert_allclose(bias[1:] - bias[0], np.log(3) / 2, atol=5 * 2 * error)


def test_certain_and_wrong_words_leave_finite_numbers() -> None:
    said, labels = np.eye(2)[[0, 0, 1, 1]], np.array([1, 1, 0, 0])
    weight, bias = fit_reliability(said, labels)
    assert weight == 0
    assert np.isfinite(bias).all()
