"""Table VII of paper 001 at smoke scale: on generated remarks, through laconic trial's own engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from laconic.trials import run_trial
from laconic.trials.dnrl.table_7 import TABLE_7, TERMS


def test_it_runs_and_is_judged_by_its_rules(tmp_path: Path) -> None:
    result = run_trial(TABLE_7, tmp_path, scale="smoke", seeds=1)
    assert result.verdict in ("reproduced", "not reproduced", "unresolved")
    assert len(result.findings) == len(TABLE_7.rules) == 7
    measured = {run.arm: run.measured for run in result.outcome.runs}
    assert list(measured) == ["CE", "CE-FS", "CE-MS"]
    for found in measured.values():
        assert found["share"] == found["n2"] / 16
        assert 0 <= found["n2"] <= 16
        assert 0 <= found["said"] <= 100
    assert measured["CE-MS"]["n2"] < measured["CE"]["n2"]
    assert "accuracy (%)" in (tmp_path / "dnrl/table-7/smoke/results.md").read_text()


@pytest.mark.parametrize("scale", ["reduced", "full"])
def test_arms_differ_in_the_penalty_alone(scale: str) -> None:
    arms = TABLE_7.scales[scale].arms
    assert {arm: parameters["sparsity"] for arm, parameters in arms.items()} == {arm: TERMS[arm] for arm in arms}
    assert len({str({**parameters, "sparsity": ""}) for parameters in arms.values()}) == 1
