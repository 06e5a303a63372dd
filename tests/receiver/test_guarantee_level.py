"""The guarantee holds at its level: many calibrations on pictures whose true risk is known in closed form.

A picture's score u is uniform on (0, 1), and it is misunderstood with probability a (1 - u)^m. So at threshold t, with
coverage c = 1 - t, the selective risk is a c^m / (m + 1), and a part a c^(m + 1) / (m + 1) is said wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import config

from laconic.receiver import Guarantee, Predictions, calibrate
from laconic.receiver.predictions import one_per_group
from laconic.score.selective import violations

DRAWS = 400
CLASSES = ("empty", "deer")
A, M = 0.5, 4.0
ORACLE = (0.05 * (M + 1) / A) ** (1 / M)  # the coverage whose risk is 5 %: 0.841


@pytest.fixture(autouse=True)
def shapes_unchecked() -> Iterator[None]:
    """Thousands of calibrations would spend most of their time on it; test_guarantee.py checks shapes."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def draw(n: int, rng: np.random.Generator, rare: float = 0.5, a: tuple[float, float] = (A, A)) -> Predictions:
    """`a[c]` is that of pictures said as class c; `rare` the part of deer among these."""
    scores, predicted = rng.random(n), (rng.random(n) < rare).astype(np.int64)
    wrong = rng.random(n) < np.asarray(a)[predicted] * (1 - scores) ** M
    return Predictions(scores, predicted, np.where(wrong, 1 - predicted, predicted))


def risk(coverage: np.ndarray, a: float = A) -> np.ndarray:
    return a * coverage**M / (M + 1)


def coverages(found: list[Guarantee]) -> np.ndarray:
    """Of each class in each draw; 0 where it is never said."""
    return 1 - np.minimum([guarantee.thresholds for guarantee in found], 1)


@pytest.mark.parametrize("draws", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_the_bound_holds_at_its_level_and_says_nearly_what_an_oracle_would(draws: int) -> None:
    rng = np.random.default_rng(0)
    found = [calibrate(draw(2000, rng), draw(500, rng), CLASSES, 0.05) for _ in range(draws)]
    reached = coverages(found)[:, 0]
    counted = violations(risk(reached), 0.05, 0.95)
    assert counted.held, counted
    assert counted.rate > 0.01  # the level is used, not undershot by a bound that is loose
    assert reached.mean() > ORACLE - 0.08
    bounds = np.array([guarantee.error_bound for guarantee in found])
    assert (bounds <= 0.05 + 1e-12).all()  # the interval and the test are each other's inversion


def test_it_holds_for_each_class_where_that_is_asked() -> None:
    rng = np.random.default_rng(1)
    a = (0.4, 0.7)
    found = [calibrate(draw(2000, rng, a=a), draw(1000, rng, a=a), CLASSES, 0.05, per_class=True) for _ in range(DRAWS)]
    worst = np.maximum(risk(coverages(found)[:, 0], a[0]), risk(coverages(found)[:, 1], a[1]))
    counted = violations(worst, 0.05, 0.95)
    assert counted.held, counted
    oracle = np.array([(0.05 * (M + 1) / x) ** (1 / M) for x in a])
    assert (coverages(found).mean(axis=0) > oracle - 0.12).all()  # half the pictures, at half the level


def test_it_bounds_the_missed_pictures_of_a_rare_class() -> None:
    # Labels first: deer are misunderstood as empty with probability 0.9 (1 - u), empty pictures never. A part
    # 0.45 c^2 of the deer is then missed, and at most 0.045 of all that is said is wrong: that alone never binds.
    rng = np.random.default_rng(2)

    def traps(n: int) -> Predictions:
        scores, labels = rng.random(n), (rng.random(n) < 0.1).astype(np.int64)
        missed = (labels == 1) & (rng.random(n) < 0.9 * (1 - scores))
        return Predictions(scores, np.where(missed, 0, labels), labels)

    found = [calibrate(traps(2000), traps(1000), CLASSES, 0.05, max_miss={"deer": 0.1}) for _ in range(DRAWS)]
    reached = coverages(found)[:, 0]
    counted = violations(0.45 * reached**2, 0.1, 0.95)
    assert counted.held, counted
    assert reached.mean() > (0.1 / 0.45) ** 0.5 - 0.13  # of 0.471; only the 200 deer bear on it
    unlimited = calibrate(traps(2000), traps(1000), CLASSES, 0.05)
    assert 0.45 * (1 - unlimited.thresholds[0]) ** 2 > 0.2  # what the limit is for


def bursts(n_groups: int, rng: np.random.Generator) -> Predictions:
    """Ten pictures a group, all alike: the strongest dependence there is."""
    alone = draw(n_groups, rng)
    rows = np.repeat(np.arange(n_groups), 10)
    return Predictions(alone.scores[rows], alone.predicted[rows], alone.labels[rows], groups=rows)


def test_groups_are_what_counts_where_pictures_depend_on_each_other() -> None:
    rng = np.random.default_rng(3)
    grouped, naive = [], []
    for _ in range(DRAWS):
        calibration, tuning = bursts(300, rng), draw(500, rng)
        grouped.append(calibrate(calibration, tuning, CLASSES, 0.05, rng=rng))
        alone = Predictions(calibration.scores, calibration.predicted, calibration.labels)
        naive.append(calibrate(alone, tuning, CLASSES, 0.05))
    assert violations(risk(coverages(grouped)[:, 0]), 0.05, 0.95).held
    believed = violations(risk(coverages(naive)[:, 0]), 0.05, 0.95)
    assert not believed.held
    assert believed.rate > 0.15  # three times what it claims


def test_one_picture_of_each_group_is_drawn_evenly() -> None:
    rng = np.random.default_rng(4)
    groups = np.array([7, 7, 7, 2])
    predictions = Predictions(np.arange(4.0), np.zeros(4, np.int64), np.zeros(4, np.int64), groups=groups)
    drawn = np.array([one_per_group(predictions, rng).scores for _ in range(3000)])
    assert (drawn[:, 1] == 3).all()
    counts = np.bincount(drawn[:, 0].astype(int), minlength=3)
    assert (np.abs(counts - 1000) < 4 * np.sqrt(3000 * 1 / 3 * 2 / 3)).all()
