"""LinearReceiver against torch's softmax, and the temperature against its definition and a brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from laconic.receiver import LinearReceiver, ReceiverError
from laconic.receiver.linear import best_temperature, sharpened, softmax


def receiver(seed: int = 0, temperature: float = 1.0) -> LinearReceiver:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(5, 12)).astype(np.float32)
    return LinearReceiver(weight, rng.normal(size=5).astype(np.float32), temperature)


def features(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.0, 1.0, (n, 12)).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_posterior_is_torchs_softmax(temperature: float) -> None:
    linear = receiver(temperature=temperature)
    layer = torch.nn.Linear(12, 5)
    layer.load_state_dict({"weight": torch.from_numpy(linear.weight), "bias": torch.from_numpy(linear.bias)})
    with torch.no_grad():
        expected = (layer(torch.from_numpy(features(50))) / temperature).softmax(dim=1).numpy()
    np.testing.assert_allclose(linear.posterior(features(50)), expected, atol=1e-5)


def test_equal_logits_are_equal_chances() -> None:
    np.testing.assert_allclose(softmax(np.full((2, 8), 700.0)), np.full((2, 8), 1 / 8))


@given(st.floats(-1e4, 1e4))
def test_what_all_logits_share_means_nothing(shift: float) -> None:
    logits = np.random.default_rng(0).normal(size=(4, 6))
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), rtol=1e-9)


def test_temperature_sharpens_and_blunts_but_never_reorders() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    np.testing.assert_allclose(sharpened(probabilities, 1.0), probabilities, rtol=1e-12)
    cubes = probabilities**3
    np.testing.assert_allclose(sharpened(probabilities, 1 / 3), cubes / cubes.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(sharpened(probabilities, 1e9), np.full((2, 3), 1 / 3), rtol=1e-6)
    for temperature in (0.25, 0.9, 8.0):
        order = np.argsort(sharpened(probabilities, temperature), axis=1, kind="stable")
        assert np.array_equal(order, np.argsort(probabilities, axis=1, kind="stable"))


def test_an_impossible_class_stays_finite() -> None:
    assert np.isfinite(sharpened(np.array([[1.0, 0.0]]), 0.25)).all()


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0, 4.0])
def test_calibration_finds_the_temperature_that_labels_were_drawn_at(true: float) -> None:
    rng = np.random.default_rng(5)
    told = receiver().posterior(features(20_000))
    drawn = sharpened(told, true).cumsum(axis=1)
    labels = np.minimum((rng.random((20_000, 1)) > drawn).sum(axis=1), 4)
    assert best_temperature(told, labels) == pytest.approx(true, rel=0.1)  # the grid is 9 % wide


def test_calibration_of_a_classifier_is_that_of_its_posterior() -> None:
    labels = receiver().posterior(features(300)).argmax(axis=1)
    labels[::4] = 0  # it was too sure, and in vain
    found = receiver(temperature=5.0).calibrated(features(300), labels)
    assert found.temperature == best_temperature(receiver().posterior(features(300)), labels)
    rows = np.arange(300)
    losses = [
        -np.log(receiver(temperature=t).posterior(features(300))[rows, labels]).mean() for t in (0.5, 1.0, 2.0, 4.0)
    ]
    assert -np.log(found.posterior(features(300))[rows, labels]).mean() <= min(losses) + 1e-3


def test_with_nothing_held_out_the_temperature_is_one() -> None:
    assert receiver(temperature=3.0).calibrated(features(0), np.zeros(0, np.int64)).temperature == 1.0


def test_tables_that_nothing_can_be_understood_by() -> None:
    with pytest.raises(ReceiverError, match="temperature is above 0 and finite, not 0"):
        receiver(temperature=0.0)
    with pytest.raises(ReceiverError, match="finite weights and biases wanted"):
        replace(receiver(), weight=np.full((5, 12), np.inf, np.float32))
