"""Figure 3 of paper 001: how often units are active, the most active first."""

from __future__ import annotations

from laconic.trials.dnrl.representation import representation
from laconic.trials.dnrl.ways import ACTIVE, LIGHTER, PAPER, below_half, measured
from laconic.trials.figures import curves
from laconic.trials.rules import Value, lower
from laconic.trials.trial import Trial

WAYS = ("CL", "CL-FS", "CE-MS", LIGHTER, "CL-MS")

FIG_3 = Trial(
    name="dnrl/fig-3",
    paper=PAPER,
    claim="Mask-based sparsity makes representations compact, the more so the heavier its weight: on CIFAR-100, 48 of "
    "2048 units are active in more than 4.55 % of the pictures by CL-MS, 374 by CE-MS.",
    rule="as many units as N1 counts are fewer by CL-MS with the heavier weight than with the lighter, and fewer than "
    "half of those by CL-FS with the heavier",
    rules=(
        lower(Value("CL-MS", "n1"), Value(LIGHTER, "n1")),
        below_half(Value("CL-MS", "n1"), Value("CL-FS", "n1")),
    ),
    measure=representation,
    scales=measured(*WAYS),
    columns=ACTIVE,
    figure=curves("unit", {way: (way, "activity") for way in WAYS}, "units, ordered", "part of the pictures", log=True),
)
