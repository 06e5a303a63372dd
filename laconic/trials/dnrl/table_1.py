"""Table I of paper 001: how many units are active, and the accuracy, of six ways of training."""

from __future__ import annotations

from laconic.trials.dnrl.representation import representation
from laconic.trials.dnrl.ways import ACTIVE, PAPER, below_half, measured
from laconic.trials.figures import bars
from laconic.trials.rules import Value, less_by
from laconic.trials.trial import Trial


def _n1(way: str) -> Value:
    return Value(way, "n1")


TABLE_1 = Trial(
    name="dnrl/table-1",
    paper=PAPER,
    claim="A sparse mask leaves the fewest units active, fewest with contrastive training, at the same accuracy: on "
    "CIFAR-10 16 of 2048 at 95.25 %, where plain contrastive training has all at 96.00 %.",
    rule="as many units as N1 counts are no more by CL-MS than by CE-MS, by that fewer than half of those by CL-FS, "
    "and by CL-FS no more than by CL; CL-MS is less accurate than CL by less than 1.5 points",
    rules=(
        less_by(_n1("CL-MS"), _n1("CE-MS"), -1.0),
        below_half(_n1("CE-MS"), _n1("CL-FS")),
        less_by(_n1("CL-FS"), _n1("CL"), -1.0),
        less_by(Value("CL", "accuracy"), Value("CL-MS", "accuracy"), -1.5),
    ),
    measure=representation,
    scales=measured("CE", "CL", "CL-FS", "CL-WS", "CE-MS", "CL-MS"),
    columns=ACTIVE,
    figure=bars("n1", "N1, units active in more than 4.55 %"),
)
