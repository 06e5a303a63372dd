"""The benchmarks' own arithmetic, on a clock that is told what to say."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from benchmarks.ratio import WARM_UP, Ratio, measure


class Clock:
    """Time passes only where it is spent."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def __call__(self) -> float:
        return self.now

    def spend(self, name: str, seconds: float) -> None:
        self.order.append(name)
        self.now += seconds


def test_the_median_and_spread_of_interleaved_rounds() -> None:
    clock = Clock()
    costs = iter([9.0] * WARM_UP + [1.0, 2.0, 3.0, 4.0, 50.0, 6.0, 7.0])
    value, spread = measure(
        lambda: clock.spend("work", next(costs)), lambda: clock.spend("floor", 2.0), repeats=7, clock=clock
    )
    assert value == pytest.approx(2.0)
    assert spread == pytest.approx((7 - 2) / 2)
    assert clock.order[:4] == ["floor", "work", "work", "floor"]
    assert clock.order.count("work") == clock.order.count("floor") == WARM_UP + 7


def test_a_ratio_holds_up_to_its_limit_and_is_json() -> None:
    assert Ratio("x", 1.25, 0.1, 1.25).holds
    assert not Ratio("x", 1.26, 0.1, 1.25).holds
    assert json.loads(json.dumps(asdict(Ratio("x", 1.5, 0.0, 1.0)))) == {
        "name": "x",
        "value": 1.5,
        "spread": 0.0,
        "limit": 1.0,
        "holds": False,
    }
    assert "FAILS" in str(Ratio("x", 2.0, 0.1, 1.25))
