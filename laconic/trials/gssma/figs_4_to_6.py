"""Figures 4 to 6 of paper 002: PSNR and perceptual loss against SNR on AWGN, Rician and Rayleigh channels.

Common symbols are counted once for all who hear them (pooled): counted for each hearer, sharing would save nothing.
The paper gives curves and no table, so its claims are judged in the order of the curves. JPEG with LDPC takes the best
of all schemes at each SNR, as the paper's does, and beside it one scheme at all SNRs, whose cliff is a single one.
"""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import curves
from laconic.trials.gssma.delivering import delivering
from laconic.trials.gssma.paper import CIFAR, PAPER
from laconic.trials.rules import Rule, Value, higher, lower
from laconic.trials.trial import Column, Scale, Trial

PROPOSED, RANDOM, PRIVATE = "Proposed-C (0.2)", "Proposed (0.2)", "Private-only"
CHANNELS = {"AWGN": ["awgn", 0.0], "Rician": ["rician", 1.0], "Rayleigh": ["rayleigh", 0.0]}
NOISE_DB = 0.05
"""What PSNR may fall by as SNR rises: fades and noise are the same draws at each SNR."""

SMOKE = {
    "users": 8,
    "groups": 2,
    "symbols": 16,
    "correlation": None,
    "size": None,
    "n_train": 200,
    "cells": 1,
    "snr_db": [6, 15],
    "perceptual_steps": 10,
}
REDUCED = {
    "users": 20,
    "groups": 4,
    "symbols": 64,
    "correlation": None,
    "size": "16x16",
    "n_train": 10_000,
    "cells": 10,
    "snr_db": list(range(-3, 25, 3)),
    "perceptual_steps": 200,
}
FULL = {
    "users": 50,
    "groups": 10,
    "symbols": 512,
    "correlation": None,
    "size": None,
    "n_train": 0,
    "cells": 200,
    "snr_db": list(range(0, 25, 2)),
    "perceptual_steps": 5000,
}
REDUCED_DATA = CIFAR.format(", of which 10,000 are drawn and made 16 x 16")
SMOKE_RECIPE = {"width": 1 / 32, "learning_rate": 3e-3, "steps": 2}
REDUCED_RECIPE = {"width": 1 / 8, "learning_rate": 5e-4, "steps": 800, "precision": "fp32"}
FULL_RECIPE = {"width": 1.0, "learning_rate": 1e-4, "epochs": 1000}


COLUMNS = (
    Column("snr_db", "SNR (dB)", 0),
    Column("psnr_db", "PSNR (dB)"),
    Column("perceptual", "perceptual distance (not LPIPS)", 4),
    Column("trained_psnr_db", "12 to 18 dB (dB)"),
    Column("params", "weights", 0),
)
"""What is told of any network."""


def network(
    scale: dict[str, Any],
    recipe: dict[str, Any],
    over: str = "AWGN",
    *,
    common_ratio: float = 0.0,
    network: str = "gssma",
    **more: Any,
) -> dict[str, Any]:
    """The parameters of an arm that is a network; `more` goes into its recipe."""
    shared = {"network": network, "common_ratio": common_ratio, "channel": CHANNELS[over]}
    return {**scale, **shared, "recipe": {**recipe, **more}}


def _arms(
    over: str, scale: dict[str, Any], recipe: dict[str, Any], rounds: int, codecs: tuple[str, ...] = ("jpeg", "hevc")
) -> dict[str, dict[str, Any]]:
    """Every curve of a figure; with Rayleigh fading also what the proposed way gives on the other channels.

    Arms with the same parameters are run once, whatever trial they stand in.
    """
    sent = {**scale, "channel": CHANNELS[over], "fixed": "16qam 1/2", "rounds": rounds}
    made = {
        PROPOSED: network(scale, recipe, over, common_ratio=0.2),
        "Proposed-C (0.1)": network(scale, recipe, over, common_ratio=0.1),
        RANDOM: network(scale, recipe, over, common_ratio=0.2, grouping="random"),
        PRIVATE: network(scale, recipe, over),
        "ViT-based": network(scale, recipe, over, network="vit"),
        "Deep JSCC": network(scale, recipe, over, network="deep-jscc"),
        **{f"{codec.upper()}-LDPC": {**sent, "codec": codec} for codec in codecs},
    }
    others = [name for name in CHANNELS if name != over] if over == "Rayleigh" else []
    return {**made, **{f"{PROPOSED}, {name}": network(scale, recipe, name, common_ratio=0.2) for name in others}}


