"""Which pictures may be said, so that the error among them is bounded: thresholds with a finite-sample guarantee.

A picture is *said* where its score reaches a threshold t; the others are sent. The selective risk

    R(t) = P(understood != true | score >= t)

is to be at most `max_error` with probability `confidence` over the draw of the calibration pictures. Thresholds
t_1 > t_2 > ... are fixed on other pictures and tested one after another, up to the first failure:

    p_j = P(Binomial(said at t_j, max_error) <= errors at t_j)  <=  1 - confidence.

Given how many pictures are said at t_j, their errors are Binomial(said, R(t_j)): for every such number, so also over
its own chance, a t_j with R(t_j) > max_error passes with probability at most 1 - confidence. To end at any such
threshold, the *first* of them in the sequence must pass: so all tests together err no more often than one does,
and nothing is lost by their being many (fixed-sequence testing: Angelopoulos et al., "Learn then Test", 2021,
Section 3; selective risk with a binomial bound: Geifman and El-Yaniv, "Selective Classification for Deep Neural
Networks", 2017, where Bonferroni is paid instead).

The sequence starts where the other pictures make a pass likeliest, not at the strictest threshold, where too few
pictures are said for any test (the order of "Pareto Testing", Laufer-Goldshtein et al., 2023). Whatever else chooses
pictures, such as the limit of a detector of unknown ones, keeps the guarantee if it was fixed before calibration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from laconic.receiver.binomial import CalibrationError, check_fraction, faultless_examples, upper_bound
from laconic.receiver.predictions import Predictions, Tally, one_per_group, tally
from laconic.receiver.sequence import Goal, advice, class_steps, common_step, forecast, threshold_grid


@dataclass(frozen=True)
class ClassGuarantee:
    """One class at the chosen threshold, None where it is never said.

    `errors` of `n_said` pictures said as this class are of another, which leaves a rate up to `error_bound`
    possible; `missed` of its own `n` are said as another class (up to `miss_bound`; at most `max_miss` was asked).
    The bounds are Clopper and Pearson's for this class alone, on the calibration pictures.
    """

    name: str
    threshold: float | None
    n: int
    n_said: int
    errors: int
    error_bound: float
    missed: int
    miss_bound: float
    max_miss: float | None


@dataclass(frozen=True)
class Guarantee:
    """What calibration found; JSON holds it through `dataclasses.asdict`.

    `n` independent pictures (or groups, one picture each) were tested, of which `n_said` (the part `coverage`) are
    said at the thresholds, with `errors`; `error_bound` is Clopper and Pearson's for these. Where not `met`,
    nothing may be said, and `advice` says what was tried last and what would help.
    """

    met: bool
    max_error: float
    confidence: float
    per_class: bool
    grouped: bool
    n: int
    n_said: int
    errors: int
    error_bound: float
    coverage: float
    classes: tuple[ClassGuarantee, ...]
    advice: str = ""

    @property
    def thresholds(self) -> Float64[np.ndarray, " classes"]:
        """The least score at which each class is said; infinite where it never is."""
        return np.array([np.inf if row.threshold is None else row.threshold for row in self.classes])


def calibrate(
    calibration: Predictions,
    tuning: Predictions,
    classes: tuple[str, ...],
    max_error: float,
    confidence: float = 0.95,
    *,
    max_miss: Mapping[str, float] | None = None,
    per_class: bool = False,
    rng: np.random.Generator | None = None,
) -> Guarantee:
    """Thresholds under which the error among said pictures is at most `max_error`, with `confidence`.

    Args:
        calibration: independent pictures that nothing was fitted or chosen on. With groups, one picture of each
            is drawn by `rng`, and the guarantee is on a random picture of a random group.
        tuning: other labelled pictures; they fix the sequence, and may have been used before.
        classes: their names.
        max_error: the largest error allowed among said pictures.
        confidence: how sure that is, over the draw of the calibration pictures.
        max_miss: for some classes, the largest part of their pictures that may be said as something else. A
            further condition at each step: a step that breaks any one of them passes that one's own test with
            probability 1 - confidence at most, so all must pass, at the same level (intersection-union test).
        per_class: hold `max_error` among the pictures said as each class, with a threshold for each; then
            1 - confidence is shared evenly by the classes' sequences and the one for `max_miss` (Bonferroni).
        rng: draws the picture of each group; wanted only where there are groups.

    Raises:
        CalibrationError: limits out of range; an unknown class; calibration pictures that are too few, of one
            class, or the tuning pictures again.
    """
    check_fraction("max_error", max_error)
    check_fraction("confidence", confidence)
    goal = Goal(max_error, confidence, _numbered(max_miss or {}, classes), per_class)
    if len(calibration) == len(tuning) and np.array_equal(calibration.scores, tuning.scores):
        raise CalibrationError("calibration and tuning must be different pictures; these have the same scores")
    grouped = calibration.groups is not None
    if rng is None:
        if grouped or tuning.groups is not None:
            raise CalibrationError("a picture of each group is drawn at random: give rng=np.random.default_rng(seed)")
        rng = np.random.default_rng(0)  # draws nothing
    calibration, tuning = one_per_group(calibration, rng), one_per_group(tuning, rng)
    _check(calibration, tuning, goal, classes)
    grid = threshold_grid(tuning, len(classes), per_class)
    guesses = forecast(tally(tuning, grid), len(calibration) / len(tuning))
    counts = tally(calibration, grid)
    starts, ends = (class_steps if per_class else common_step)(guesses, counts, goal)
    chosen = np.where(ends >= starts, grid[np.maximum(ends, 0), np.arange(len(classes))], np.inf)
    why = "" if np.isfinite(chosen).any() else advice(counts, starts, goal, classes, len(calibration))
    return _record(calibration, chosen, goal, classes, grouped, why)


def _numbered(max_miss: Mapping[str, float], classes: tuple[str, ...]) -> dict[int, float]:
    for name, limit in max_miss.items():
        if name not in classes:
            raise CalibrationError(
                f"max_miss names {name!r}, which is not a class; the classes are {', '.join(classes)}"
            )
        check_fraction(f"max_miss of {name}", limit)
    return {classes.index(name): limit for name, limit in max_miss.items()}


def _check(calibration: Predictions, tuning: Predictions, goal: Goal, classes: tuple[str, ...]) -> None:
    """Refuse pictures from which nothing could be shown, even if no mistake were made."""
    if not len(tuning):
        raise CalibrationError("there are no tuning pictures to fix the sequence of thresholds on")
    least = faultless_examples(goal.max_error, goal.confidence)
    if len(calibration) < least:
        raise CalibrationError(
            f"{len(calibration)} independent calibration pictures can't show an error of at most {goal.max_error:g} "
            f"with {goal.confidence:.0%} confidence: without a single mistake it takes {least}"
        )
    for predictions in (calibration, tuning):
        highest = max(int(predictions.predicted.max()), int(predictions.labels.max()))
        if highest >= len(classes):
            raise CalibrationError(f"class number {highest} came, but there are only {len(classes)} classes")
    if len(np.unique(calibration.labels)) < 2:
        raise CalibrationError("all calibration pictures are of one class: nothing could be confused in them")
    for label, limit in goal.max_miss.items():
        present, least = int((calibration.labels == label).sum()), faultless_examples(limit, goal.confidence)
        if present < least:
            raise CalibrationError(
                f"{present} calibration pictures of {classes[label]} can't show that at most {limit:g} are missed with "
                f"{goal.confidence:.0%} confidence: without a single miss it takes {least}"
            )


def _record(
    calibration: Predictions,
    chosen: Float64[np.ndarray, " classes"],
    goal: Goal,
    classes: tuple[str, ...],
    grouped: bool,
    why: str,
) -> Guarantee:
    found = tally(calibration, chosen[None])
    said, errors = int(found.said.sum()), int(found.errors.sum())
    return Guarantee(
        met=not why,
        max_error=goal.max_error,
        confidence=goal.confidence,
        per_class=goal.per_class,
        grouped=grouped,
        n=len(calibration),
        n_said=said,
        errors=errors,
        error_bound=upper_bound(errors, said, goal.confidence),
        coverage=said / len(calibration),
        classes=tuple(_class_record(found, chosen, goal, label, name) for label, name in enumerate(classes)),
        advice=why,
    )


def _class_record(
    found: Tally, chosen: Float64[np.ndarray, " classes"], goal: Goal, label: int, name: str
) -> ClassGuarantee:
    n, n_said = int(found.present[label]), int(found.said[0, label])
    errors, missed = int(found.errors[0, label]), int(found.missed[0, label])
    return ClassGuarantee(
        name=name,
        threshold=float(chosen[label]) if np.isfinite(chosen[label]) else None,
        n=n,
        n_said=n_said,
        errors=errors,
        error_bound=upper_bound(errors, n_said, goal.confidence),
        missed=missed,
        miss_bound=upper_bound(missed, n, goal.confidence),
        max_miss=goal.max_miss.get(label),
    )
