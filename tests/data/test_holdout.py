"""The division into two sides: a partition, stratified, with every group whole; and class weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from laconic.data import SourceError, class_weights, hold_out
from laconic.data.holdout import content_key, divide

label_arrays = hnp.arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 4))
fractions = st.floats(0.01, 0.99)
seeds = st.integers(0, 2**32)


@given(label_arrays, fractions, seeds)
def test_without_groups_each_class_gives_its_share(labels: np.ndarray, fraction: float, seed: int):
    train, held = hold_out(labels, None, fraction, np.random.default_rng(seed))
    assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        given_away = int((labels[held] == label).sum())
        if count == 1:
            assert given_away == 0
        else:
            assert 1 <= given_away <= count - 1
            assert abs(given_away - fraction * count) < 1 or given_away in (1, count - 1)


@given(st.integers(2, 8), st.integers(40, 90), st.floats(0.1, 0.9), seeds)
def test_the_held_out_rows_are_as_many_as_asked_for(n_classes: int, n: int, fraction: float, seed: int):
    labels = np.arange(n) % n_classes
    _, held = hold_out(labels, None, fraction, np.random.default_rng(seed))
    quotas = np.bincount(labels[held], minlength=n_classes)
    if quotas.min() > 1 and (np.bincount(labels) - quotas).min() > 1:  # nothing was forced
        assert len(held) == round(fraction * n)


@given(
    st.integers(0, 60).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.int64, n, elements=st.integers(0, 3)),
            hnp.arrays(np.int64, n, elements=st.integers(-5, 9)),
        )
    ),
    fractions,
    seeds,
)
def test_a_group_never_stands_on_both_sides(rows: tuple[np.ndarray, np.ndarray], fraction: float, seed: int):
    labels, groups = rows
    train, held = hold_out(labels, groups, fraction, np.random.default_rng(seed))
    assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(len(labels)))
    assert np.intersect1d(groups[train], groups[held]).size == 0


def test_pure_groups_of_equal_size_are_stratified():
    groups = np.arange(120) // 3
    labels = groups % 4
    train, held = hold_out(labels, groups, 0.2, np.random.default_rng(0))
    assert np.bincount(labels[held]).tolist() == [6, 6, 6, 6]
    assert len(train) == 96


def test_a_class_of_one_group_is_learnt_and_of_two_is_on_both_sides():
    labels = np.array([0] * 10 + [1] * 10)
    groups = np.array([0] * 10 + [1] * 4 + [2] * 6)
    _, held = hold_out(labels, groups, 0.2, np.random.default_rng(0))
    assert held.tolist() == [10, 11, 12, 13]  # neither group fits into two rows: the smaller one goes


def test_a_group_counts_to_the_class_of_most_of_its_rows():
    labels = np.array([1, 0, 0] * 5 + [1, 1, 0] * 5)
    groups = np.repeat(np.arange(10), 3)
    _, held = hold_out(labels, groups, 0.2, np.random.default_rng(1))
    assert sorted(int(labels[groups == g].sum()) for g in np.unique(groups[held])) == [1, 2]


def test_one_seed_one_division():
    labels = np.arange(100) % 3
    sides = [hold_out(labels, None, 0.3, np.random.default_rng(seed))[1] for seed in (1, 1, 2)]
    assert np.array_equal(sides[0], sides[1])
    assert not np.array_equal(sides[0], sides[2])


def test_divided_by_hash_rows_keep_their_sides_when_others_come():
    names = [b"%d" % i for i in range(1000)]
    keys = np.array([content_key(name) for name in names], np.uint64)
    few = divide(np.zeros(900, np.int64), None, 0.2, keys[:900])[1]
    many = divide(np.zeros(1000, np.int64), None, 0.2, keys)[1]
    changed = np.setxor1d(few, many[many < 900])
    assert len(few) == 180
    assert len(changed) < 15  # 0.2 * 900 * |difference of the two quantiles|, a few rows


def test_the_order_of_rows_does_not_matter_to_the_hash():
    keys = np.random.default_rng(0).integers(0, 2**63, 50).astype(np.uint64)
    order = np.random.default_rng(1).permutation(50)
    labels = np.arange(50) % 2
    _, held = divide(labels, None, 0.3, keys)
    _, shuffled = divide(labels[order], None, 0.3, keys[order])
    assert np.array_equal(np.sort(order[shuffled]), held)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, float("nan")])
def test_a_fraction_that_leaves_a_side_empty_is_refused(fraction: float):
    with pytest.raises(SourceError, match="wanted more than 0 and less than 1"):
        hold_out(np.zeros(3, np.int64), None, fraction, np.random.default_rng(0))


@given(hnp.arrays(np.int64, st.integers(1, 50), elements=st.integers(0, 5)))
def test_weights_average_to_one_and_give_each_class_the_same_say(labels: np.ndarray):
    _, labels = np.unique(labels, return_inverse=True)
    n_classes = int(labels.max()) + 1
    weights = class_weights(labels, n_classes)
    assert weights[labels].mean() == pytest.approx(1)
    assert weights * np.bincount(labels) == pytest.approx(len(labels) / n_classes)


def test_weights_need_samples_of_every_class():
    with pytest.raises(SourceError, match="class 1 of 3 has no samples to weigh"):
        class_weights(np.array([0, 2]), 3)
    with pytest.raises(SourceError, match="labels from 0 to 3: wanted 0 to 2"):
        class_weights(np.array([0, 3]), 3)
