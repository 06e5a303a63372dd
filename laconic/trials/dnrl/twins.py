"""Two trainings that differ in their seed alone, and how alike what their units mean is: paper 001, Section IV-H."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from laconic.score.activity import effective_units
from laconic.score.consistency import Consistency, gram_consistency, principal_consistency
from laconic.score.dissection import Dissection, dissect
from laconic.trials.trial import Measured, Parameters

if TYPE_CHECKING:
    from laconic.trials.dnrl.encoded import Encoded

SHOWN = 12  # units of each twin whose recalls are kept


def twins(parameters: Parameters, seed: int, source: str) -> Measured:
    """Train with seeds 2 `seed` and 2 `seed` + 1, silence each unit that N1 counts, and compare class by class.

    `paper` is the cosine of the leading vectors of recalls, as in the paper, `damage` that of A^T A of damages
    (`laconic.score.consistency`); with `_chance` the same of classes renamed at random, its mean, with `_high` its
    95 % quantile. `recall_0` and `recall_1` are the recalls in % of the SHOWN most active units, class by class,
    `shown` how many these are, and `damaged` the largest damage of a unit, averaged over units and twins.
    Parameters are those of `encoded.encode`.
    """
    from laconic.trials.dnrl.encoded import encode

    found = [_dissected(encode(parameters, 2 * seed + i, source)) for i in range(2)]
    rng = np.random.default_rng(seed)
    recalls = [(dissection.recall_without[units]) for dissection, units in found]
    damages = [(dissection.damage[units]) for dissection, units in found]
    shown = min(SHOWN, *map(len, recalls))
    return {
        **_beside_chance("paper", principal_consistency(recalls[0], recalls[1], rng)),
        **_beside_chance("damage", gram_consistency(damages[0], damages[1], rng)),
        "damaged": 100 * np.mean([damage.max(axis=1).mean() for damage in damages]),
        "shown": float(shown),
        **{f"recall_{i}": _padded(100 * recall).ravel().tolist() for i, recall in enumerate(recalls)},
    }


def _dissected(found: Encoded) -> tuple[Dissection, np.ndarray]:
    dissection = dissect(found.read, found.test, found.data.test_labels, found.n_classes)
    return dissection, effective_units(found.test)


def _beside_chance(name: str, found: Consistency) -> dict[str, Any]:
    return {name: found.cosine, f"{name}_chance": found.null_mean, f"{name}_high": found.null_high}


def _padded(recall: Float64[np.ndarray, "units classes"]) -> Float64[np.ndarray, "shown classes"]:
    rows = np.zeros((SHOWN, recall.shape[1]))
    rows[: len(recall)] = recall[:SHOWN]
    return rows
