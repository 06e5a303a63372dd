"""Learnable or memorizable: clusters and pictures ranked by confidence (paper 000, Section III-B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from laconic.extras import need
from laconic.score.activity import ScoreError


@dataclass(frozen=True, eq=False)
class Confidence:
    """How sure the clusters are of their pictures; the least sure are memorizable, to be sent and not said.

    A picture belongs to its most probable cluster, `clusters`, with the confidence `by_picture` = max_l P_il. A
    cluster's, `by_cluster`, is the mean over its pictures, 0 where it has none.
    """

    clusters: Int64[np.ndarray, " n"]
    by_picture: Float64[np.ndarray, " n"]
    by_cluster: Float64[np.ndarray, " clusters"]

    @property
    def ranking(self) -> Int64[np.ndarray, " clusters"]:
        """The clusters, the most confident first."""
        return np.argsort(-self.by_cluster, kind="stable")

    @property
    def of_pictures_cluster(self) -> Float64[np.ndarray, " n"]:
        """Each picture's confidence where whole clusters are ranked: its cluster's."""
        found: Float64[np.ndarray, " n"] = self.by_cluster[self.clusters]
        return found


def confidence(probabilities: Float[np.ndarray, "n clusters"]) -> Confidence:
    """Confidence of each picture and cluster, `probabilities` being P_il (or q_il); rows sum to 1.

    >>> confidence(np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])).by_cluster.tolist()
    [0.7, 0.8]
    """
    clusters = probabilities.argmax(axis=1)
    by_picture = probabilities.max(axis=1).astype(np.float64)
    n_clusters = probabilities.shape[1]
    sizes = np.bincount(clusters, minlength=n_clusters)
    by_cluster = np.bincount(clusters, by_picture, minlength=n_clusters) / np.maximum(sizes, 1)
    return Confidence(clusters, by_picture, by_cluster)


def learnable_auroc(score: Float[np.ndarray, " n"], learnable: Bool[np.ndarray, " n"]) -> float:
    """The chance that a learnable picture's confidence is above a memorizable one's; equals count half.

    >>> learnable_auroc(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
    0.75

    Raises:
        ScoreError: there is no picture of one kind.
    """
    if learnable.all() or not learnable.any():
        kinds = int(learnable.sum()), int((~learnable).sum())
        raise ScoreError(f"learnable and memorizable pictures wanted, got {kinds[0]} and {kinds[1]}")
    return float(need("sklearn.metrics", "data").roc_auc_score(learnable, score))
