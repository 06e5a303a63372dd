"""Steps timed in turn: every round times both, in changing order, after rounds that don't count."""

from __future__ import annotations

import pytest

from laconic.trials import turns


def test_the_median_over_rounds_counts_and_the_two_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    costs = {"step": iter([90.0, 90.0, 4.0, 6.0, 500.0]), "plain": iter([1.0, 1.0, 2.0, 2.0, 2.0])}
    clock = [0.0]

    def spend(name: str) -> None:
        order.append(name)
        clock[0] += next(costs[name])

    monkeypatch.setattr(turns.time, "process_time", lambda: clock[0])
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    found = turns.in_turns(lambda: spend("step"), lambda: spend("plain"), rounds=3)
    assert found == {"ratio": 3.0, "seconds": 6.0}
    assert order == ["plain", "step", "step", "plain"] * 2 + ["plain", "step"]
