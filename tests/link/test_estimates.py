"""Estimates and their errors against what is known of normal gains and noise."""

from __future__ import annotations

import math
from statistics import mean as average

import pytest
import torch
from torch import Tensor

from laconic.link.estimates import (
    Estimate,
    axes,
    correlation,
    decibels,
    estimate,
    kurtosis,
    mean,
    ratio,
    slope,
    within_packets,
)

CALLS, PACKETS, SYMBOLS = 300, 6, 8


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.complex64, generator=torch.Generator().manual_seed(seed))


def close(measured: Estimate, wanted: float) -> bool:
    return abs(measured.value - wanted) <= 4 * measured.error + 1e-6


def test_the_error_of_a_mean_is_its_standard_error() -> None:
    values = normal(CALLS).real
    assert mean(values).value == pytest.approx(float(values.mean()), abs=1e-7)
    assert mean(values).error == pytest.approx(float(values.std()) / math.sqrt(CALLS), rel=1e-6)


def test_errors_are_those_that_repetition_shows() -> None:
    """The jackknife's error of a ratio of correlated means, against the deviation over 400 experiments."""
    draws = normal(400, 60).real.double() + 3
    other = 0.5 * draws + normal(400, 60, seed=1).real
    seen = [ratio(one, two) for one, two in zip(draws, other, strict=True)]
    deviation = float(torch.tensor([each.value for each in seen]).std())
    assert average(each.error for each in seen) == pytest.approx(deviation, rel=4 / math.sqrt(2 * 400))


def test_what_lies_in_one_call_is_not_taken_for_independent() -> None:
    shared = normal(CALLS, 1).real.expand(CALLS, 100)
    assert mean(shared).error == pytest.approx(mean(shared[:, :1]).error)


def test_decibels_are_of_a_ratio() -> None:
    one, two = torch.full((5,), 2.0), torch.full((5,), 20.0)
    assert decibels(two, one) == pytest.approx((10.0, 0.0))
    assert estimate(lambda a, b: a / b, one, two) == pytest.approx((0.1, 0.0))


def test_a_normal_gain_of_each_kind() -> None:
    fast = normal(CALLS, PACKETS, SYMBOLS)
    block = fast[:, :, :1].expand(-1, -1, SYMBOLS)
    batch = fast[:, :1, :1].expand(-1, PACKETS, SYMBOLS)
    always = fast[:1].expand(CALLS, -1, -1)
    for gain in (fast, block, batch):
        assert close(kurtosis(gain), 2)
        assert close(axes(gain), 0)
        assert close(correlation(gain, 0), 0)
    assert close(within_packets(fast), 1)
    assert close(within_packets(block), 0)
    assert [close(correlation(gain, 1), wanted) for gain, wanted in ((fast, 0), (block, 0), (batch, 1))] == [True] * 3
    assert close(correlation(always, 0), 1)


def test_a_constant_part_changes_no_share_of_the_variance() -> None:
    gain = normal(CALLS, PACKETS, 1).expand(-1, -1, SYMBOLS) + 2
    assert close(within_packets(gain), 0)
    assert close(axes(gain), 0)
    assert close(correlation(gain, 1), 0)


def test_real_gains_are_told() -> None:
    gain = normal(CALLS, PACKETS, SYMBOLS).real.to(torch.complex64)
    assert close(kurtosis(gain), 3)
    assert axes(gain).value == pytest.approx(1)
    assert axes(1j * gain).value == pytest.approx(-1)


def test_a_slope_is_the_part_that_follows() -> None:
    cause = normal(CALLS, PACKETS).abs().square()
    noise = normal(CALLS, PACKETS, seed=1).abs().square()
    assert slope(cause, 3 * cause).value == pytest.approx(1)
    assert close(slope(cause, noise), 0)
    assert close(slope(cause, (cause + 1) / 2 * noise), 0.5)
