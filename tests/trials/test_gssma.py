"""Paper 002's trials, and ours on the downlink: what they declare, their curves' summaries, and all of them once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from laconic.trials.gssma import figs_4_to_6
from laconic.trials.gssma.delivered import cells, summary
from laconic.trials.gssma.delivering import delivering
from laconic.trials.gssma.fig_3 import FIG_3
from laconic.trials.gssma.parted import _mean_cosine, _off
from laconic.trials.ours.decoder import DECODER
from laconic.trials.ours.sharing import SHARING
from laconic.trials.results import run_trial
from laconic.trials.trial import SCALES, Trial

DECLARED = (FIG_3, figs_4_to_6.FIG_4, figs_4_to_6.FIG_5, figs_4_to_6.FIG_6, SHARING, DECODER)
TRIALS = {trial.name: trial for trial in DECLARED}
NAMES = list(TRIALS)
PROPOSED = figs_4_to_6.PROPOSED


@pytest.mark.parametrize("name", NAMES)
def test_each_scale_has_what_the_rules_and_the_figure_need(name: str) -> None:
    trial = TRIALS[name]
    assert tuple(trial.scales) == SCALES
    arms = [set(scale.arms) for scale in trial.scales.values()]
    assert arms[0] | {"HEVC-LDPC"} == arms[1] | {"HEVC-LDPC"}
    assert arms[1] == arms[2]


@pytest.mark.parametrize("trial", DECLARED, ids=NAMES)
def test_arms_of_a_trial_send_equally_many_symbols_of_the_same_pictures(trial: Trial) -> None:
    for scale in trial.scales.values():
        told = [
            {key: each[key] for key in ("users", "groups", "symbols", "size", "n_train", "cells")}
            for each in scale.arms.values()
        ]
        assert all(each == told[0] for each in told)


def test_full_scale_is_the_papers() -> None:
    proposed = TRIALS["gssma/fig-4"].scales["full"].arms[PROPOSED]
    assert (proposed["users"], proposed["groups"], 2 * proposed["symbols"]) == (50, 10, 1024)
    assert proposed["recipe"] == {"width": 1.0, "learning_rate": 1e-4, "epochs": 1000}


def test_channels_and_decoders_are_compared_with_the_figures_own_runs() -> None:
    for scale in SCALES:
        arms = {name: TRIALS[name].scales[scale].arms for name in NAMES}
        fig_4, fig_5 = (arms[f"gssma/fig-{n}"][PROPOSED] for n in (4, 5))
        assert arms["gssma/fig-6"][f"{PROPOSED}, AWGN"] == fig_4 == arms["ours/decoder"]["the paper's"]
        assert arms["gssma/fig-6"][f"{PROPOSED}, Rician"] == fig_5 != fig_4


def test_what_a_curve_comes_to() -> None:
    found = summary([0.0, 6.0, 12.0, 15.0, 18.0, 24.0], [5.0, 11.0, 20.0, 21.0, 22.0, 21.5])
    assert found["trained_psnr_db"] == pytest.approx(21)
    assert found["low_psnr_db"] == pytest.approx(8)
    assert found["mean_psnr_db"] == pytest.approx(100.5 / 6)
    assert found["fall_db"] == pytest.approx(0.5)
    assert found["steepest_db"] == pytest.approx(1.5)


def test_unrelated_users_have_the_sources_pictures_and_arms_the_same() -> None:
    arms = TRIALS["gssma/fig-4"].scales["smoke"].arms
    shown = [cells(arms[arm], 0, "digits", "test").cell(0)[0] for arm in (PROPOSED, "JPEG-LDPC")]
    np.testing.assert_array_equal(*shown)
    test = cells(arms[PROPOSED], 0, "digits", "test")
    assert all(any(np.array_equal(one, picture) for picture in test.pictures) for one in shown[0])
    assert len(cells(arms[PROPOSED], 0, "digits", "train").pictures) == 200


def test_angles_of_a_simplex_are_equal_and_those_of_a_line_are_not() -> None:
    corners = torch.eye(5) - 1 / 5
    assert _off(corners[None]) == pytest.approx(0, abs=1e-6)
    assert _mean_cosine(corners[None]) == pytest.approx(-1 / 4)
    alike = torch.ones(2, 5, 3)
    assert _off(alike) == pytest.approx(1.25)
    assert _mean_cosine(alike) == pytest.approx(1)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trials that share runs share a folder."""
    return tmp_path_factory.mktemp("results")


@pytest.mark.parametrize("name", NAMES)
def test_runs_at_smoke_scale(name: str, out: Path) -> None:
    trial = TRIALS[name]
    result = run_trial(trial, out)
    record = json.loads((result.folder / "results.json").read_text())
    assert {run["arm"] for run in record["runs"]} == set(trial.scales["smoke"].arms)
    for run in record["runs"]:
        measured = run["measured"]
        if "psnr_db" in measured:
            assert len(measured["psnr_db"]) == len(measured["snr_db"]) == 2
            assert all(0 < psnr < 60 for psnr in measured["psnr_db"])
        else:
            assert measured["step"][0] == 0
            assert measured["step"][-1] == figs_4_to_6.SMOKE_RECIPE["steps"]
    assert (result.folder / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_repeats_itself() -> None:
    arm = {**TRIALS["gssma/fig-6"].scales["smoke"].arms[PROPOSED], "snr_db": [6, 15], "cells": 1}
    one, again = (delivering(arm, 1, "digits") for _ in range(2))
    assert one == again
    assert one != delivering(arm, 2, "digits")