def _best(key: str) -> tuple[Rule, ...]:
    """Expect the proposed way above all that the paper compares it with, but for codecs, and its PSNR never to fall."""
    rivals = (RANDOM, PRIVATE, "ViT-based")
    return (
        *[higher(Value(PROPOSED, key), Value(rival, key)) for rival in rivals],
        lower(Value(PROPOSED, "fall_db"), NOISE_DB),
    )


def _figure(number: int, over: str, claim: str, rule: str, rules: tuple[Rule, ...]) -> Trial:
    fading = over != "AWGN"
    return Trial(
        name=f"gssma/fig-{number}",
        paper=PAPER,
        claim=claim,
        rule=f"{rule}; its PSNR falls by less than {NOISE_DB} dB wherever SNR rises",
        rules=rules,
        measure=delivering,
        scales={
            "smoke": Scale(_arms(over, SMOKE, SMOKE_RECIPE, 1, ("jpeg",)), seeds=1),  # HEVC takes more symbols
            "reduced": Scale(
                _arms(over, REDUCED, REDUCED_RECIPE, 4 if fading else 1),
                source="",
                data=REDUCED_DATA,
            ),
            "full": Scale(_arms(over, FULL, FULL_RECIPE, 10 if fading else 4), source="", data=CIFAR.format("")),
        },
        columns=(
            *COLUMNS,
            Column("bound_psnr_db", "capacity bound (dB)"),
            Column("failed", "failed", 3),
            Column("fixed_psnr_db", "16QAM 1/2 (dB)"),
        ),
        figure=curves(
            "snr_db",
            {arm: (arm, "psnr_db") for arm in (PROPOSED, RANDOM, PRIVATE, "ViT-based", "Deep JSCC", "JPEG-LDPC")},
            "SNR per complex symbol (dB)",
            "mean PSNR (dB)",
        ),
    )


FIG_4 = _figure(
    4,
    "AWGN",
    "On AWGN a fifth of the symbols shared by balanced groups gives the highest PSNR from 12 dB on; JPEG with LDPC is "
    "better at moderate SNRs and falls sharply at low ones, where the others degrade smoothly.",
    "over SNRs of 12 to 18 dB the mean PSNR of Proposed-C (0.2) is above that of random groups, of private features "
    "alone and of the ViT; it rises from one SNR to the next less steeply than JPEG by one scheme of LDPC-coded QAM",
    (
        *_best("trained_psnr_db"),
        lower(Value(PROPOSED, "steepest_db"), Value("JPEG-LDPC", "fixed_steepest_db")),
    ),
)

FIG_5 = _figure(
    5,
    "Rician",
    "On Rician fading a fifth of the symbols shared by balanced groups gives the highest PSNR at every SNR.",
    "the mean over SNRs of the PSNR of Proposed-C (0.2) is above that of random groups, of private features alone, of "
    "the ViT, and of JPEG with the best LDPC-coded QAM at each SNR",
    (*_best("mean_psnr_db"), higher(Value(PROPOSED, "mean_psnr_db"), Value("JPEG-LDPC", "mean_psnr_db"))),
)

FIG_6 = _figure(
    6,
    "Rayleigh",
    "On Rayleigh fading a fifth of the symbols shared by balanced groups gives the highest PSNR at every SNR, by more "
    "than on the other channels.",
    "the mean over SNRs of the PSNR of Proposed-C (0.2) is above that of random groups, of private features alone, of "
    "the ViT, and of JPEG with the best LDPC-coded QAM at each SNR; it is below that on Rician fading, and that below "
    "that on AWGN",
    (
        *_best("mean_psnr_db"),
        higher(Value(PROPOSED, "mean_psnr_db"), Value("JPEG-LDPC", "mean_psnr_db")),
        lower(Value(PROPOSED, "mean_psnr_db"), Value(f"{PROPOSED}, Rician", "mean_psnr_db")),
        lower(Value(f"{PROPOSED}, Rician", "mean_psnr_db"), Value(f"{PROPOSED}, AWGN", "mean_psnr_db")),
    ),
)
