"""Figure 7 of paper 001: what two trainings lose, class by class, when their units are silenced one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from laconic.trials.dnrl.twins import SHOWN, twins
from laconic.trials.dnrl.ways import PAPER, scales
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Value, higher
from laconic.trials.trial import Column, Trial


def _draw(axes: Any, outcome: Outcome) -> None:
    """The recalls of the first pair by CL-MS: the units of one twin above, of the other below the line."""
    shown = int(outcome.values("CL-MS", "shown")[0, 0])
    both = [outcome.values("CL-MS", f"recall_{i}")[0].reshape(SHOWN, -1)[:shown] for i in range(2)]
    shades = axes.imshow(np.concatenate(both), cmap="cividis", vmin=0, vmax=100, aspect="auto")
    axes.axhline(shown - 0.5, color="white", lw=2)
    axes.set(xlabel="class", ylabel="unit silenced: one seed, another")
    axes.grid(visible=False)
    axes.figure.colorbar(shades, ax=axes, label="recall (%)")


FIG_7 = Trial(
    name="dnrl/fig-7",
    paper=PAPER,
    claim="Two trainings by CL-MS come to the same meanings: silenced, one unit of each takes away one class, and the "
    "cosine of the principal vectors of both is 0.99.",
    rule="by CL-MS the cosine between damages of two trainings is above the 95 % quantile of classes renamed at "
    "random; the paper's own cosine, of recalls, is shown beside its chance, not judged: most recalls are near 1 "
    "whatever is silenced",
    rules=(higher(Value("CL-MS", "damage"), Value("CL-MS", "damage_high")),),
    measure=twins,
    scales=scales("CL", "CL-MS"),
    columns=(
        Column("paper", "cosine of recalls", 3),
        Column("paper_chance", "its chance", 3),
        Column("damage", "cosine of damages", 3),
        Column("damage_chance", "its chance", 3),
        Column("damage_high", "95 % of chance", 3),
        Column("damaged", "largest damage of a unit (points)", 1),
    ),
    figure=_draw,
)
