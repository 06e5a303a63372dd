"""What the trials of `representation` share: the paper, the ways and their sparsity weights, the scales.

The paper doesn't say how it chose its weights, gives them for some rows only, and has 1e-5 in most. At `full` scale it
is 1e-5 here in all ways, and 1e-6 where it is lighter. Smaller networks on fewer pictures bear and need more: on digits
(seed 0, 12 epochs, 130 held-out training pictures) 0.03 leaves cross-entropy 17 units at 99.2 %, 0.05 contrastive
training 12 at 98.5 %, which is what it has without. On 20,000 pictures of CIFAR-10 (12 epochs, one seed, 2,000 held-out
training pictures; accuracy in % and N1):

    weight   none         0.003       0.01        0.03
    CE-MS    79.2, 64     79.4, 39    77.6, 21
    CL-MS    74.2, 64     73.4, 43    73.9, 28    72.8, 14

After 24 epochs, as long as reduced runs last, the weight's course counts for as much as its size. Pressed as `laconic
train` presses contrastive training, by the cube of the steps over 80 % of them, CL-MS keeps units that it does without
when it is pressed over 30 % of the steps, as cross-entropy is: as trials do it, therefore. (20,000 pictures, seed 7,
2,000 held-out training pictures; CL has 78.4 %, CE-MS 26 units.)

    weight, course    0.025, 80 %    0.012, 30 %    0.016, 30 %    0.025, 30 %, not cubed
    CL-MS             77.8, 24       77.4, 21       75.5, 11       76.6, 9

The price of few units is in their names: of the words of three, Table III's MaxAmp, 71 % were understood when 22 units
were left, and 63 % when 15 were. With seed 8, 0.012 leaves 18 units at 78.4 %. A contrastive way's weight is about
twice that of cross-entropy, 0.007, for a like loss of accuracy, of about a point.
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

WARMUP = 0.3
"""The part of the steps over which every way's weight rises."""

Weights: TypeAlias = tuple[float, float, float]
"""Sparsity weights of cross-entropy, of contrastive training, and of LIGHTER."""

CIFAR = "CIFAR-10 (50,000 training pictures, of which 20,000 are drawn); the paper's Tables III and IV have CIFAR-100"


def scales(*arms: str, **more: Any) -> dict[str, Scale]:
    """Every scale of a trial, with these arms: ways, and LIGHTER. `more` is told to every arm."""

    def arms_of(n_train: int, weights: Weights, **recipe: Any) -> dict[str, Parameters]:
        return {arm: {**_arm(arm, weights, recipe), "n_train": n_train, **more} for arm in arms}

    return {
        "smoke": Scale(arms_of(0, (0.03, 0.05, 0.02), encoder="cnnw16", epochs=12, batch_size=128, precision="fp32")),
        "reduced": Scale(
            arms_of(20_000, (0.007, 0.012, 0.005), encoder="cnnw16", epochs=24, batch_size=128), source="", data=CIFAR
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
    pressed = {"sparsity_weight": weights[kind], "sparsity_warmup": WARMUP}
    return {"way": arm.partition(",")[0], "recipe": {**recipe, **pressed}}


def below_half(left: Value, right: Value) -> Rule:
    """Expect `left` to be less than half of `right`; otherwise as `lower`."""

    def judge(outcome: Outcome) -> Finding:
        difference = left.of(outcome) - right.of(outcome) / 2
        return Finding(f"{left} is less than half the {right}", Spread.of(difference).below(), Spread.of(difference))

    return judge


ACTIVE = (Column("n1", "N1", 0), Column("n2", "N2", 1), Column("accuracy", "accuracy (%)", 1))
"""Table I's columns."""
