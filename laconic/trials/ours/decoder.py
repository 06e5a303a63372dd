"""What the bottleneck in paper 002's decoder costs: all that its picture has passes 512 numbers, half of its reals.

The paper's arm is Proposed-C (0.2) of `gssma/fig-4`, and its runs are the same.
"""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import curves
from laconic.trials.gssma.delivering import delivering
from laconic.trials.gssma.figs_4_to_6 import (
    COLUMNS,
    FULL,
    FULL_RECIPE,
    REDUCED,
    REDUCED_DATA,
    REDUCED_RECIPE,
    SMOKE,
    SMOKE_RECIPE,
    network,
)
from laconic.trials.gssma.paper import CIFAR
from laconic.trials.rules import Value, higher
from laconic.trials.trial import Scale, Trial

PAPERS, SPATIAL = "the paper's", "spatial"


def _arms(scale: dict[str, Any], recipe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        PAPERS: network(scale, recipe, common_ratio=0.2),
        SPATIAL: network(scale, recipe, common_ratio=0.2, decoder="spatial"),
    }


DECODER = Trial(
    name="ours/decoder",
    claim="A decoder that keeps rows and columns apart makes better pictures of the same symbols than the paper's, "
    "which squeezes them through 512 numbers.",
    rule="the mean PSNR over 12 to 18 dB on AWGN is higher with the spatial decoder than with the paper's",
    rules=(higher(Value(SPATIAL, "trained_psnr_db"), Value(PAPERS, "trained_psnr_db")),),
    measure=delivering,
    scales={
        "smoke": Scale(_arms(SMOKE, SMOKE_RECIPE), seeds=1),
        "reduced": Scale(
            _arms(REDUCED, REDUCED_RECIPE),
            source="",
            data=REDUCED_DATA,
        ),
        "full": Scale(_arms(FULL, FULL_RECIPE), source="", data=CIFAR.format("")),
    },
    columns=COLUMNS,
    figure=curves(
        "snr_db",
        {arm: (arm, "psnr_db") for arm in (PAPERS, SPATIAL)},
        "SNR per complex symbol (dB)",
        "mean PSNR (dB)",
    ),
)
