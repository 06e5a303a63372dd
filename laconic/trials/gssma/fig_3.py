"""Figure 3 of paper 002: common features drawn apart, towards equal angles, as training goes on.

The paper shows t-SNE plots, in which five groups end as a pentagon. A plane shows angles badly and t-SNE hides them,
so they are measured: equal angles are cosines of -1 / (G - 1), which five groups can have in four dimensions or more.
Each group's features are made of its own users' pictures alone. To have such an angle to all others on pictures that
were never seen, features must follow from what kind of group it is among those that grouping makes of a cell.
"""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import curves
from laconic.trials.gssma.figs_4_to_6 import FULL, FULL_RECIPE, REDUCED, REDUCED_RECIPE, SMOKE, SMOKE_RECIPE, network
from laconic.trials.gssma.paper import CIFAR, PAPER
from laconic.trials.rules import Value, lower
from laconic.trials.trial import Column, Measured, Parameters, Scale, Trial

EQUIANGULAR = 0.1
"""How far a cosine may be from that of equal angles, in the root mean square over pairs of groups."""


def parting(parameters: Parameters, seed: int, source: str) -> Measured:
    """One arm: the angles between common features of a cell's groups after each of `step` training steps.

    Of the cells' pairs of groups, on test pictures: `cosine` is the mean cosine, `off` the root mean square of what it
    is from -1 / (G - 1), and `off_seen` the same on cells that were trained on; the last points are after training.
    Parameters are those of a network of `laconic.trials.gssma.delivering.delivering`, and `looks`: into how many
    parts training is divided.
    """
    from laconic.trials.gssma.parted import measured

    return measured(parameters, seed, source)


def _arms(scale: dict[str, Any], recipe: dict[str, Any], looks: int) -> dict[str, dict[str, Any]]:
    five = {**scale, "users": scale["users"] // scale["groups"] * 5, "groups": 5, "looks": looks}
    weights = {"repulsion": 0.1, "ten times the repulsion": 1.0, "no repulsion": 0.0}
    return {arm: network(five, recipe, common_ratio=0.2, repulsion_weight=weight) for arm, weight in weights.items()}


FIG_3 = Trial(
    name="gssma/fig-3",
    paper=PAPER,
    claim="As the repulsion loss falls, common features part in distance and angle, towards equal angles.",
    rule="on test pictures, after training, cosines of common features are nearer to those of equal angles with the "
    f"repulsion loss than without it, and nearer than {EQUIANGULAR} with ten times its weight",
    rules=(
        lower(Value("repulsion", "off"), Value("no repulsion", "off")),
        lower(Value("ten times the repulsion", "off"), EQUIANGULAR),
    ),
    measure=parting,
    scales={
        "smoke": Scale(_arms(SMOKE, SMOKE_RECIPE, 2), seeds=1),
        "reduced": Scale(
            _arms(REDUCED, REDUCED_RECIPE, 6),
            source="",
            data=CIFAR.format(", of which 10,000 are drawn and made 16 x 16"),
        ),
        "full": Scale(_arms(FULL, FULL_RECIPE, 10), source="", data=CIFAR.format("")),
    },
    columns=(
        Column("step", "step", 0),
        Column("cosine", "mean cosine", 3),
        Column("off", "off equal angles", 3),
        Column("off_seen", "of cells trained on", 3),
    ),
    figure=curves(
        "step",
        {
            "no repulsion": ("no repulsion", "off"),
            "repulsion": ("repulsion", "off"),
            "ten times": ("ten times the repulsion", "off"),
            "ten times, trained on": ("ten times the repulsion", "off_seen"),
        },
        "training steps",
        "cosines off equal angles (RMS)",
    ),
)
