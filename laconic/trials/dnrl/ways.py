"""What the trials of `representation` share: the paper, the ways and their sparsity weights, the scales.

The paper doesn't say how it chose its weights, gives them for some rows only, and has 1e-5 in most. At `full` scale it
is 1e-5 here in all ways, and 1e-6 where it is lighter. Smaller networks on fewer pictures bear and need more: on digits
(seed 0, 12 epochs) of 0.01, 0.03 and 0.1 the heaviest that cost no more than a point of accuracy was 0.03 for
cross-entropy and 0.1 for contrastive training. On 20,000 pictures of CIFAR-10 (12 epochs, one seed, 2,000 held-out
training pictures; accuracy in % and N1):

    weight   none         0.003       0.01        0.03
    CE-MS    79.2, 64     79.4, 39    77.6, 21
    CL-MS    74.2, 64     73.4, 43    73.9, 28    72.8, 14

After 24 epochs, as long as reduced runs last, CL has 79.4 %, CL-MS 79.2 % and 27 units at a weight of 0.015, 77.6 % and
24 units at 0.03. By lines between these the weights there, 0.007 and 0.025, cost 0.9 and 1.3 points. So a contrastive
way's weight is three to four times that of cross-entropy, for a like loss; at one and the same weight cross-entropy
leaves fewer units.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from laconic.trials.outcome import Outcome
from laconic.trials.rules import Finding, Rule, Value
from laconic.trials.spread import Spread
from laconic.trials.trial import Column, Parameters, Scale

PAPER = "W. Hua et al., Classification-Driven Discrete Neural Representation Learning for Semantic Communications"
LIGHTER = "CL-MS, lighter"
"""CL-MS with a lighter weight, the third kind of `Weights`."""

Weights: TypeAlias = tuple[float, float, float]
"""Sparsity weights of cross-entropy, of contrastive training, and of LIGHTER."""

CIFAR = "CIFAR-10 (50,000 training pictures, of which 20,000 are drawn); the paper's Tables III and IV have CIFAR-100"


def scales(*arms: str, **more: Any) -> dict[str, Scale]:
    """Every scale of a trial, with these arms: ways, and LIGHTER. `more` is told to every arm."""

    def arms_of(n_train: int, weights: Weights, **recipe: Any) -> dict[str, Parameters]:
        return {arm: {**_arm(arm, weights, recipe), "n_train": n_train, **more} for arm in arms}

    return {
        "smoke": Scale(arms_of(0, (0.03, 0.1, 0.03), encoder="cnnw16", epochs=12, batch_size=128, precision="fp32")),
        "reduced": Scale(
            arms_of(20_000, (0.007, 0.025, 0.01), encoder="cnnw16", epochs=24, batch_size=128), source="", data=CIFAR
        ),
        "full": Scale(
            arms_of(0, (1e-5, 1e-5, 1e-6), encoder="resnet-50", epochs=200, batch_size=512),
            seeds=5,
            source="",
            data="CIFAR-100 or CIFAR-10 (50,000 training pictures)",
        ),
    }


def measured(*arms: str) -> dict[str, Scale]:
    """The scales of a trial that `representation` measures, so that trials share its runs."""
    return scales(*arms, n_table_4=3000)


def _arm(arm: str, weights: Weights, recipe: dict[str, Any]) -> dict[str, Any]:
    if "-" not in arm:
        return {"way": arm, "recipe": recipe}
    kind = 2 if arm == LIGHTER else int(arm.startswith("CL"))
    return {"way": arm.partition(",")[0], "recipe": {**recipe, "sparsity_weight": weights[kind]}}


def below_half(left: Value, right: Value) -> Rule:
    """Expect `left` to be less than half of `right`; otherwise as `lower`."""

    def judge(outcome: Outcome) -> Finding:
        difference = left.of(outcome) - right.of(outcome) / 2
        return Finding(f"{left} is less than half the {right}", Spread.of(difference).below(), Spread.of(difference))

    return judge


ACTIVE = (Column("n1", "N1", 0), Column("n2", "N2", 1), Column("accuracy", "accuracy (%)", 1))
"""Table I's columns."""
