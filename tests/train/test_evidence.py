"""Evidence for fusion: near the trained head where it serves, free where it doesn't, and made for sums of nodes."""

from __future__ import annotations

import numpy as np

from laconic.receiver import LinearReceiver
from laconic.train.evidence import fit_evidence


def drawn(
    seed: int, n: int, n_classes: int = 3, n_nodes: int = 2, told: float = 0.6
) -> tuple[np.ndarray, np.ndarray, LinearReceiver]:
    """Features [n, nodes, 2 C]: the class speaks by one of the last C units, but the head looks at the first."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    features = 0.3 * rng.random((n, n_nodes, 2 * n_classes))
    features[np.arange(n), :, n_classes + labels] += told
    weight = np.zeros((n_classes, 2 * n_classes), np.float32)
    weight[:, :n_classes] = 8 * np.eye(n_classes)
    return features.astype(np.float32), labels, LinearReceiver(weight, np.zeros(n_classes, np.float32))


def understood(evidence: LinearReceiver, features: np.ndarray) -> np.ndarray:
    return np.log(evidence.posterior(features.reshape(-1, features.shape[2]))).reshape(*features.shape[:2], -1)


def evidence_of(seed: int, n: int, n_classes: int = 3) -> LinearReceiver:
    return fit_evidence(*drawn(seed, n, n_classes), drawn(seed + 10, n, n_classes)[:2])


def test_what_the_head_cannot_tell_is_learnt() -> None:
    evidence = evidence_of(0, 120)
    new, truth, head = drawn(1, 200)
    assert (understood(head, new)[:, 0].argmax(axis=1) == truth).mean() < 0.6
    assert (understood(evidence, new)[:, 0].argmax(axis=1) == truth).all()


def test_log_posteriors_add_up_to_those_of_the_sum() -> None:
    evidence = evidence_of(0, 60)
    new = drawn(1, 40)[0]
    summed = understood(evidence, new).sum(axis=1)
    together = new.sum(axis=1) @ evidence.weight.T + 2 * evidence.bias
    np.testing.assert_allclose(summed - summed[:, :1], together - together[:, :1], atol=2e-3)  # posteriors are floored


def test_two_classes_have_a_row_each() -> None:
    evidence = evidence_of(2, 200, n_classes=2)
    assert (evidence.weight.shape, evidence.bias.shape) == ((2, 4), (2,))
    new, truth, _ = drawn(3, 100, n_classes=2)
    assert (understood(evidence, new)[:, 0].argmax(axis=1) == truth).all()


def test_where_only_chance_speaks_against_the_head_it_is_kept() -> None:
    """20 pictures and 60 units of noise: a free regression would follow the noise, and err."""
    rng = np.random.default_rng(5)

    def seen(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, LinearReceiver]:
        features, labels, head = drawn(seed, n)
        features = np.concatenate([features[..., 3:], features[..., :3], rng.random((n, 2, 60))], axis=2)
        weight = np.pad(head.weight, ((0, 0), (0, 60)))
        return features.astype(np.float32), labels, LinearReceiver(weight, head.bias)

    features, labels, head = seen(4, 20)
    new, truth, _ = seen(6, 200)
    evidence = fit_evidence(features, labels, head, seen(7, 100)[:2])
    assert (understood(evidence, new)[:, 0].argmax(axis=1) == truth).all()
