"""Paper 004's trials: what they declare, and each measure on one small run."""

from __future__ import annotations

import pytest

from laconic.trials.catalogue import TRIALS
from laconic.trials.contrast import learnt, step_time
from laconic.trials.jaccard import FIG_2, TABLE_1, TABLE_2
from laconic.trials.trial import SCALES, Trial

TINY = {"encoder": "cnnw4", "epochs": 2, "batch_size": 128, "precision": "fp32", "queue": 256}


@pytest.mark.parametrize("trial", [TABLE_1, FIG_2, TABLE_2], ids=lambda trial: trial.name)
def test_each_scale_has_the_control_and_differs_in_size_only(trial: Trial) -> None:
    assert TRIALS[trial.name] is trial
    assert tuple(trial.scales) == SCALES
    arms = [tuple(scale.arms) for scale in trial.scales.values()]
    assert len(set(arms)) == 1
    assert {"SimCLR Jaccard", "SimCLR 2 projectors"} <= set(arms[0])
    for scale in trial.scales.values():
        similarities = {name: arm["recipe"]["similarity"] for name, arm in scale.arms.items()}
        assert all(("Jaccard" in name) == (value == "jaccard") for name, value in similarities.items())


def test_a_run_measures_what_the_tables_show() -> None:
    parameters = {"n_train": 600, "recipe": {"objective": "simclr", "similarity": "jaccard", **TINY}}
    measured = learnt(parameters, 0, "digits")
    assert {column.key for trial in (FIG_2, TABLE_2) for column in trial.columns} <= measured.keys()
    assert len(measured["knn_curve"]) == len(measured["epoch"]) == 2
    assert measured["knn_best"] == max(measured["knn_curve"])
    assert measured["knn"] > 0.2  # chance is 0.1
    assert measured["linear"] > 0.5


def test_a_step_is_timed_against_the_plain_ones() -> None:
    recipe = {"objective": "simclr", "similarity": "two-projectors", **TINY}
    measured = step_time({"recipe": recipe, "rounds": 5}, 0, "digits")
    assert {column.key for column in TABLE_1.columns} == measured.keys()
    assert 0.2 < measured["ratio"] < 5
    assert measured["seconds"] > 0
