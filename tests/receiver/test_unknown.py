"""Novelty against its definition, on features whose directions are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from laconic.language import restore, state
from laconic.receiver import Prototypes, ReceiverError

NONE = np.zeros((0, 3), np.float32)
AXES = Prototypes(np.eye(3, dtype=np.float32)[:2], NONE)


def cloud(direction: int, n: int, seed: int) -> np.ndarray:
    """Features of many lengths, near one axis of eight."""
    rng = np.random.default_rng(seed)
    features = rng.random((n, 8)) * 0.1
    features[:, direction] = 1
    return np.asarray(features * rng.gamma(2, 1, (n, 1)), np.float32)


def test_novelty_is_one_minus_the_cosine_to_the_nearest_prototype() -> None:
    features = np.array([[2, 0, 0], [0, 0, 5], [3, 4, 0], [0, 0, 0]], np.float32)
    np.testing.assert_allclose(AXES.novelty(features), [0, 1, 0.2, 1], atol=1e-6)
    assert AXES.novelty(NONE).shape == (0,)


def test_it_is_scikit_learns_cosine_and_no_length_matters() -> None:
    features = np.random.default_rng(0).gamma(1, 1, (50, 3)).astype(np.float32)
    naive = 1 - cosine_similarity(features, AXES.known).max(axis=1)
    np.testing.assert_allclose(AXES.novelty(features), naive, atol=1e-6)
    np.testing.assert_allclose(AXES.novelty(7 * features), naive, atol=1e-6)


def test_what_is_nearer_to_an_unknown_picture_is_more_novel() -> None:
    warned = Prototypes(AXES.known, np.eye(3, dtype=np.float32)[2:])
    features = np.array([[1, 0, 0], [0, 0, 1], [4, 0, 3], [3, 0, 4]], np.float32)
    np.testing.assert_allclose(warned.novelty(features), [0, 2, 0.2, 0.4 + 0.2], atol=1e-6)


def test_a_class_left_out_is_novel_and_a_rare_one_is_not() -> None:
    train = np.concatenate([cloud(0, 500, 0), cloud(1, 3, 1)])
    fitted = Prototypes.fit(train, np.repeat([0, 1], [500, 3]), seed=0)
    assert fitted.known.shape == (32 + 3, 8)  # rows themselves, where they are fewer than prototypes
    held = fitted.limited(np.concatenate([cloud(0, 200, 2), cloud(1, 200, 3)]))
    assert held.limit is not None
    assert (held.novelty(cloud(5, 100, 4)) > held.limit).all()
    assert held.novelty(cloud(1, 100, 5)).max() < 0.2


def test_the_limit_keeps_the_part_that_was_asked_for() -> None:
    held = np.random.default_rng(1).gamma(1, 1, (1000, 3)).astype(np.float32)
    limited = AXES.limited(held, kept=0.9)
    assert limited.limit is not None
    assert (AXES.novelty(held) <= limited.limit).sum() in (900, 901)


def test_the_same_seed_gives_the_same_prototypes_and_they_are_stored() -> None:
    train, labels = cloud(0, 200, 0), np.zeros(200, np.int64)
    first, second = (Prototypes.fit(train, labels, seed=3, unknown=cloud(1, 40, 1), per_class=4) for _ in range(2))
    assert np.array_equal(first.known, second.known)
    again = restore(Prototypes, *state(first))
    assert np.array_equal(again.novelty(train), first.novelty(train))
    np.testing.assert_allclose(np.linalg.norm(first.known, axis=1), 1, rtol=1e-5)


def test_prototypes_that_say_nothing_are_refused() -> None:
    with pytest.raises(ReceiverError, match=r"of one length, not \[0, 3\] and \[0, 3\]"):
        Prototypes(NONE, NONE)
    with pytest.raises(ReceiverError, match=r"of one length, not \[2, 3\] and \[1, 2\]"):
        Prototypes(AXES.known, np.ones((1, 2), np.float32))
    with pytest.raises(ReceiverError, match="finite prototypes wanted"):
        Prototypes(np.full((1, 3), np.nan, np.float32), NONE)
    with pytest.raises(ReceiverError, match="there are none"):
        AXES.limited(NONE)
