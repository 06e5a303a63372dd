"""Paper 003's trials: what they declare, and each measure on small runs."""

from __future__ import annotations

import pytest

from laconic.trials import lgg
from laconic.trials.catalogue import TRIALS
from laconic.trials.outcome import Outcome, Run
from laconic.trials.rules import Value
from laconic.trials.trial import SCALES, Trial

DECLARED = [trial for name, trial in TRIALS.items() if name.startswith("lgg/")]


def outcome(**values: list[float]) -> Outcome:
    return Outcome(
        tuple(Run(arm, i, {"error": v}, 1.0, {}) for arm, each in values.items() for i, v in enumerate(each))
    )


@pytest.mark.parametrize("trial", DECLARED, ids=lambda trial: trial.name)
def test_scales_differ_in_size_only(trial: Trial) -> None:
    assert tuple(trial.scales) == SCALES
    assert len({tuple(scale.arms) for scale in trial.scales.values()}) == 1


def test_a_margin_is_added_before_the_interval_is_judged() -> None:
    told = outcome(ours=[40.0, 41.0, 39.5], theirs=[50.0, 51.2, 49.9])
    ours, theirs = Value("ours", "error"), Value("theirs", "error")
    assert lgg.less_by(ours, theirs, 5.0)(told).holds is True
    assert lgg.less_by(ours, theirs, 10.2)(told).holds is None
    assert lgg.less_by(ours, theirs, 15.0)(told).holds is False
    assert lgg.less_by(theirs, ours, -12.0)(told).holds is True
    assert lgg.less_by(theirs, ours, -12.0)(told).expected == "error of theirs is lower than error of ours + 12"
    assert lgg.less_by(ours, theirs, 5.0)(told).difference.mean == pytest.approx(-10.2)
