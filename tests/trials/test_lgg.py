"""Paper 003's trials: what they declare, and each measure on small runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from laconic.encoder.resnet import resnet_8
from laconic.score.activity import ScoreError
from laconic.score.corruption import CorruptionErrors
from laconic.trials.catalogue import TRIALS
from laconic.trials.figures import rendered
from laconic.trials.lgg import planes, table_1, table_2, table_3, table_a1
from laconic.trials.lgg.attacked import against
from laconic.trials.lgg.classifying import Classifier, drawn, outputs, scaled, train
from laconic.trials.lgg.embedded import trained, varying
from laconic.trials.outcome import Outcome, Run
from laconic.trials.trial import SCALES, Trial, TrialError

DECLARED = [trial for name, trial in TRIALS.items() if name.startswith("lgg/")]


@pytest.mark.parametrize("trial", DECLARED, ids=lambda trial: trial.name)
def test_scales_differ_in_size_only(trial: Trial) -> None:
    assert tuple(trial.scales) == SCALES
    assert len({tuple(scale.arms) for scale in trial.scales.values()}) == 1


def test_drawing_follows_the_seed_and_gives_no_more_than_there_are() -> None:
    one, again, other = (drawn("digits", "test", 30, seed) for seed in (0, 0, 1))
    assert torch.equal(one.images, again.images)
    assert not torch.equal(one.images, other.images)
    assert len(drawn("digits", "test", 0, 0).labels) == len(drawn("digits", "test", 10_000, 0).labels) == 500


def test_pictures_are_drawn_at_the_size_that_is_asked_for() -> None:
    own, small = drawn("digits", "test", 30, 0), drawn("digits", "test", 30, 0, "4x6")
    assert (own.size, small.size, small.channels) == ((8, 8), (6, 4), 1)
    assert torch.equal(own.labels, small.labels)


def test_label_variation_is_of_directions_weighted_and_cross_entropy_of_plain_outputs() -> None:
    data = drawn("digits", "train", 12, 0)
    asked = {"loss": "label-variation", "alpha": 0.5, "weight": 10.0, "width": 4, "batch_size": 6, "augment": False}
    network = trained({**asked, "phases": []}, 0, data)
    rows = outputs(network, data.images)
    assert torch.allclose(rows.norm(dim=1), torch.ones(12))
    pairs = [(i, j) for i in range(12) for j in range(12) if data.labels[i] != data.labels[j]]
    mean = sum(math.exp(-0.5 * float((rows[i] - rows[j]).norm())) for i, j in pairs) / len(pairs)
    loss = varying(0.5, 10.0)(network, scaled(data.images), data.labels)
    assert loss.item() == pytest.approx(10 * mean, rel=1e-5)
    plain = trained({**asked, "loss": "cross-entropy", "phases": []}, 0, data)
    assert not torch.allclose(outputs(plain, data.images).norm(dim=1), torch.ones(12))


def test_what_the_body_sees_has_mean_0_and_deviation_1() -> None:
    data = drawn("digits", "train", 200, 0)
    seen = Classifier(resnet_8(1, (8, 8), 4), nn.Linear(16, 10), data).normalised(scaled(data.images))
    assert float(seen.mean()) == pytest.approx(0, abs=1e-4)
    assert float(seen.std()) == pytest.approx(1, abs=1e-3)


def test_training_learns_repeats_and_calls_back() -> None:
    data, calls = drawn("digits", "train", 300, 0), []
    said = []
    for _ in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = Classifier(resnet_8(1, (8, 8), 4), nn.Linear(16, 10), data)
        train(network, data, [(3, 0.1), (1, 0.01)], 0, batch_size=70, after_step=lambda: calls.append(1))
        said.append(outputs(network, data.images))
    assert torch.equal(*said)
    assert len(calls) == 2 * 4 * 4  # 280 of 300 pictures an epoch
    assert float((said[0].argmax(1) == data.labels).double().mean()) > 0.3  # chance is 0.1


def test_fewer_pictures_than_a_batch_are_refused() -> None:
    data = drawn("digits", "train", 20, 0)
    network = Classifier(resnet_8(1, (8, 8), 4), nn.Linear(16, 10), data)
    with pytest.raises(TrialError, match="20 pictures don't fill one batch of 100"):
        train(network, data, [(1, 0.1)], 0)


def errors(clean: float, **found: float) -> CorruptionErrors:
    return CorruptionErrors(clean, {name: (each,) * 5 for name, each in found.items()}, 100, 0)


def test_corruptions_that_do_nothing_to_the_baseline_are_left_out() -> None:
    baseline, ours = errors(0.1, fog=0.3, snow=0.115, frost=0.0), errors(0.2, fog=0.3, snow=0.4, frost=0.1)
    found = against(ours, baseline)
    assert (found["mce_of"], found["relative_of"]) == (2, 1)
    assert found["mce"] == pytest.approx((100 + 100 * 0.4 / 0.115) / 2)
    assert found["relative_mce"] == pytest.approx(100 * 0.1 / 0.2)
    with pytest.raises(ScoreError, match="no corruption harms the baseline"):
        against(ours, errors(0.5, fog=0.5, snow=0.5, frost=0.5))


SMALL = {"n_train": 300, "batch_size": 100, "augment": False, "phases": [[3, 0.1]], "width": 4}


@pytest.mark.parametrize(
    ("trial", "arm", "changes"),
    [
        (table_1.TABLE_1, "GKD", {"depth": 1, "teacher_width": 8, "n_test": 100}),
        (table_1.TABLE_1, "RKD-D", {"depth": 1, "teacher_width": 8, "n_test": 100}),
        (table_2.TABLE_2, "label variation", {"n_test": 50, "n_corrupted": 10}),
        (table_3.TABLE_3, "both", {"n_test": 50, "n_pgd": 5, "n_corrupted": 10}),
        (table_a1.TABLE_A1, "regulariser", {"batch_size": 20, "rounds": 3}),
        (planes.FIG_2, "ResNet-18", {"draws": 3}),
        (planes.FIG_A1, "cross-entropy", {"n_shown": 40}),
    ],
    ids=lambda value: value.name if isinstance(value, Trial) else "",
)
def test_a_run_measures_what_the_table_shows(trial: Trial, arm: str, changes: dict[str, Any]) -> None:
    measured = trial.measure({**trial.scales["smoke"].arms[arm], **SMALL, **changes}, 0, "digits")
    shown = {column.key for column in trial.columns}
    assert shown - {"argmax"} <= measured.keys()  # label variation has no largest output
    assert all(np.isfinite(np.asarray(value, float)).all() for value in measured.values())
    if trial in (planes.FIG_2, planes.FIG_A1):
        outcome = Outcome(
            (Run(arm, 0, {key: np.asarray(of, float).tolist() for key, of in measured.items()}, 1.0, {}),)
        )
        assert trial.figure is not None
        assert rendered(trial.figure, outcome, "a test")["png"].startswith(b"\x89PNG")
