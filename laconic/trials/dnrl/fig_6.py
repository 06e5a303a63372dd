"""Figure 6 of paper 001: accuracy as the effective units are silenced one by one, the most active first."""

from __future__ import annotations

from laconic.trials.dnrl.representation import representation
from laconic.trials.dnrl.ways import LIGHTER, PAPER, measured
from laconic.trials.figures import curves
from laconic.trials.rules import Value, less_by
from laconic.trials.trial import Column, Trial

FEW = 4

FIG_6 = Trial(
    name="dnrl/fig-6",
    paper=PAPER,
    claim="The effective units alone are as accurate as all units, and removed one by one each takes some accuracy "
    "along: all that tells classes apart is in them.",
    rule="by CL-MS accuracy is lower by less than half a point with the units alone that N1 counts, and lower by 10 "
    f"points or more when the {FEW} most active are silent",
    rules=(
        less_by(Value("CL-MS", "accuracy"), Value("CL-MS", "effective"), -0.5),
        less_by(Value("CL-MS", "removal", FEW), Value("CL-MS", "removal", 0), 10.0),
    ),
    measure=representation,
    scales=measured("CL-MS", LIGHTER),
    columns=(
        Column("step", "units silenced", 0),
        Column("removal", "accuracy (%)", 1),
        Column("effective", "with the effective alone (%)", 1),
        Column("n1", "N1", 0),
    ),
    figure=curves(
        "step", {way: (way, "removal") for way in ("CL-MS", LIGHTER)}, "units silenced, the most active first", "%"
    ),
)
