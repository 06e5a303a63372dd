"""Classifiers for a sensor that may be bad: near the trained head where it serves, free where it doesn't."""

from __future__ import annotations

import numpy as np

from laconic.language import Likelihood
from laconic.receiver import LinearReceiver
from laconic.train.qualities import Qualities, fit_qualities


def drawn(seed: int, n: int, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray, LinearReceiver]:
    """Features [2, n, 2 C + 1]: a good sensor speaks by the first units, a bad one by others; the last tells."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    features = 0.3 * rng.random((2, n, 2 * n_classes + 1))
    for quality in range(2):
        features[quality, np.arange(n), quality * n_classes + labels] += 0.6 + 0.3 * rng.random(n)
        features[quality, :, -1] += quality
    weight = np.zeros((n_classes, 2 * n_classes + 1), np.float32)
    weight[:, :n_classes] = 8 * np.eye(n_classes)
    return features.astype(np.float32), labels, LinearReceiver(weight, np.zeros(n_classes, np.float32))


def understood(qualities: Qualities, features: np.ndarray) -> np.ndarray:
    code = Likelihood(4, qualities.weight, qualities.bias, qualities.gate, qualities.gate_bias)
    return code.posterior(features).argmax(axis=1)


def test_what_the_head_cannot_tell_is_learnt_and_the_gate_knows_when() -> None:
    features, labels, head = drawn(0, 120)
    new, truth, _ = drawn(1, 200)
    assert (head.posterior(new[1]).argmax(axis=1) == truth).mean() < 0.6
    qualities = fit_qualities(features, labels, head)
    assert qualities.weight.shape == (6, 7)
    for quality in range(2):
        assert (understood(qualities, new[quality]) == truth).all()


def test_one_quality_needs_no_gate() -> None:
    features, labels, head = drawn(7, 60)
    qualities = fit_qualities(features[1:], labels, head)
    assert (qualities.weight.shape, qualities.gate.shape) == ((3, 7), (1, 7))
    assert (understood(qualities, drawn(8, 60)[0][1]) == drawn(8, 60)[1]).all()


def test_two_classes_have_a_row_each() -> None:
    features, labels, head = drawn(2, 200, n_classes=2)
    qualities = fit_qualities(features, labels, head)
    assert qualities.weight.shape == (4, 5)
    new, truth, _ = drawn(3, 100, n_classes=2)
    assert (understood(qualities, new[1]) == truth).all()


def test_where_only_chance_speaks_against_the_head_it_is_kept() -> None:
    """20 pictures and 60 units of noise: a free regression would follow the noise, and err."""
    features, labels, head = drawn(4, 20)
    rng = np.random.default_rng(5)

    def with_noise(some: np.ndarray) -> np.ndarray:
        return np.concatenate([some, rng.random((*some.shape[:2], 60))], axis=2).astype(np.float32)

    wide = LinearReceiver(np.pad(head.weight, ((0, 0), (0, 60))), head.bias)
    new, truth, _ = drawn(6, 200)
    qualities = fit_qualities(with_noise(features[:1].repeat(2, axis=0)), labels, wide)
    single = Likelihood(4, qualities.weight[:3], qualities.bias[:3])
    assert (single.posterior(with_noise(new[:1])[0]).argmax(axis=1) == truth).all()
