"""Dividing rows in two, class by class and no group on both sides; and weights for rare classes."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Float64, Int64, UInt64

from laconic.data.split import SourceError

# What is held out where a source brings no test split of its own.
HOLD_OUT = 0.2


def hold_out(
    labels: Int64[np.ndarray, " n"],
    groups: Int64[np.ndarray, " n"] | None,
    fraction: float,
    rng: np.random.Generator,
) -> tuple[Int64[np.ndarray, " train"], Int64[np.ndarray, " held"]]:
    """The rows to train on and those held out, ascending; stratified, and no group stands on both sides.

    Without groups, round(fraction * n) rows are held out and each class gives its share to within one row,
    except that a class of one row stays in training and one of two rows or more stands on both sides. A group
    counts to the class of most of its rows and moves as a whole: shares are met as nearly as groups allow.

    Raises:
        SourceError: `fraction` is not between 0 and 1.
    """
    return divide(labels, groups, fraction, rng.integers(0, 2**64, len(labels), np.uint64))


def divide(
    labels: Int64[np.ndarray, " n"],
    groups: Int64[np.ndarray, " n"] | None,
    fraction: float,
    keys: UInt64[np.ndarray, " n"],
) -> tuple[Int64[np.ndarray, " train"], Int64[np.ndarray, " held"]]:
    """As `hold_out`, where the rows (or groups) of the lowest keys are held out.

    With keys hashed from the pictures, a picture keeps its side when others are added, but for the few
    at the edge.
    """
    if not 0 < fraction < 1:
        raise SourceError(f"cannot hold out a fraction of {fraction}: wanted more than 0 and less than 1")
    own = np.arange(len(labels))
    units, first, unit_of_row, sizes = np.unique(
        own if groups is None else groups, return_index=True, return_inverse=True, return_counts=True
    )
    unit_keys = np.full(len(units), np.iinfo(np.uint64).max)
    np.minimum.at(unit_keys, unit_of_row, keys)
    unit_labels = labels[first] if groups is None else _majority(unit_of_row, labels)
    quotas = _quotas(labels, fraction)
    held = np.zeros(len(units), bool)
    for label, quota in quotas.items():
        members = np.flatnonzero(unit_labels == label)
        members = members[np.argsort(unit_keys[members], kind="stable")]
        held[members[_fill(sizes[members], quota)]] = True
    return np.flatnonzero(~held[unit_of_row]), np.flatnonzero(held[unit_of_row])


def content_key(content: bytes) -> int:
    """64 bits of hash, to divide by."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def class_weights(labels: Int64[np.ndarray, " n"], n_classes: int) -> Float64[np.ndarray, " classes"]:
    """The weight of each class, inverse to how often it occurs, with a mean of 1 over the samples.

    >>> class_weights(np.array([0, 0, 0, 1]), 2)
    array([0.66666667, 2.        ])

    Raises:
        SourceError: a class without samples, or a label outside the classes.
    """
    if len(labels) and not 0 <= labels.min() <= labels.max() < n_classes:
        raise SourceError(f"labels from {labels.min()} to {labels.max()}: wanted 0 to {n_classes - 1}")
    counts = np.bincount(labels, minlength=n_classes)
    if not counts.all():
        raise SourceError(f"class {int(np.argmin(counts))} of {n_classes} has no samples to weigh")
    return np.asarray(len(labels) / (n_classes * counts))


def _majority(unit_of_row: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The most frequent label of each unit; of equals the largest."""
    pairs, counts = np.unique(np.stack([unit_of_row, labels], 1), axis=0, return_counts=True)
    order = np.lexsort([counts, pairs[:, 0]])
    units, labels = pairs[order].T
    last = np.append(units[1:] != units[:-1], True)[: len(units)]  # no units, no last one
    return np.asarray(labels[last])


def _quotas(labels: np.ndarray, fraction: float) -> dict[int, int]:
    """How many rows each class gives, by largest remainder, keeping one and giving one where it has two."""
    classes, counts = np.unique(labels, return_counts=True)
    shares = fraction * counts
    quotas = np.floor(shares).astype(int)
    left = round(fraction * len(labels)) - int(quotas.sum())
    quotas[np.argsort(quotas - shares, kind="stable")[:left]] += 1
    quotas = np.clip(quotas, np.minimum(1, counts - 1), counts - 1)
    return dict(zip(classes.tolist(), quotas.tolist(), strict=True))


def _fill(sizes: np.ndarray, quota: int) -> np.ndarray:
    """Which units to hold out: in order, each that still fits; if none does, the smallest of several."""
    taken = np.zeros(len(sizes), bool)
    total = 0
    for i, size in enumerate(sizes.tolist()):
        if total + size <= quota:
            taken[i] = True
            total += size
    if not taken.any() and len(sizes) > 1:
        taken[np.argmin(sizes)] = True
    return taken
