"""A fixed sequence of thresholds, the tests at each, and what would help where none passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from laconic.receiver.binomial import binomial_test, examples_needed
from laconic.receiver.predictions import Predictions, Tally

STEPS = 200  # thresholds in the sequence: fewer waste coverage by their spacing, more gain nothing


@dataclass(frozen=True)
class Goal:
    """What is asked: see `calibrate`, whose arguments these are, with classes as numbers."""

    max_error: float
    confidence: float
    max_miss: Mapping[int, float]
    per_class: bool


def threshold_grid(
    tuning: Predictions, n_classes: int, per_class: bool = False, steps: int = STEPS
) -> Float64[np.ndarray, "steps classes"]:
    """Falling thresholds that say 1/steps, 2/steps, ... of the tuning pictures (of each predicted class).

    A class that tuning never says stays at infinity.
    """
    kept = tuning[tuning.may_be_said]
    if not per_class:
        return np.repeat(_falling(kept.scores, steps)[:, None], n_classes, axis=1)
    return np.stack([_falling(kept.scores[kept.predicted == label], steps) for label in range(n_classes)], axis=1)


def _falling(scores: Float64[np.ndarray, " n"], steps: int) -> Float64[np.ndarray, " steps"]:
    levels = 1 - np.arange(1, steps + 1) / steps
    return np.quantile(scores, levels, method="higher") if len(scores) else np.full(steps, np.inf)


def forecast(counts: Tally, factor: float) -> Tally:
    """What to expect of `factor` times as many pictures; mistakes are rounded up."""
    said, present = np.rint(counts.said * factor), np.rint(counts.present * factor)
    errors, missed = np.ceil(counts.errors * factor), np.ceil(counts.missed * factor)
    return Tally(said, np.minimum(errors, said), np.minimum(missed, present), present)


def fixed_sequence(p_values: Float64[np.ndarray, " steps"], level: float) -> int:
    """How many tests pass before the first that doesn't.

    >>> fixed_sequence(np.array([0.01, 0.05, 0.2, 0.01]), 0.05)
    2
    """
    return int(np.logical_and.accumulate(p_values <= level).sum())


def common_step(
    guesses: Tally, counts: Tally, goal: Goal
) -> tuple[Int64[np.ndarray, " classes"], Int64[np.ndarray, " classes"]]:
    """First and last step of the one sequence for all classes; last < first where none passed."""
    start = _likeliest(_tests(guesses, goal).sum(axis=1))
    passed = fixed_sequence(_tests(counts, goal).max(axis=1)[start:], 1 - goal.confidence)
    n_classes = len(counts.present)
    return np.full(n_classes, start), np.full(n_classes, start + passed - 1)


def class_steps(
    guesses: Tally, counts: Tally, goal: Goal
) -> tuple[Int64[np.ndarray, " classes"], Int64[np.ndarray, " classes"]]:
    """First and last step of each class's own sequence.

    A sequence of its own, in which all classes step together, bounds the misses. What each class ends at is the
    stricter of both: it passed its own test, and with stricter thresholds nothing more is missed.
    """
    n_classes = len(counts.present)
    level = (1 - goal.confidence) / (n_classes + bool(goal.max_miss))
    starts, ends = np.zeros(n_classes, np.int64), np.zeros(n_classes, np.int64)
    guessed = binomial_test(guesses.errors, guesses.said, goal.max_error)
    tested = binomial_test(counts.errors, counts.said, goal.max_error)
    for label in range(n_classes):
        starts[label] = _likeliest(guessed[:, label])
        ends[label] = starts[label] + fixed_sequence(tested[starts[label] :, label], level) - 1
    if goal.max_miss:
        ends = np.minimum(ends, fixed_sequence(_miss_tests(counts, goal).max(axis=1), level) - 1)
    return starts, ends


def _tests(counts: Tally, goal: Goal) -> Float64[np.ndarray, "steps conditions"]:
    """The p-values of each step's conditions; it passes where the largest does."""
    errors = binomial_test(counts.errors.sum(axis=1), counts.said.sum(axis=1), goal.max_error)
    return np.concatenate([errors[:, None], _miss_tests(counts, goal)], axis=1)


def _miss_tests(counts: Tally, goal: Goal) -> Float64[np.ndarray, "steps limited"]:
    """The p-values of each limited class: its missed pictures among all of them."""
    tests = np.zeros((len(counts.missed), len(goal.max_miss)))
    for column, (label, limit) in enumerate(goal.max_miss.items()):
        missed = counts.missed[:, label]
        tests[:, column] = binomial_test(missed, np.full_like(missed, counts.present[label]), limit)
    return tests


def _likeliest(p_values: Float64[np.ndarray, " steps"]) -> int:
    """The step of the least p-value; of equals the last, which says most."""
    return len(p_values) - 1 - int(np.argmin(p_values[::-1]))


def advice(counts: Tally, starts: Int64[np.ndarray, " classes"], goal: Goal, classes: tuple[str, ...], n: int) -> str:
    """Why no threshold passed, by the counts at which the sequence began, and how many more examples would help."""
    what, errors, trials, limit, level = _hardest(counts, starts, goal, classes)
    if not trials:
        return f"none of the {n} calibration pictures is {what}: calibrate on pictures like those of training"
    seen = f"{errors:.0f} of {trials:.0f} pictures {what} are misunderstood, where at most {limit:g} is allowed"
    needed = examples_needed(errors / trials, limit, 1 - level)
    if needed is None:
        return f"{seen}: at this rate no number of examples will do; train a better encoder or allow more"
    more = math.ceil(needed * n / trials) - n
    return f"{seen}: at this rate it takes {needed}, about {more} more examples"


def _hardest(
    counts: Tally, starts: Int64[np.ndarray, " classes"], goal: Goal, classes: tuple[str, ...]
) -> tuple[str, float, float, float, float]:
    """What came nearest to letting a class be said, or kept all from it: words, errors, trials, limit, level."""
    level = 1 - goal.confidence
    if goal.per_class:
        columns = np.arange(len(classes))
        errors, said = counts.errors[starts, columns], counts.said[starts, columns]
        best = int(np.argmin(binomial_test(errors, said, goal.max_error)))
        share = level / (len(classes) + bool(goal.max_miss))
        return f"surely said as {classes[best]}", errors[best], said[best], goal.max_error, share
    start = starts[0]
    conditions = [("surely said", counts.errors[start].sum(), counts.said[start].sum(), goal.max_error)]
    for label, limit in goal.max_miss.items():
        conditions.append((f"of {classes[label]}", counts.missed[start, label], counts.present[label], limit))
    worst = max(conditions, key=lambda c: float(binomial_test(np.array(c[1]), np.array(c[2]), c[3])))
    return *worst, level
