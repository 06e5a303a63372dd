"""The limits against closed forms, a direct computation of mutual information, and each other."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import LaconicError
from laconic.report.limits import best_accuracy, label_rate, one_shot_accuracy


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_free_at_chance_and_log2_c_without_error(classes: int) -> None:
    assert label_rate(1 / classes, classes) == 0.0
    assert label_rate(0.5 / classes, classes) == 0.0
    assert label_rate(1.0, classes) == log2(classes)


def test_two_classes_cost_the_capacity_of_a_binary_symmetric_channel() -> None:
    entropy = -0.11 * log2(0.11) - 0.89 * log2(0.89)
    assert label_rate(0.89, 2) == pytest.approx(1 - entropy, abs=1e-12)


@given(st.integers(2, 50), st.floats(0, 1))
def test_rate_is_the_information_of_the_symmetric_channel(classes: int, share: float) -> None:
    accuracy = 1 / classes + share * (1 - 1 / classes)
    channel = np.full((classes, classes), (1 - accuracy) / (classes - 1))
    np.fill_diagonal(channel, accuracy)
    joint = channel / classes
    ratio = np.log2(channel * classes, where=channel > 0, out=np.zeros_like(channel))
    assert label_rate(accuracy, classes) == pytest.approx(float((joint * ratio).sum()), abs=1e-9)


@given(st.integers(2, 200), st.floats(0.01, 1))
def test_best_accuracy_inverts_the_rate(classes: int, share: float) -> None:
    bits = share * log2(classes)
    assert label_rate(best_accuracy(bits, classes), classes) == pytest.approx(bits, abs=1e-9)


@given(st.integers(1, 200), st.floats(0, 12))
def test_blocks_never_do_worse_than_one_picture_at_a_time(classes: int, bits: float) -> None:
    assert best_accuracy(bits, classes) >= one_shot_accuracy(bits, classes) - 1e-12


def test_one_class_is_free() -> None:
    assert label_rate(1.0, 1) == 0.0
    assert best_accuracy(0.0, 1) == one_shot_accuracy(0.0, 1) == 1.0


def test_huge_and_infinite_bits_are_enough() -> None:
    assert best_accuracy(1e9, 10) == one_shot_accuracy(float("inf"), 10) == 1.0


@pytest.mark.parametrize("accuracy", [-0.1, 1.01, 87.0, float("nan")])
def test_what_is_no_accuracy_is_refused(accuracy: float) -> None:
    with pytest.raises(LaconicError, match=r"an accuracy lies in 0 \.\.\. 1, not .*: give a share"):
        label_rate(accuracy, 10)


@pytest.mark.parametrize("limit", [best_accuracy, one_shot_accuracy])
def test_what_is_no_length_is_refused(limit: object) -> None:
    assert callable(limit)
    for bits in (-1.0, float("nan")):
        with pytest.raises(LaconicError, match="a code's length is 0 bits or more, not"):
            limit(bits, 10)
    with pytest.raises(LaconicError, match="at least one class, not 0"):
        limit(1.0, 0)
