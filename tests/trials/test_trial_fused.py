"""Table V and its frontier: all cells of both codecs, what the rules read of them, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from laconic.trials.dnrl.table_5 import TABLE_5
from laconic.trials.figures import rendered
from laconic.trials.fused import CODES, PAIRS, fused, stands
from laconic.trials.ours.frontier import FRONTIER
from laconic.trials.outcome import Outcome, Run
from laconic.trials.results import run_trial
from laconic.trials.tables import rows


def told(difference: list[float], p: list[float]) -> Run:
    measured = {"snr_db": [0.0, 12.0, 24.0], "a - b": difference, "a - b: p": p}
    return Run("clean", 0, measured, 0.0, {})


@pytest.mark.parametrize(
    ("difference", "p", "snr_db", "holds"),
    [
        ([0.1, -0.1, 0.1], [0.01, 0.2, 0.2], (0.0, 24.0), True),
        ([0.1, -0.1, 0.1], [0.01, 0.01, 0.2], (0.0, 24.0), False),
        ([0.1, -0.1, 0.1], [0.01, 0.01, 0.01], (24.0, 24.0), True),
        ([0.1, -0.1, 0.1], [0.2, 0.2, 0.2], (0.0, 24.0), None),
    ],
)
def test_a_code_stands_where_it_is_nowhere_worse_and_somewhere_better(
    difference: list[float], p: list[float], snr_db: tuple[float, float], holds: bool | None
) -> None:
    finding = stands("clean", "a", "b", snr_db)(Outcome((told(difference, p),)))
    assert finding.holds is holds
    assert "a is worse than b in none of" in finding.expected


@pytest.fixture(scope="module")
def measured() -> Mapping[str, Any]:
    """The codec of noisy pictures at smoke."""
    return fused(TABLE_5.scales["smoke"].arms["noisy"], 0, "digits")


def test_a_codec_has_every_cell(measured: Mapping[str, Any]) -> None:
    assert measured["nodes"] == [1.0, 2.0]
    assert measured["n"] == 500
    for code in CODES:
        assert all(0 <= share <= 1 for share in measured[code])
    assert all(bits <= 5 for bits in measured["likelihood-4: bits"])
    for ours, rival in PAIRS:
        differences = [a - b for a, b in zip(measured[ours], measured[rival], strict=True)]
        assert measured[f"{ours} - {rival}"] == pytest.approx(differences)


def test_both_trials_are_judged_and_drawn_of_such_runs(measured: Mapping[str, Any]) -> None:
    outcome = Outcome(tuple(Run(arm, 0, measured, 0.0, {}) for arm in ("clean", "noisy")))
    for trial in (TABLE_5, FRONTIER):
        assert trial.figure is not None
        assert rendered(trial.figure, outcome, "")["png"].startswith(b"\x89PNG")
        assert len(rows(outcome, trial.columns)) == 4
        assert all(rule(outcome).expected for rule in trial.rules)


@pytest.mark.slow
def test_both_trials_share_their_runs(tmp_path: Path) -> None:
    first, second = (run_trial(trial, tmp_path, scale="smoke") for trial in (TABLE_5, FRONTIER))
    assert (first.reused, second.reused) == (0, 2)
