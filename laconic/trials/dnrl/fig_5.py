"""Figure 5 of paper 001: what single units answer to; their attention maps are on the page of `laconic inspect`."""

from __future__ import annotations

from typing import Any

from laconic.trials.dnrl.representation import SHOWN, representation
from laconic.trials.dnrl.ways import PAPER, measured
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Value, higher
from laconic.trials.trial import Column, Trial


def _draw(axes: Any, outcome: Outcome) -> None:
    """The first seed's units by CL-MS: how much of each one's mean response each class has."""
    answers = outcome.values("CL-MS", "answers")[0].reshape(SHOWN, -1)
    shades = axes.imshow(answers[answers.any(axis=1)], cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axes.set(xlabel="class", ylabel="units, the most active first")
    axes.grid(visible=False)
    axes.figure.colorbar(shades, ax=axes, label="share of the unit's response")


FIG_5 = Trial(
    name="dnrl/fig-5",
    paper=PAPER,
    claim="Single units of CL-MS answer to one class (the 1588th to ships), and no classifier was trained with them.",
    rule="of a unit's mean response to the classes one class has more than half by CL-MS, on average over the units "
    "that N1 counts, and more than by CL; how much of a picture excites a unit is shown, not judged",
    rules=(
        higher(Value("CL-MS", "selectivity"), 0.5),
        higher(Value("CL-MS", "selectivity"), Value("CL", "selectivity")),
    ),
    measure=representation,
    scales=measured("CL", "CL-MS"),
    columns=(
        Column("selectivity", "largest share of a class", 3),
        Column("focus", "part of the picture behind half of it", 3),
        Column("n1", "N1", 0),
    ),
    figure=_draw,
)
