"""What would be said of labelled pictures, and how often that is right at each threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from laconic.receiver.binomial import CalibrationError


@dataclass(frozen=True, eq=False)
class Predictions:
    """Labelled pictures as the node and the receiver see them.

    Args:
        scores: the node's confidence that what would be understood is right; higher is surer.
        predicted: the class that would be understood.
        labels: the true class; -1 for a picture of none of the classes, which is never said rightly.
        known: False where a picture must not be said whatever its score, such as one unlike the training data.
        groups: pictures of one burst or camera share a number; None where each stands for itself.

    Raises:
        CalibrationError: lengths that differ, scores that are not finite, or labels below -1.
    """

    scores: Float64[np.ndarray, " n"]
    predicted: Int64[np.ndarray, " n"]
    labels: Int64[np.ndarray, " n"]
    known: Bool[np.ndarray, " n_known"] | None = None
    groups: Int64[np.ndarray, " n_grouped"] | None = None

    def __post_init__(self) -> None:
        columns = (self.scores, self.predicted, self.labels, self.known, self.groups)
        lengths = [len(column) for column in columns if column is not None]
        if len(set(lengths)) != 1:
            raise CalibrationError(f"as many scores as classes, labels, known and groups wanted, got {lengths}")
        if not np.isfinite(self.scores).all():
            raise CalibrationError(f"finite scores wanted, {np.count_nonzero(~np.isfinite(self.scores))} are not")
        if len(self) and (self.labels.min() < -1 or self.predicted.min() < 0):
            raise CalibrationError("classes count from 0; only a true label may be -1, for none of the classes")

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: slice | np.ndarray) -> Predictions:
        """Some of the pictures (a slice, a mask, or row numbers)."""
        known = None if self.known is None else self.known[rows]
        groups = None if self.groups is None else self.groups[rows]
        return Predictions(self.scores[rows], self.predicted[rows], self.labels[rows], known, groups)

    @property
    def may_be_said(self) -> Bool[np.ndarray, " n"]:
        """`known`, or all True where it was not given."""
        return np.ones(len(self), bool) if self.known is None else self.known


def one_per_group(predictions: Predictions, rng: np.random.Generator) -> Predictions:
    """One picture of each group, drawn evenly; without groups, all of them.

    Pictures of a group depend on each other, groups don't: what is drawn is independent and identically
    distributed again, so that binomial tests hold, for *a random picture of a random group*.
    """
    if predictions.groups is None:
        return predictions
    shuffled = rng.permutation(len(predictions))
    _, first = np.unique(predictions.groups[shuffled], return_index=True)
    return predictions[np.sort(shuffled[first])]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts at each row of a grid of thresholds.

    `said[s, c]` pictures said as class c, of which `errors[s, c]` are of another; `missed[s, c]` pictures of
    class c that are said as another one; `present[c]` all pictures of class c.
    """

    said: Float64[np.ndarray, "steps classes"]
    errors: Float64[np.ndarray, "steps classes"]
    missed: Float64[np.ndarray, "steps classes"]
    present: Float64[np.ndarray, " classes"]


def tally(predictions: Predictions, thresholds: Float64[np.ndarray, "steps classes"]) -> Tally:
    """Count at each row of `thresholds`; a picture is said where its score reaches that of its predicted class.

    Thresholds fall from row to row, so that each picture has a first step at which it is said: one histogram of
    these steps, summed up, counts them all.
    """
    steps, n_classes = thresholds.shape
    first = np.full(len(predictions), steps)
    for label in range(n_classes):
        rows = (predictions.predicted == label) & predictions.may_be_said
        first[rows] = np.searchsorted(-thresholds[:, label], -predictions.scores[rows])

    def count(which: Bool[np.ndarray, " n"], columns: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "steps classes"]:
        rows = which & (first < steps) & (columns >= 0)
        cells = np.bincount(first[rows] * n_classes + columns[rows], minlength=steps * n_classes)
        return np.asarray(cells.reshape(steps, n_classes).cumsum(axis=0), np.float64)

    everything, wrong = np.ones(len(predictions), bool), predictions.predicted != predictions.labels
    present = np.bincount(predictions.labels[predictions.labels >= 0], minlength=n_classes)
    return Tally(
        count(everything, predictions.predicted),
        count(wrong, predictions.predicted),
        count(wrong, predictions.labels),
        present.astype(np.float64),
    )
