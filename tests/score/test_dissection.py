"""Silencing units: a codec whose lamps are known, brute force over all pictures, and what excites a unit."""

from __future__ import annotations

import lamps
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.codec import Codec
from laconic.score import ScoreError, activation_probability, n1
from laconic.score.activity import class_activity, effective_units
from laconic.score.dissection import Dissection, dissect, exciting, reader, removal_curve


def loudest(features: np.ndarray) -> np.ndarray:
    """A receiver that takes the loudest unit for the class, and the first of equally loud ones."""
    return features.argmax(axis=1)


def drawn(seed: int, n: int = 30, units: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = np.maximum(rng.normal(0, 1, (n, units)), 0).astype(np.float32)
    return features, rng.integers(0, units, n)


def test_a_class_of_one_unit_falls_with_it_and_no_other_does() -> None:
    labels = np.tile(np.arange(4), 5)
    features = 1 + np.eye(4, dtype=np.float32)[labels]
    found = dissect(loudest, features, labels, 4)
    assert found.accuracy == 1.0
    np.testing.assert_array_equal(found.damage, np.eye(4))
    np.testing.assert_array_equal(found.recall_without, 1 - np.eye(4))
    np.testing.assert_array_equal(found.accuracy_without, np.full(4, 0.75))
    assert removal_curve(loudest, features, labels, [3, 1, 2, 0]).tolist() == [1, 0.75, 0.5, 0.25, 0.25]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_only_some_are_read_again_but_all_are_counted(seed: int) -> None:
    features, labels = drawn(seed)
    found, order = dissect(loudest, features, labels, 5), np.random.default_rng(seed).permutation(5).tolist()
    curve = removal_curve(loudest, features, labels, order)
    for unit in range(5):
        alone, further = features.copy(), features.copy()
        alone[:, unit] = 0
        further[:, order[: unit + 1]] = 0
        right = loudest(alone) == labels
        assert found.right_without[unit].tolist() == [int((right & (labels == c)).sum()) for c in range(5)]
        assert found.accuracy_without[unit] == right.mean()
        assert curve[unit + 1] == (loudest(further) == labels).mean()
    assert curve[0] == found.accuracy == (loudest(features) == labels).mean()
    weighed = found.damage * found.pictures / len(labels)
    np.testing.assert_allclose(np.nansum(weighed, axis=1), found.accuracy - found.accuracy_without, atol=1e-12)


def test_a_codec_is_read_by_its_own_receiver(lamps_codec: Codec) -> None:
    """Two of a tree's three lamps still name it; the tree of 0+3+6 hangs on lamp 0, and that of 1+4+7 on lamp 4.

    The network itself takes 1+4+7 for lamp 1's ash, wrongly: silencing lamp 1 mends that.
    """
    pictures, labels = lamps.training()
    features = lamps.features(pictures)
    said, full = (dissect(reader(lamps_codec.speeches[name]), features, labels, 5) for name in ("said", "full"))
    understood = np.array([meaning.label for meaning in lamps_codec.decode(lamps_codec.encode(pictures))])
    assert said.right.tolist() == np.bincount(labels[understood == labels], minlength=5).tolist() == [20, 9, 4, 2, 2]
    assert {(u, c): said.damage[u, c] for u, c in np.argwhere(said.damage)} == {(0, 0): 1 / 20, (4, 1): 1 / 10}
    assert full.right.tolist() == [20, 8, 4, 2, 2]
    assert {(u, c): full.damage[u, c] for u, c in np.argwhere(full.damage)} == {(0, 0): 1 / 20, (1, 1): -1 / 10}
    curve = removal_curve(reader(lamps_codec.said), features, labels, [9, 10, 11])
    assert curve.tolist() == [37 / 38, 37 / 38, 37 / 38, 35 / 38]


def test_a_class_without_pictures_has_no_recall() -> None:
    found = dissect(loudest, np.eye(2, 3, dtype=np.float32), np.array([0, 1]), 3)
    assert found.pictures.tolist() == [1, 1, 0]
    assert np.isnan(found.damage[:, 2]).all()
    assert np.isnan(found.recall_without[:, 2]).all()
    assert np.isfinite(found.damage[:, :2]).all()


def test_damage_is_below_zero_where_a_unit_misleads() -> None:
    features, labels = np.array([[2.0, 1.0], [0.0, 1.0]], np.float32), np.array([1, 1])
    found = dissect(loudest, features, labels, 2)
    assert found.damage[:, 1].tolist() == [-0.5, 0.5]
    assert isinstance(found, Dissection)
    assert found.accuracy_without.tolist() == [1.0, 0.0]


def test_the_pictures_of_a_unit_are_its_strongest_and_none_that_leave_it_silent() -> None:
    features = np.array([[0.0, 1.0], [2.0, 1.0], [0.5, 1.0], [2.0, 0.0]], np.float32)
    assert exciting(features, 0, 9).tolist() == [1, 3, 2]
    assert exciting(features, 0, 2).tolist() == [1, 3]
    assert exciting(features, 1, 2).tolist() == [0, 1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_class_activity_is_counted_and_its_mean_is_activity(seed: int) -> None:
    features, labels = drawn(seed)
    found = class_activity(features, labels, 5)
    for unit, c in np.ndindex(5, 5):
        own = features[labels == c, unit]
        assert (found[unit, c] == (own > 0).mean()) if len(own) else np.isnan(found[unit, c])
    share = np.bincount(labels, minlength=5) / len(labels)
    np.testing.assert_allclose(np.nansum(found * share, axis=1), activation_probability(features), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_effective_units_are_those_that_n1_counts(seed: int, threshold: float) -> None:
    features, _ = drawn(seed)
    units, active = effective_units(features, threshold), activation_probability(features)
    assert len(units) == n1(features, threshold)
    assert (np.diff(active[units]) <= 0).all()
    assert set(units.tolist()) == {unit for unit in range(5) if active[unit] > threshold}


@pytest.mark.parametrize(
    ("order", "text"), [([1, 1], r"different units from 0 to 4, not \[1, 1\]"), ([5], r"not \[5\]")]
)
def test_orders_are_of_units_that_are_there_once(order: list[int], text: str) -> None:
    with pytest.raises(ScoreError, match=text):
        removal_curve(loudest, *drawn(0), order)


def test_errors_say_what_is_wrong() -> None:
    features, labels = drawn(0)
    with pytest.raises(ScoreError, match="labels are 0 to 2, not 0 to 4"):
        dissect(loudest, features, labels, 3)
    with pytest.raises(ScoreError, match="one or more: got 0 and 0"):
        removal_curve(loudest, features[:0], labels[:0], [])
