"""The simplex of posteriors cut into cells, as many as a budget of bits allows, so that they tell most of the class.

A message that says "p lies in cell w" loses I(class; p) - I(class; w) = E KL(p || q_w), where q_w is the mean of the
cell's posteriors (Banerjee et al., "Clustering with Bregman Divergences", 2005, Section 3). So cells are first made
by k-means with this divergence, within each class's decision region; then merged, two at a time, where a bit of entropy
is bought by the least information (the agglomerative information bottleneck of Slonim and Tishby, 1999, with the
slopes by which Chou, Lookabaugh and Gray prune trees, 1989). The merges have one order, so that every budget has its
cells, and those of a smaller budget are unions of those of a larger one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from laconic.language.huffman import code_lengths

MOST_CELLS = 1024  # before they are merged, in all
MOST_PER_CLASS = 100
LEAST_ROWS = 8  # training rows a cell
ROUNDS = 25  # of k-means
LEAST = 1e-9  # probability that a centre leaves a class


def nearest(
    posterior: Float64[np.ndarray, "batch classes"],
    log_centres: Float32[np.ndarray, "cells classes"],
    owners: Int32[np.ndarray, " cells"],
) -> Int32[np.ndarray, " batch"]:
    """The cell of each row: least KL(p || q) among those that its most probable class owns.

    Classes that own no cell don't count; of equal ones the lowest is taken. The scores are sums in float64 rounded to
    float32: a matrix product's last bits depend on the size of the batch, a row's word must not.
    """
    top = np.where(np.isin(np.arange(posterior.shape[1]), owners), posterior, -1.0).astype(np.float32).argmax(axis=1)
    scores = (posterior @ log_centres.T.astype(np.float64)).astype(np.float32)
    return np.asarray(np.where(owners == top[:, None], scores, -np.inf).argmax(axis=1), np.int32)


def divide(
    posterior: Float64[np.ndarray, "n classes"],
) -> tuple[Float32[np.ndarray, "cells classes"], Int32[np.ndarray, " cells"]]:
    """Fine cells, as log q and the class that owns each: k-means by KL among the rows of each most probable class.

    It starts from rows at evenly spaced quantiles of that class's probability.
    """
    top = posterior.argmax(axis=1)
    owning = np.unique(top)
    most = max(1, min(MOST_PER_CLASS, MOST_CELLS // len(owning)))
    parts = [_k_means(posterior[top == owner], most) for owner in owning]
    owners = np.repeat(owning, [len(part) for part in parts]).astype(np.int32)
    return np.concatenate(parts).astype(np.float32), owners


def _k_means(rows: Float64[np.ndarray, "n classes"], most: int) -> Float64[np.ndarray, "cells classes"]:
    """Of rows with one most probable class, log q of at most `most` cells."""
    n_cells = max(1, min(most, len(rows) // LEAST_ROWS))
    by_confidence = np.argsort(rows.max(axis=1), kind="stable")
    centres = rows[by_confidence[((np.arange(n_cells) + 0.5) / n_cells * len(rows)).astype(np.int64)]]
    at = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        before, at = at, (rows @ np.log(np.maximum(centres, LEAST)).T).argmax(axis=1)
        if np.array_equal(before, at):
            break
        _, at = np.unique(at, return_inverse=True)
        centres = _sums(at, rows) / np.bincount(at)[:, None]
    return np.asarray(np.log(np.maximum(centres, LEAST)))


def merged(
    joint: Float64[np.ndarray, "cells classes"],
    owners: Int32[np.ndarray, " cells"],
    counts: Int64[np.ndarray, " cells"],
    bits: int,
) -> Int32[np.ndarray, " cells"]:
    """The word of each cell: as few merges as bring the mean length of Huffman codewords to `bits`.

    Words are numbered by their most probable class, the surest first. `joint` is P(cell, class) and `counts` how often
    training is in each cell, at least once. Cells of one class are merged before any of two classes are.
    """
    order = merges(joint, owners)

    def after(n: int) -> Int32[np.ndarray, " cells"]:
        word = np.arange(len(joint), dtype=np.int32)
        for kept, gone in order[:n]:
            word[word == gone] = kept
        return np.unique(word, return_inverse=True)[1].astype(np.int32)

    low, high = 0, len(order)  # Huffman's mean length never grows by a merge
    while low < high:
        middle = (low + high) // 2
        if _mean_bits(np.bincount(after(middle), counts)) > bits:
            low = middle + 1
        else:
            high = middle
    return _in_order(after(low), joint)


def _mean_bits(counts: Float64[np.ndarray, " words"]) -> float:
    return float(np.dot(code_lengths(counts.astype(int).tolist()), counts) / counts.sum())


def _in_order(word: Int32[np.ndarray, " cells"], joint: Float64[np.ndarray, "cells classes"]) -> np.ndarray:
    together = _sums(word, joint)
    place = np.lexsort((-together.max(axis=1) / together.sum(axis=1), together.argmax(axis=1)))
    number = np.empty(len(place), dtype=np.int32)
    number[place] = np.arange(len(place))
    return np.asarray(number[word])


def merges(joint: Float64[np.ndarray, "cells classes"], owners: Int32[np.ndarray, " cells"]) -> list[tuple[int, int]]:
    """All merges in order, as (cell kept, cell gone): within owners, then across them, down to one cell."""
    joint, alive = joint.copy(), np.ones(len(joint), dtype=bool)
    found: list[tuple[int, int]] = []
    for together in (owners, np.zeros_like(owners)):
        slopes = np.full((len(joint), len(joint)), np.inf)

        def update(i: int, together: np.ndarray = together, slopes: np.ndarray = slopes) -> None:
            others = alive & (together == together[i])
            others[i] = False
            slopes[i] = slopes[:, i] = np.inf
            slopes[i, others] = slopes[others, i] = _slope(joint[i : i + 1], joint[others])

        for i in np.flatnonzero(alive).tolist():
            update(i)
        while np.isfinite(slopes.min()):
            kept, gone = sorted(divmod(int(slopes.argmin()), len(joint)))
            found.append((kept, gone))
            joint[kept] += joint[gone]
            alive[gone] = False
            slopes[gone] = slopes[:, gone] = np.inf
            update(kept)
    return found


def _slope(
    one: Float64[np.ndarray, "1 classes"], others: Float64[np.ndarray, "n classes"]
) -> Float64[np.ndarray, " n"]:
    """Information lost over entropy saved by merging a cell with each of others."""
    lost = _information(one) + _information(others) - _information(one + others)
    p, r = one.sum(axis=1), others.sum(axis=1)
    return np.asarray(lost / (_x_log_x(p + r) - _x_log_x(p) - _x_log_x(r)))


def _information(joint: Float64[np.ndarray, "cells classes"]) -> Float64[np.ndarray, " cells"]:
    """What a cell adds to I(class; cell), but for the classes' own entropy: sum_c J log J - P log P."""
    return np.asarray(_x_log_x(joint).sum(axis=-1) - _x_log_x(joint.sum(axis=-1)))


def _x_log_x(x: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    return np.asarray(x * np.log(np.maximum(x, np.finfo(np.float64).tiny)))


def _sums(at: np.ndarray, rows: Float64[np.ndarray, "n classes"]) -> Float64[np.ndarray, "groups classes"]:
    """The sum of the rows of each group."""
    sums = np.zeros((int(at.max()) + 1, rows.shape[1]))
    np.add.at(sums, at, rows)
    return sums
