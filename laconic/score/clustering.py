"""How well clusters fit classes that training did not see: clustering accuracy, NMI, ARI, purity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64

from laconic.extras import need
from laconic.score.activity import ScoreError


@dataclass(frozen=True)
class ClusteringScore:
    """Four measures of a partition into clusters against one into classes, each at most 1.

    `accuracy` lets a cluster stand for one class and a class for one cluster (Hungarian assignment, as papers on deep
    clustering have it). `purity` lets several clusters stand for the same class: it's what naming each cluster by its
    most frequent class would reach, the fair measure of more clusters than classes, and grows with their number.
    `nmi` is the mutual information over the arithmetic mean of the entropies; `ari` the Rand index over chance.
    """

    accuracy: float
    purity: float
    nmi: float
    ari: float


def score_clustering(clusters: Int[np.ndarray, " n"], labels: Int[np.ndarray, " m"]) -> ClusteringScore:
    """Compare clusters with classes; the numbers of either may be permuted and mean nothing.

    >>> score_clustering(np.array([2, 2, 0, 0]), np.array([0, 0, 1, 1])).accuracy
    1.0

    Raises:
        ScoreError: there is no picture, or not one cluster and one label for each.
    """
    if len(clusters) != len(labels) or not len(labels):
        raise ScoreError(f"a cluster and a label for each picture wanted, got {len(clusters)} and {len(labels)}")
    counts = contingency(clusters, labels)
    matched = counts[need("scipy.optimize", "data").linear_sum_assignment(counts, maximize=True)].sum()
    metrics = need("sklearn.metrics", "data")
    return ClusteringScore(
        accuracy=float(matched / len(labels)),
        purity=float(counts.max(axis=1).sum() / len(labels)),
        nmi=float(metrics.normalized_mutual_info_score(labels, clusters)),
        ari=float(metrics.adjusted_rand_score(labels, clusters)),
    )


def contingency(
    clusters: Int[np.ndarray, " n"], labels: Int[np.ndarray, " n"]
) -> Int64[np.ndarray, "clusters classes"]:
    """How many pictures of each class lie in each cluster; numbers that never occur have no row or column.

    >>> contingency(np.array([7, 7, 3]), np.array([0, 1, 1])).tolist()
    [[0, 1], [1, 1]]
    """
    found, rows = np.unique(clusters, return_inverse=True)
    classes, columns = np.unique(labels, return_inverse=True)
    counts = np.zeros((len(found), len(classes)), np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts
