"""Calibration on cases small enough to count by hand, its naive counterpart, and each named error."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from laconic.receiver import CalibrationError, Predictions, calibrate
from laconic.receiver.predictions import tally
from laconic.receiver.sequence import fixed_sequence, threshold_grid

CLASSES = ("empty", "deer")


def predictions(n: int, seed: int = 0, wrong_below: float = 0.0) -> Predictions:
    """Scores evenly over (0, 1); every second picture whose score is below `wrong_below` is misunderstood."""
    scores = (np.random.default_rng(seed).permutation(n) + 0.5 + 0.1 * seed) / n
    labels = np.arange(n) % 2
    wrong = (scores < wrong_below) & (np.arange(n) % 4 < 2)
    return Predictions(scores, np.where(wrong, 1 - labels, labels), labels)


def test_without_a_mistake_everything_is_said() -> None:
    found = calibrate(predictions(200), predictions(100, seed=1), CLASSES, 0.05)
    assert found.met
    assert found.advice == ""
    assert (found.errors, found.n, found.n_said) == (0, 200, 199)  # below the least tuning score nothing is shown
    assert found.error_bound == pytest.approx(1 - 0.05 ** (1 / 199))
    assert [row.n for row in found.classes] == [100, 100]


def test_the_threshold_is_the_last_of_the_sequence_that_the_naive_test_passes() -> None:
    calibration, tuning = predictions(1000, 0, 0.4), predictions(400, 1, 0.4)
    found = calibrate(calibration, tuning, CLASSES, 0.05)
    wrong = calibration.predicted != calibration.labels

    def p_value(threshold: float) -> float:
        said = calibration.scores >= threshold
        return float(stats.binom.cdf(wrong[said].sum(), said.sum(), 0.05))

    grid = np.unique(np.quantile(tuning.scores, np.arange(200) / 200, method="higher"))[::-1]
    passing = [t for t in grid if p_value(t) <= 0.05]
    assert found.thresholds.tolist() == [min(passing)] * 2  # here risk only rises, so that none fails in between
    said = calibration.scores >= min(passing)
    assert (found.n_said, found.errors) == (said.sum(), wrong[said].sum())
    assert found.coverage == found.n_said / 1000


def test_what_comes_after_a_failure_is_not_looked_at() -> None:
    assert fixed_sequence(np.array([0.2, 0.0]), 0.05) == 0
    assert fixed_sequence(np.array([0.0, 0.05, 0.0]), 0.05) == 3
    assert fixed_sequence(np.zeros(0), 0.05) == 0


@given(seed=st.integers(0, 2**32), n=st.integers(0, 60))
def test_tallies_are_naive_counts(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 8, n) / 8  # many equal ones
    labels = rng.integers(-1, 3, n)
    case = Predictions(scores, rng.integers(0, 3, n), labels, rng.random(n) < 0.8)
    grid = -np.sort(-rng.integers(0, 8, (5, 3)) / 8, axis=0)
    grid[0, 1] = np.inf
    counts = tally(case, grid)
    for step, row in enumerate(grid):
        said = (case.scores >= row[case.predicted]) & case.may_be_said
        wrong = said & (case.predicted != labels)
        for label in range(3):
            assert counts.said[step, label] == (said & (case.predicted == label)).sum()
            assert counts.errors[step, label] == (wrong & (case.predicted == label)).sum()
            assert counts.missed[step, label] == (wrong & (labels == label)).sum()
    assert counts.present.tolist() == [(labels == label).sum() for label in range(3)]


def test_the_grid_says_even_parts_of_the_tuning_pictures() -> None:
    tuning = predictions(1000)
    said = tally(tuning, threshold_grid(tuning, 2, steps=10)).said.sum(axis=1)
    assert said.tolist() == [100 * i for i in range(1, 11)]
    own = tally(tuning, threshold_grid(tuning, 3, per_class=True, steps=10)).said
    assert own[:, 0].tolist() == own[:, 1].tolist() == [50 * i for i in range(1, 11)]
    assert np.isinf(threshold_grid(tuning, 3, per_class=True)[:, 2]).all()


def test_what_is_not_known_is_never_said_and_pictures_of_no_class_are_always_wrong() -> None:
    calibration = predictions(300)
    strangers = np.arange(300) % 10 == 0
    alien = Predictions(calibration.scores, calibration.predicted, np.where(strangers, -1, calibration.labels))
    assert not calibrate(alien, predictions(100, 1), CLASSES, 0.05).met
    detected = dataclasses.replace(alien, known=~strangers)
    assert calibrate(detected, predictions(100, 1), CLASSES, 0.05).errors == 0


def test_each_class_has_its_own_threshold_and_a_hopeless_one_is_never_said() -> None:
    def sure_of_empty(seed: int) -> Predictions:
        case = predictions(600, seed)
        return Predictions(case.scores, case.predicted, np.where(np.arange(600) % 6 == 1, 0, case.labels))

    found = calibrate(sure_of_empty(0), sure_of_empty(1), CLASSES, 0.05, per_class=True)
    empty, deer = found.classes
    assert found.met
    assert empty.errors == 0
    assert empty.threshold is not None
    assert (deer.threshold, deer.n_said) == (None, 0)
    assert found.thresholds[1] == np.inf


def rare(seed: int, n: int = 4000) -> Predictions:
    """97 % empty; deer are only recognised where the score is above a half."""
    rng = np.random.default_rng(seed)
    scores, labels = rng.random(n), (np.arange(n) % 100 < 3).astype(np.int64)
    return Predictions(scores, np.where(scores > 0.5, labels, 0), labels)


@pytest.mark.parametrize("per_class", [False, True])
def test_always_saying_empty_meets_the_error_but_not_the_missed_deer(per_class: bool) -> None:
    assert calibrate(rare(0), rare(1), CLASSES, 0.05).classes[1].missed > 40
    found = calibrate(rare(0), rare(1), CLASSES, 0.05, max_miss={"deer": 0.1}, per_class=per_class)
    empty, deer = found.classes
    assert found.met
    assert deer.max_miss == 0.1
    assert empty.max_miss is None
    assert deer.miss_bound <= 0.1
    assert deer.missed <= 6  # P(Binomial(120, 0.1) <= 6) = 0.04
    assert empty.n_said > 1500


def test_the_record_is_json() -> None:
    found = calibrate(predictions(200), predictions(100, 1), CLASSES, 0.05, per_class=True)
    assert json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))["classes"][1]["name"] == "deer"


def test_the_same_seed_draws_the_same_picture_of_each_group() -> None:
    case = dataclasses.replace(predictions(900, 0, 0.3), groups=np.arange(900) // 3)
    found = [
        calibrate(case, predictions(100, 1, 0.3), CLASSES, 0.05, rng=np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
    assert (found[0].n, found[0].grouped) == (300, True)


def test_where_no_threshold_will_do_it_says_how_many_more_examples_would() -> None:
    # 100 pictures, of which 40 are surely right; 59 would show it
    few = dataclasses.replace(predictions(100), known=np.arange(100) < 40)
    found = calibrate(few, dataclasses.replace(predictions(200, 1), known=np.arange(200) < 80), CLASSES, 0.05)
    assert not found.met
    assert (found.n_said, found.error_bound, found.coverage) == (0, 1.0, 0.0)
    assert np.isinf(found.thresholds).all()
    seen = "0 of 40 pictures surely said are misunderstood, where at most 0.05 is allowed"
    assert found.advice == f"{seen}: at this rate it takes 59, about 48 more examples"


def test_where_no_number_of_examples_will_do_it_says_that() -> None:
    found = calibrate(predictions(400, 0, 1.0), predictions(300, 1, 1.0), CLASSES, 0.05)
    assert found.advice.endswith("at this rate no number of examples will do; train a better encoder or allow more")
    none = dataclasses.replace(predictions(100), known=np.zeros(100, bool))
    assert calibrate(none, predictions(90, 1), CLASSES, 0.05).advice == (
        "none of the 100 calibration pictures is surely said: calibrate on pictures like those of training"
    )


def test_advice_names_the_condition_or_the_class_that_failed() -> None:
    calibration = rare(0, 1200)
    always = dataclasses.replace(calibration, scores=1 - calibration.scores)  # the surest are the worst
    missed = calibrate(always, rare(1), CLASSES, 0.05, max_miss={"deer": 0.1})
    assert "of 36 pictures of deer are misunderstood, where at most 0.1 is allowed" in missed.advice
    own = calibrate(predictions(400, 0, 1.0), predictions(300, 1, 1.0), CLASSES, 0.05, per_class=True)
    assert "pictures surely said as" in own.advice


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"max_error": 0.0}, r"max_error is a fraction between 0 and 1, such as 0\.05, not 0\.0"),
        ({"max_error": 5.0}, r"max_error is a fraction between 0 and 1, such as 0\.05, not 5\.0"),
        ({"confidence": 1.0}, r"confidence is a fraction between 0 and 1, such as 0\.05, not 1\.0"),
        ({"max_miss": {"dear": 0.1}}, "max_miss names 'dear', which is not a class; the classes are empty, deer"),
        ({"max_miss": {"deer": 1.5}}, "max_miss of deer is a fraction"),
        (
            {"max_error": 0.02},
            "100 independent calibration pictures can't show .* without a single mistake it takes 149",
        ),
        (
            {"max_miss": {"deer": 0.05}},
            "50 calibration pictures of deer can't show .* without a single miss it takes 59",
        ),
        ({"classes": ("empty",)}, "class number 1 came, but there are only 1 classes"),
        ({"tuning": predictions(100)}, "must be different pictures; these have the same scores"),
        ({"tuning": predictions(0)}, "there are no tuning pictures"),
        (
            {"tuning": Predictions(*[np.arange(3.0), *[np.zeros(3, np.int64)] * 4][:3], groups=np.arange(3))},
            "give rng=",
        ),
    ],
)
def test_bad_input_is_named(changes: dict, text: str) -> None:
    arguments = {"calibration": predictions(100), "tuning": predictions(50, 1), "classes": CLASSES, "max_error": 0.05}
    with pytest.raises(CalibrationError, match=text):
        calibrate(**{**arguments, **changes})


def test_one_class_alone_is_refused() -> None:
    alone = Predictions(np.linspace(0, 1, 80), np.zeros(80, np.int64), np.zeros(80, np.int64))
    with pytest.raises(CalibrationError, match="all calibration pictures are of one class"):
        calibrate(alone, predictions(50), CLASSES, 0.05)


def test_predictions_that_contradict_themselves_are_refused() -> None:
    zeros = np.zeros(3, np.int64)
    with pytest.raises(CalibrationError, match=r"groups wanted, got \[3, 3, 3, 2\]"):
        Predictions(np.zeros(3), zeros, zeros, np.ones(2, bool))
    with pytest.raises(CalibrationError, match="finite scores wanted, 1 are not"):
        Predictions(np.array([0.0, np.nan, 1.0]), zeros, zeros)
    with pytest.raises(CalibrationError, match="classes count from 0"):
        Predictions(np.zeros(3), zeros - 1, zeros)
