"""The MaxAmp-K test: what a tree of stated depth can tell by closed form, naive Bayes written out, and its errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from laconic.language.errors import FeatureError
from laconic.score import ScoreError
from laconic.score.maxamp_k import CLASSIFIERS, MaxAmpScore, indicators, maxamp_test


def one_unit_a_class(n_classes: int, repeats: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Features in which a unit fires for each class, and for no other."""
    labels = np.tile(np.arange(n_classes), repeats)
    return np.eye(n_classes, dtype=np.float32)[labels], labels


def noisy(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes, eight units, much overlap."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    means = np.random.default_rng(5).gamma(0.5, size=(3, 8))
    return np.maximum(means[labels] + rng.normal(0, 0.7, (n, 8)), 0).astype(np.float32), labels


def by_name(scores: tuple[MaxAmpScore, ...]) -> dict[tuple[str, int], float]:
    return {(score.classifier, score.k): score.accuracy for score in scores}


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (3, 5), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0])), st.integers(1, 5))
def test_indicators_are_the_strongest_that_fire(features: np.ndarray, k: int) -> None:
    for row, found in zip(features, indicators(features, k), strict=True):
        strongest = sorted(range(5), key=lambda unit: (-row[unit], unit))[:k]
        assert np.flatnonzero(found).tolist() == sorted(unit for unit in strongest if row[unit] > 0)


def test_a_unit_for_each_class_tells_all_to_all_but_the_shallow_tree() -> None:
    """A level of a tree asks for one unit, and so sets one class apart: depth d tells d + 1 of them."""
    features, labels = one_unit_a_class(30)
    found = by_name(maxamp_test(features, labels, features, labels, ks=(1,)))
    assert found.pop(("tree-21", 1)) == pytest.approx(22 / 30)
    assert found == {(name, 1): 1.0 for name in CLASSIFIERS if name != "tree-21"}


def test_the_deep_tree_is_of_depth_80() -> None:
    features, labels = one_unit_a_class(90, repeats=1)
    (score,) = maxamp_test(features, labels, features, labels, ks=(1,), classifiers=("tree-80",))
    assert score == MaxAmpScore("tree-80", 1, 81 / 90)


def test_classes_that_are_pairs_of_units_take_two_names() -> None:
    """Three classes, each two of three units, equally strong: one name leaves {0, 1} and {0, 2} one and the same."""
    features = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32).repeat(20, axis=0)
    labels = np.arange(3).repeat(20)
    found = by_name(maxamp_test(features, labels, features, labels, ks=(1, 2)))
    for name in CLASSIFIERS:
        assert found[name, 1] == pytest.approx(2 / 3)
        assert found[name, 2] == 1.0


def test_amplitudes_beyond_their_order_say_nothing() -> None:
    (train, known), (test, labels) = noisy(100, 0), noisy(100, 1)
    some: dict[str, Any] = {"ks": (2,), "classifiers": ("tree-21", "linear", "svm")}
    assert maxamp_test(train, known, test, labels, **some) == maxamp_test(7 * train, known, test**2, labels, **some)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_naive_bayes_is_that_written_out(k: int) -> None:
    (train, known), (test, labels) = noisy(300, 0), noisy(200, 1)
    (score,) = maxamp_test(train, known, test, labels, ks=(k,), classifiers=("bayes",))
    learnt, asked = indicators(train, k).astype(bool), indicators(test, k).astype(bool)
    evidence = np.zeros((len(test), 3))
    for c in range(3):
        own = learnt[known == c]
        fires = (own.sum(axis=0) + 1) / (len(own) + 2)
        evidence[:, c] = np.log(len(own)) + np.where(asked, np.log(fires), np.log(1 - fires)).sum(axis=1)
    assert score.accuracy == (evidence.argmax(axis=1) == labels).mean()


def test_all_classifiers_beat_chance_on_what_overlaps_and_the_seed_settles_them() -> None:
    (train, known), (test, labels) = noisy(300, 0), noisy(300, 1)
    scores = maxamp_test(train, known, test, labels, seed=3)
    drawn = ("tree-80", "forest")
    again = maxamp_test(train, known, test, labels, ks=(2,), classifiers=drawn, seed=3)
    assert again == tuple(score for score in scores if score.k == 2 and score.classifier in drawn)
    most_frequent = np.bincount(labels).max() / len(labels)
    assert [(score.k, score.classifier) for score in scores] == [(k, name) for k in (1, 2, 3) for name in CLASSIFIERS]
    assert min(score.accuracy for score in scores) > most_frequent


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"ks": (0,)}, "k is 1 to 4, the number of units, not 0"),
        ({"ks": (5,)}, "k is 1 to 4, the number of units, not 5"),
        ({"classifiers": ("bayes", "magic")}, "classifiers are bayes, .*, forest, not magic"),
        ({"test": np.zeros((0, 4), np.float32), "test_labels": np.zeros(0, np.int64)}, "at least one test picture"),
        ({"train_labels": np.zeros(4, np.int64)}, "two classes or more to train on"),
    ],
)
def test_errors_say_what_is_wrong(change: dict[str, Any], text: str) -> None:
    features, labels = one_unit_a_class(4, repeats=1)
    asked = {"train": features, "train_labels": labels, "test": features, "test_labels": labels, **change}
    with pytest.raises(ScoreError, match=text):
        maxamp_test(**asked)


def test_features_below_zero_are_refused() -> None:
    features, labels = one_unit_a_class(4)
    with pytest.raises(FeatureError, match="at least 0"):
        maxamp_test(-features, labels, features, labels)
