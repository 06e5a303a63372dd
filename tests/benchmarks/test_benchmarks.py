"""What the benchmarks do around their clocks."""

from __future__ import annotations

import json

import pytest

import benchmarks
from benchmarks import (
    analog_link,
    contrastive_loss,
    digital_link,
    encode,
    fusion,
    grouping,
    int8,
    jaccard_epoch,
    jaccard_loss,
    ldpc,
    smoothness,
    startup,
    train_step,
)
from benchmarks.ratio import WARM_UP, Ratio
from laconic.cli.main import main


def test_all_are_run_in_order_and_told_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learning = (startup, contrastive_loss, jaccard_loss, jaccard_epoch, train_step, encode, fusion)
    modules = (*learning, analog_link, ldpc, digital_link, smoothness, grouping, int8)
    for i, module in enumerate(modules):
        monkeypatch.setattr(module, "run", lambda i=i: [Ratio(f"benchmark {i}", float(i), 0.0, 2.5)])
    assert [ratio.holds for ratio in benchmarks.run()] == [True] * 3 + [False] * 10
    main(["bench", "--json"])
    (line,) = capsys.readouterr().out.splitlines()
    first = {"name": "benchmark 0", "value": 0.0, "spread": 0.0, "limit": 2.5, "holds": True}
    assert json.loads(line)["ratios"][0] == first
    main(["bench"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("limit 2.5    DOES NOT HOLD")


def test_a_statement_is_timed_without_its_interpreter() -> None:
    assert 0 <= startup.cpu("pass") < 1e-3
    assert startup.cpu("sum(range(10**6))") > 1e-3


def test_a_step_is_all_that_lies_between_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = train_step.Rounds()
    monkeypatch.setattr(train_step.time, "process_time", lambda: now)
    monkeypatch.setattr(train_step, "_passes", lambda *_: bare)
    calls = WARM_UP + train_step.ROUNDS
    now, bare = 0.0, 2.0
    for _ in range(calls):
        rounds.on_train_batch_start(None, rounds, (), 0)
        now += 3.0
    with pytest.raises(train_step.Enough):
        rounds.on_train_batch_start(None, rounds, (), 0)
    assert rounds.ratios() == [1.5] * train_step.ROUNDS
