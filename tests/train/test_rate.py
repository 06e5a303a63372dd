"""The sparsity weight's schedule and feedback, on made-up features."""

from __future__ import annotations

import math

import pytest
import torch

from laconic.train.rate import COLLAPSES, EVERY, SparsityWeight, entropy, word_ids
from laconic.train.recipe import RecipeError


def test_the_weight_rises_linearly_and_stays() -> None:
    rate = SparsityWeight(2.0, warmup_steps=10, k=1, target_bits=None)
    assert [rate.at(step) for step in (0, 5, 10, 100)] == [0.0, 1.0, 2.0, 2.0]


def test_equal_words_have_equal_ids_whatever_the_amplitudes() -> None:
    features = torch.tensor([[3.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.0, 2.0], [0.0, 1.0, 2.0]])
    a, b, c, d = word_ids(features, 2)
    assert a == b
    assert len({a, c, d}) == 3


def test_entropy_of_uniform_words_is_log2() -> None:
    assert entropy(list(range(8)) * 5) == pytest.approx(3.0)


@pytest.mark.parametrize(("target", "factor"), [(1.0, 1), (5.0, -1)])
def test_feedback_moves_the_weight_towards_the_target(target: float, factor: int) -> None:
    rate = SparsityWeight(1.0, warmup_steps=1, k=1, target_bits=target)
    rate.hear(torch.eye(8).repeat(4, 1))  # 3 bits
    assert not rate.look(EVERY)
    assert math.copysign(1, math.log(rate.weight)) == factor


def test_collapse_is_an_error_under_a_fixed_weight() -> None:
    rate = SparsityWeight(1.0, warmup_steps=1, k=1, target_bits=None)
    rate.hear(torch.zeros(4, 8))
    with pytest.raises(RecipeError, match="the sparsity weight 1 has silenced the units"):
        rate.look(EVERY)


def test_collapse_cuts_the_weight_under_feedback_until_it_is_hopeless() -> None:
    rate = SparsityWeight(1.0, warmup_steps=1, k=1, target_bits=2.0)
    for time in range(1, COLLAPSES + 1):
        rate.hear(torch.zeros(4, 8))
        assert rate.look(EVERY * time)
        assert rate.weight == pytest.approx(0.25**time)
    rate.hear(torch.zeros(4, 8))
    with pytest.raises(RecipeError, match="has silenced the units"):
        rate.look(EVERY)


def test_its_state_continues_it() -> None:
    rate = SparsityWeight(1.0, warmup_steps=1, k=1, target_bits=2.0)
    rate.hear(torch.eye(8))
    other = SparsityWeight(9.0, warmup_steps=7, k=2, target_bits=None)
    other.load(rate.state())
    assert other.state() == rate.state()
