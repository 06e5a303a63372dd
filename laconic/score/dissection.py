"""What a codec loses when units are silenced: one at a time, or one after another; and what excites a unit.

Hua et al., "Classification-Driven DNRL", 2024, Sections IV-F to IV-H. A silenced unit is 0 in every picture; what is
left is said and understood as ever, so under MaxAmp the next strongest unit takes its place in the word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.codec import Speech
from laconic.score.activity import ScoreError, per_class

Read: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Features, float32 [n, units], to the classes understood, int64 [n]: each row by itself."""


def reader(speech: Speech) -> Read:
    """The classes that `speech`'s own receiver understands from what it says of features."""
    return lambda features: speech.posterior(speech.say(features)).argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Dissection:
    """How many pictures of each class were named right, with all units and with each one silenced.

    `pictures` and `right` count over the classes, `right_without[unit]` with that unit silenced.
    """

    pictures: Int64[np.ndarray, " classes"]
    right: Int64[np.ndarray, " classes"]
    right_without: Int64[np.ndarray, "units classes"]

    @property
    def accuracy(self) -> float:
        """With all units, in parts of 1."""
        return float(self.right.sum() / self.pictures.sum())

    @property
    def accuracy_without(self) -> Float64[np.ndarray, " units"]:
        """With each unit silenced, in parts of 1."""
        return np.asarray(self.right_without.sum(axis=1) / self.pictures.sum())

    @property
    def recall_without(self) -> Float64[np.ndarray, "units classes"]:
        """Each class's recall with each unit silenced, the paper's index-accuracy matrix (Fig. 7); NaN as in damage."""
        return per_class(self.right_without.astype(np.float64), self.pictures)

    @property
    def damage(self) -> Float64[np.ndarray, "units classes"]:
        """How far each class's recall falls when a unit is silenced, below 0 where it rises.

        It is NaN for a class without pictures.
        """
        return per_class((self.right - self.right_without).astype(np.float64), self.pictures)


def dissect(
    read: Read, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"], n_classes: int
) -> Dissection:
    """Silence each unit alone, and count. Only pictures in which it fires are read again: others can't change.

    Raises:
        ScoreError: no picture, or labels that are not one class of 0 to n_classes - 1 for each.
    """
    _check(features, labels, n_classes)
    whole = read(features) == labels
    right = np.bincount(labels[whole], minlength=n_classes)
    without = np.tile(right, (features.shape[1], 1))
    for unit, row in enumerate(without):
        rows = np.flatnonzero(features[:, unit] > 0)
        if len(rows):
            left = features[rows]
            left[:, unit] = 0
            gained = (read(left) == labels[rows]).astype(np.int64) - whole[rows]
            np.add.at(row, labels[rows], gained)
    return Dissection(np.bincount(labels, minlength=n_classes), right, without)


def removal_curve(
    read: Read, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"], order: Sequence[int]
) -> Float64[np.ndarray, " steps"]:
    """Accuracy with the first 0, 1, ... all units of `order` silenced: Fig. 6, whose order the paper doesn't tell.

    `activity.effective_units` gives one: the most active first.

    Raises:
        ScoreError: no picture, not one label for each, or an order with a unit twice or one that is not there.
    """
    _check(features, labels, int(labels.max(initial=0)) + 1)
    if len(set(order)) < len(order) or not set(order) <= set(range(features.shape[1])):
        raise ScoreError(f"an order is of different units from 0 to {features.shape[1] - 1}, not {list(order)}")
    left = features.copy()
    right = read(left) == labels
    curve = [right.mean()]
    for unit in order:
        rows = np.flatnonzero(left[:, unit] > 0)
        left[rows, unit] = 0
        if len(rows):
            right[rows] = read(left[rows]) == labels[rows]
        curve.append(right.mean())
    return np.array(curve, np.float64)


def exciting(features: Float32[np.ndarray, "n units"], unit: int, k: int) -> Int64[np.ndarray, " found"]:
    """The rows of the pictures that excite a unit most, the most first; at most k, and none in which it is silent.

    >>> exciting(np.array([[0.0, 1.0], [2.0, 3.0], [0.5, 0.0]], dtype=np.float32), 0, 3).tolist()
    [1, 2]
    """
    rows = np.argsort(-features[:, unit], kind="stable")[:k]
    found: Int64[np.ndarray, " found"] = rows[features[rows, unit] > 0]
    return found


def _check(features: np.ndarray, labels: np.ndarray, n_classes: int) -> None:
    if not len(features) or len(labels) != len(features):
        raise ScoreError(f"a label for each picture wanted, of one or more: got {len(features)} and {len(labels)}")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ScoreError(f"labels are 0 to {n_classes - 1}, not {labels.min()} to {labels.max()}")
