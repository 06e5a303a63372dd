"""Where sharing pays on a downlink, and what it costs where there is nothing to share.

The paper shares on unrelated pictures. Here users look at scenes, to a degree that is chosen, through cameras that
shift, jitter and add noise. Common symbols are counted once for all who hear them. Symbols are few: with many, each
user's own carry the scene as well, and networks that are trained for a minute don't use them up.

What to expect: of pictures as Gaussian vectors with CIFAR-10's covariance (at 16 x 16 pixels, without cameras'
differences), the best linear code at 15 dB and 8 symbols gains 2.3 dB by sharing half of them at a correlation of 0.9
(1.6 dB at 0.8), and loses 1.7 dB at 0. At 21.9 dB with sharing its pictures are much better than those of a network
that has been trained for a minute: whether that is enough to see the gain is a question to the trial as well.
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
from laconic.trials.rules import Value, less_by, lower
from laconic.trials.trial import Scale, Trial

CORRELATION, RATIO, GAIN_DB = 0.9, 0.5, 1.0


def _arms(scale: dict[str, Any], recipe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    ratios = {"shared": RATIO, "private": 0.0}
    return {
        f"{way}, {correlation:g}": network({**scale, "correlation": correlation}, recipe, common_ratio=ratio)
        for correlation in (CORRELATION, 0.0)
        for way, ratio in ratios.items()
    }


SHARING = Trial(
    name="ours/sharing",
    claim="Users whose pictures are highly correlated receive better ones if their group shares half of its symbols, "
    "counted once for all; users who have nothing in common receive worse ones.",
    rule="at a correlation of 0.9 the mean PSNR over 12 to 18 dB is higher by 1 dB or more with half of the symbols "
    "shared than with none; at a correlation of 0 it is lower with sharing",
    rules=(
        less_by(Value("private, 0.9", "trained_psnr_db"), Value("shared, 0.9", "trained_psnr_db"), GAIN_DB),
        lower(Value("shared, 0", "trained_psnr_db"), Value("private, 0", "trained_psnr_db")),
    ),
    measure=delivering,
    scales={
        "smoke": Scale(_arms(SMOKE, SMOKE_RECIPE), seeds=1),
        "reduced": Scale(
            _arms({**REDUCED, "symbols": 8}, {**REDUCED_RECIPE, "decoder": "spatial", "steps": 1800}),
            source="",
            data=REDUCED_DATA,
        ),
        "full": Scale(_arms({**FULL, "symbols": 64}, FULL_RECIPE), source="", data=CIFAR.format("")),
    },
    columns=COLUMNS,
    figure=curves(
        "snr_db",
        {
            f"{way}, r = {correlation:g}": (f"{way}, {correlation:g}", "psnr_db")
            for correlation in (CORRELATION, 0.0)
            for way in ("shared", "private")
        },
        "SNR per complex symbol (dB)",
        "mean PSNR (dB)",
    ),
)
