"""The papers' tables and figures, and one's own: claims, each with the experiment that would show it."""

from __future__ import annotations

from laconic.trials.figures import bars, curves
from laconic.trials.outcome import Outcome, OutcomeError, Run
from laconic.trials.results import Result, run_trial
from laconic.trials.rules import Finding, Value, higher, lower
from laconic.trials.spread import Spread
from laconic.trials.trial import Column, Scale, Trial, TrialError

__all__ = [
    "Column",
    "Finding",
    "Outcome",
    "OutcomeError",
    "Result",
    "Run",
    "Scale",
    "Spread",
    "Trial",
    "TrialError",
    "Value",
    "bars",
    "curves",
    "higher",
    "lower",
    "run_trial",
]
