"""Class by class: recall and bits, what is taken for what, and the mistakes made with most confidence."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from laconic.contract import ClassScore, Mistake

WORST = 24  # mistakes that are shown


def class_scores(
    names: tuple[str, ...],
    labels: Int64[np.ndarray, " n"],
    understood: Int64[np.ndarray, " n"],
    bits: Int64[np.ndarray, " n"],
) -> tuple[ClassScore, ...]:
    """Recall and mean bits of each class; 0 for a class that has no picture."""
    right, present = understood == labels, np.bincount(labels, minlength=len(names))
    recall = np.bincount(labels, right, len(names)) / np.maximum(present, 1)
    mean = np.bincount(labels, bits, len(names)) / np.maximum(present, 1)
    return tuple(
        ClassScore(name, int(n), float(share), float(cost))
        for name, n, share, cost in zip(names, present, recall, mean, strict=True)
    )


def confusion(
    n_classes: int, labels: Int64[np.ndarray, " n"], understood: Int64[np.ndarray, " n"]
) -> Int64[np.ndarray, "classes classes"]:
    """How many pictures of each class (row) were understood as each class (column).

    >>> confusion(2, np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(labels * n_classes + understood, minlength=n_classes**2).reshape(n_classes, n_classes)


def mistakes(
    names: tuple[str, ...], labels: Int64[np.ndarray, " n"], posterior: Float64[np.ndarray, "n classes"]
) -> tuple[Mistake, ...]:
    """The WORST mistakes, the most confident first."""
    understood, confidence = posterior.argmax(axis=1), posterior.max(axis=1)
    wrong = np.flatnonzero(understood != labels)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:WORST]
    return tuple(Mistake(int(row), names[labels[row]], names[understood[row]], float(confidence[row])) for row in order)
