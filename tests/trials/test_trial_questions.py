"""Trials of our own: questions that words answer, and messages of a wanted length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from laconic.data import open_source
from laconic.trials.catalogue import TRIALS
from laconic.trials.ours.answers import EXAMPLES, TASKS, _examples, _known, _odd, _similar, answers
from laconic.trials.ours.target_bits import TARGET_BITS, reached
from laconic.trials.ours.tasks import TASKS_TRIAL
from laconic.trials.outcome import Outcome, Run
from laconic.trials.trial import SCALES, Trial

SMALL: dict[str, Any] = {"encoder": "cnnw8", "epochs": 6, "batch_size": 128, "precision": "fp32"}
LABELS = np.array([0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize("trial", [TARGET_BITS, TASKS_TRIAL], ids=lambda trial: trial.name)
def test_they_are_declared_at_every_scale(trial: Trial) -> None:
    assert TRIALS[trial.name] is trial
    assert tuple(trial.scales) == SCALES


def test_ten_runs_are_asked_for() -> None:
    for name in ("reduced", "full"):
        scale = TARGET_BITS.scales[name]
        assert len(scale.arms) * scale.seeds == 10


@pytest.mark.parametrize(("off", "holds"), [(2, True), (3, False)])
def test_eight_of_ten_within_a_tenth_are_enough(off: int, holds: bool) -> None:
    ratios = [1.2] * off + [0.91, 1.09] + [1.0] * (8 - off)
    runs = (Run(f"{i % 5}", i // 5, {"ratio": ratio}, 1.0, {}) for i, ratio in enumerate(ratios))
    finding = TARGET_BITS.rules[0](Outcome(tuple(runs)))
    assert finding.holds is holds
    assert f"({10 - off} are)" in finding.expected


def test_the_last_classes_are_kept_for_later() -> None:
    digits = open_source("digits")
    known = _known(digits, 8)
    assert known.class_names == digits.class_names[:8]
    assert {int(part.labels.max()) for part in known.splits.values()} == {7}
    taught = _examples(digits.split("train"), np.random.default_rng(0))
    assert np.bincount(taught.labels).tolist() == [EXAMPLES] * 10


def test_perfect_likeness_finds_every_odd_one_and_none_finds_a_third() -> None:
    same, rng = (LABELS[:, None] == LABELS).astype(float), np.random.default_rng(0)
    assert _odd(same, LABELS, rng).mean() == 1
    third = _odd(np.zeros((6, 6)), LABELS, rng)
    assert abs(third.mean() - 1 / 3) < 4 * (2 / 9 / len(third)) ** 0.5


def test_similar_pictures_are_counted_without_the_query_itself() -> None:
    same = (LABELS[:, None] == LABELS).astype(float)
    found = _similar(same, np.arange(6), LABELS, np.random.default_rng(0))
    np.testing.assert_allclose(found, 1 / 5)  # one of the five others: fewer than are asked for


def test_every_task_is_answered_from_every_message() -> None:
    asked = {"way": "CL-MS", "recipe": {**SMALL, "sparsity_weight": 0.03}, "n_train": 0}
    found = answers({**asked, "n_new": 2, "super": [0, 1] * 5}, 0, "digits")
    assert {column.key for column in TASKS_TRIAL.columns} <= found.keys()
    for name in ("words", "label", "equal"):
        assert len(np.asarray(found[name])) == len(TASKS)
        assert all(0 <= right <= 100 for right in np.asarray(found[name]))
    assert found["label_bits"] < found["words_bits"]
    assert found["equal_bits"] == pytest.approx(found["words_bits"], rel=0.2)


@pytest.mark.slow
def test_a_run_says_what_was_reached() -> None:
    found = reached({"bits": 6.0, "recipe": SMALL}, 0, "digits")
    assert {column.key for column in TARGET_BITS.columns} <= found.keys()
    assert found["ratio"] == pytest.approx(1, abs=0.2)
