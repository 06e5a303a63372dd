"""Messages of a length that is asked for: how near to it codecs come."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from laconic.trials.figures import bars
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Finding
from laconic.trials.spread import Spread
from laconic.trials.trial import Column, Measured, Parameters, Scale, Trial

NEAR, MOST = 0.1, 0.8


def reached(parameters: Parameters, seed: int, source: str) -> Measured:
    """One codec trained with `laconic train --target-bits`: the mean `bits` of test pictures' words, and what of them.

    `ratio` is bits over those asked for, `accuracy` what the words tell right and `full` all features, in %; `k` the
    units of a word. Parameters are `bits` (asked for) and `recipe`.
    """
    from laconic.train import Recipe, fit

    recipe = Recipe(target_bits=parameters["bits"], seed=seed, **parameters["recipe"])
    with TemporaryDirectory() as folder:
        codec = fit(source, f"{folder}/codec", recipe=recipe)
    measured = codec.manifest["measured"]
    return {
        "bits": measured["bits_mean"],
        "ratio": measured["bits_mean"] / parameters["bits"],
        "accuracy": 100 * measured["accuracy_said"],
        "full": 100 * measured["accuracy_full"],
        "k": float(codec.said.language.code.alphabet.k),
    }


def _mostly_near(outcome: Outcome) -> Finding:
    """Over all runs, of every length asked for."""
    ratios = np.concatenate([outcome.values(arm, "ratio")[:, 0] for arm in outcome.arms])
    near = int((np.abs(ratios - 1) <= NEAR).sum())
    wanted = f"of {len(ratios)} runs at least {MOST:.0%} are within {NEAR:.0%} of what was asked"
    return Finding(f"{wanted} ({near} are)", near >= MOST * len(ratios), Spread.of(ratios - 1))


def _arms(*bits: float, **recipe: Any) -> dict[str, Parameters]:
    return {f"{each:g} bits": {"bits": each, "recipe": recipe} for each in bits}


TARGET_BITS = Trial(
    name="ours/target-bits",
    claim="A codec keeps to a mean message length that is asked for, by a sparsity weight that is found and a code "
    "that is chosen, as long as the length is no less than the entropy of the labels.",
    rule="the mean bits of test pictures' words are within 10 % of those asked for in at least 8 of 10 runs",
    rules=(_mostly_near,),
    measure=reached,
    scales={
        "smoke": Scale(_arms(4.0, 8.0, encoder="cnnw8", epochs=10, batch_size=128, precision="fp32"), seeds=1),
        "reduced": Scale(
            _arms(3.6, 4.5, 6.0, 8.0, 12.0, encoder="cnnw8", epochs=20, batch_size=128, precision="fp32"), seeds=2
        ),
        "full": Scale(
            _arms(3.6, 4.5, 6.0, 8.0, 12.0, encoder="resnet-18", epochs=100),
            seeds=2,
            source="",
            data="CIFAR-10 (50,000 training pictures)",
        ),
    },
    columns=(
        Column("bits", "bits reached"),
        Column("ratio", "over those asked", 3),
        Column("k", "K", 0),
        Column("accuracy", "accuracy (%)", 1),
        Column("full", "of all features (%)", 1),
    ),
    figure=bars("ratio", "bits reached, over those asked"),
)
