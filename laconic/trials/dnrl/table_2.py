"""Table II of paper 001: weights and operations of its encoders, which no training is needed for."""

from __future__ import annotations

from laconic.trials.dnrl.size import size
from laconic.trials.dnrl.ways import PAPER
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Finding, Rule, Value
from laconic.trials.spread import Spread
from laconic.trials.trial import Column, Scale, Trial

TABLE = {"CL": (23.5, 2.62), "CE": (23.5, 2.62), "CL-FS": (23.5, 2.62), "CL-MS": (25.6, 2.63), "CE-MS": (25.6, 2.63)}
"""Millions of weights and GFLOPs, as printed."""


def rounds_to(value: Value, printed: float, digits: int) -> Rule:
    """Expect a value to be what is printed, rounded to as many digits, for every seed."""

    def judge(outcome: Outcome) -> Finding:
        found = value.of(outcome)
        same = bool((found.round(digits) == printed).all())
        return Finding(f"{value} rounds to {printed:.{digits}f}", same, Spread.of(found - printed))

    return judge


SCALE = Scale({way: {"encoder": "resnet-50", "mask": "map" if "MS" in way else "none"} for way in TABLE}, seeds=1)
"""Ways without a mask-net have the same encoder, and share a run."""

TABLE_2 = Trial(
    name="dnrl/table-2",
    paper=PAPER,
    claim="A mask-net costs little: 25.6 million weights and 2.63 GFLOPs, where ResNet-50 without one has 23.5 million "
    "and 2.62.",
    rule="weights and operations of all five encoders round to the printed numbers",
    rules=(
        *[rounds_to(Value(way, "parameters_m"), weights, 1) for way, (weights, _) in TABLE.items()],
        *[rounds_to(Value(way, "gflops"), operations, 2) for way, (_, operations) in TABLE.items()],
    ),
    measure=size,
    scales={"smoke": SCALE, "reduced": SCALE, "full": SCALE},
    columns=(
        Column("parameters_m", "weights (millions)", 3),
        Column("gflops", "GFLOPs", 3),
        Column("gflops_main", "without normalisation, ReLU, sums", 3),
    ),
)
