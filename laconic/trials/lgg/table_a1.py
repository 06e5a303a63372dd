"""Table A1 of paper 003: what withstanding costs a training step."""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import bars
from laconic.trials.lgg.paper import PAPER
from laconic.trials.lgg.robust_time import robust_time
from laconic.trials.rules import Value, higher, lower
from laconic.trials.trial import Column, Scale, Trial


def _steps(**more: Any) -> dict[str, dict[str, Any]]:
    methods = {"baseline": "none", "Parseval": "parseval", "regulariser": "smooth", "PGD": "pgd"}
    return {arm: {"method": method, **more} for arm, method in methods.items()}


TABLE_A1 = Trial(
    name="lgg/table-a1",
    paper=PAPER,
    claim="Training with the regulariser takes 1.71 times as long as without, Parseval training 1.17 times, training "
    "on pictures attacked by PGD 7.78 times.",
    rule="a step of Parseval training takes less time than one with the regulariser, that less than 1.8 times a plain "
    "step, and one with PGD more than 6 times; the paper doesn't say how many steps its PGD takes, ours takes 7",
    rules=(
        lower(Value("Parseval", "ratio"), Value("regulariser", "ratio")),
        lower(Value("regulariser", "ratio"), 1.8),
        higher(Value("PGD", "ratio"), 6.0),
    ),
    measure=robust_time,
    scales={
        "smoke": Scale(_steps(width=8, batch_size=50, rounds=7), seeds=2),
        "reduced": Scale(
            _steps(width=16, batch_size=100, rounds=9), source="", data="CIFAR-10, of which 400 are drawn"
        ),
        "full": Scale(_steps(width=64, batch_size=100, rounds=50), source="", data="CIFAR-10, of which 400 are drawn"),
    },
    columns=(Column("ratio", "time over the baseline's"), Column("seconds", "a step (s)", 3)),
    figure=bars("ratio", "time over the baseline's"),
)
