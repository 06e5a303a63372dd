"""Noisy sensors fused, code by code, by a codec trained on clean or on noisy pictures: one measure of two trials.

`dnrl/table-5` asks what paper 001 does, `ours/frontier` whether a code made for fusion holds against the paper's at
every number of nodes and SNR. Of each code there are curves over all cells, SNR by SNR and in each node by node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from laconic.data import open_source
from laconic.score.fusion import SIGNIFICANT, Told, compared
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Finding, Rule
from laconic.trials.spread import Spread
from laconic.trials.trial import Column, Measured, Parameters

CODES = {
    "full": "all features",
    "maxpro": "MaxPro",
    "maxamp-3": "MaxAmp",
    "decision": "Decision, vote",
    "decision, likelihood": "Decision, likelihoods",
    "likelihood-4": "Likelihood, 4 bits",
    "likelihood-13": "Likelihood, 13 bits",
}
PAIRS = (
    ("likelihood-13", "maxpro"),
    ("likelihood-13", "maxamp-3"),
    ("likelihood-13", "decision"),
    ("likelihood-4", "decision, likelihood"),
    ("maxpro", "maxamp-3"),
    ("maxamp-3", "decision"),
)
COLUMNS = (
    Column("snr_db", "SNR (dB)", 0),
    Column("nodes", "nodes", 0),
    *[Column(code, text, 3) for code, text in CODES.items()],
    *[Column(f"{code}: bits", f"{text}: bits a node", 1) for code, text in CODES.items()],
    Column("likelihood-4: calibration error", "4 bits: calibration error", 3),
    Column("likelihood-13: calibration error", "13 bits: calibration error", 3),
    *[
        Column(f"{ours} - {rival}{more}", f"{CODES[ours]} - {CODES[rival]}{text}", 3)
        for ours, rival in PAIRS
        for more, text in (("", ""), (": p", ": p, Holm"))
    ],
)


def fused(parameters: Parameters, seed: int, source: str) -> Measured:
    """One codec, and what is understood of the test pictures in every cell.

    For each code of CODES: its accuracy under its name, `: bits`, the mean of a node's message, and `: calibration
    error`; for each of PAIRS `a - b`, the difference on the same pictures, and `a - b: p`, McNemar's p-value corrected
    over the cells. Parameters are `recipe` (with `sensor_noise` or without) and those of
    `laconic.trials.sensing.Conditions`, under `sensors`.
    """
    from laconic.train import Recipe, fit
    from laconic.trials.sensing import Conditions, sense

    asked, recipe = _with_tuples(parameters["sensors"]), _with_tuples(parameters["recipe"])
    opened = open_source(source)
    with TemporaryDirectory() as folder:
        codec = fit(opened, f"{folder}/codec", recipe=Recipe(seed=seed, **recipe))
        told = sense(codec, opened, replace(Conditions(**asked), seed=seed))
    measured: dict[str, Any] = {"clean": codec.manifest["measured"]["accuracy_full"]}
    for code in CODES:
        cells = [one.cell for one in told if one.cell.code == code]
        measured |= {
            "snr_db": [cell.snr_db for cell in cells],
            "nodes": [float(cell.nodes) for cell in cells],
            "n": cells[0].n,
            code: [cell.accuracy for cell in cells],
            f"{code}: bits": [cell.bits for cell in cells],
            f"{code}: calibration error": [cell.calibration_error for cell in cells],
        }
    return {**measured, **_pairs(told)}


def _with_tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as records take them: JSON has lists only."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _pairs(told: list[Told]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for ours, rival in PAIRS:
        in_cells = compared(told, ours, rival)
        found[f"{ours} - {rival}"] = [one.difference for one in in_cells]
        found[f"{ours} - {rival}: p"] = [one.p_holm for one in in_cells]
    return found


def stands(arm: str, ours: str, rival: str, snr_db: tuple[float, float] = (-np.inf, np.inf)) -> Rule:
    """Expect `ours` to be worse than `rival` in no cell of an arm, of those in a range of SNRs, and better in some.

    A cell's difference counts where the paired test, corrected over all cells, is below 5 %. It is refuted where `ours`
    is worse somewhere, by any seed, holds where it is better somewhere by each, and is unresolved otherwise.
    """

    def judge(outcome: Outcome) -> Finding:
        difference, p, at = (
            outcome.values(arm, key) for key in (f"{ours} - {rival}", f"{ours} - {rival}: p", "snr_db")
        )
        here = (at[0] >= snr_db[0]) & (at[0] <= snr_db[1])
        better, worse = (((p < SIGNIFICANT) & (sign * difference > 0))[:, here].sum(axis=1) for sign in (1, -1))
        holds = False if worse.any() else True if better.all() else None
        expected = (
            f"{ours} is worse than {rival} in none of {here.sum()} cells of {arm} and better in some "
            f"(better in {better.mean():g}, worse in {worse.mean():g})"
        )
        return Finding(expected, holds, Spread.of(difference[:, here].mean(axis=1)))

    return judge


def arms(sensors: Mapping[str, Any], **recipe: Any) -> dict[str, dict[str, Any]]:
    """A codec trained on clean pictures, as the paper's, and one on noisy ones."""
    asked = {"sensors": {"bits": [4, 13], **sensors}}
    return {
        "clean": {**asked, "recipe": recipe},
        "noisy": {**asked, "recipe": {**recipe, "sensor_noise": [0.0, 24.0]}},
    }
