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

    `clusters` are the pictures' own, `by_picture` the confidence in each picture. A cluster's, `by_cluster`, is the
    mean over its pictures, 0 where it has none.
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
    """max_l P_il of each picture, whose cluster is that l; `probabilities` are P_il (or q_il), rows sum to 1.

    How sure the network is, which is sure of noise, too, where noise makes a cluster of its own: see `regeneration`.

    >>> confidence(np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])).by_cluster.tolist()
    [0.7, 0.8]
    """
    by_picture = probabilities.max(axis=1).astype(np.float64)
    return _confidence(probabilities.argmax(axis=1), by_picture, probabilities.shape[1])


def mean_pictures(
    pixels: Float[np.ndarray, "n dims"], clusters: Int64[np.ndarray, " n"], n_clusters: int
) -> Float64[np.ndarray, "clusters dims"]:
    """What a cluster's pictures have in common: their mean; zeros where there are none.

    >>> mean_pictures(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([1, 1]), 2).tolist()
    [[0.0, 0.0], [0.5, 1.0]]
    """
    means = np.zeros((n_clusters, pixels.shape[1]))
    for cluster in np.unique(clusters):
        means[cluster] = pixels[clusters == cluster].mean(axis=0, dtype=np.float64)
    return means


def regeneration(
    pixels: Float[np.ndarray, "n dims"],
    clusters: Int64[np.ndarray, " n"],
    means: Float64[np.ndarray, "clusters dims"],
) -> Confidence:
    """How like each picture is to what the receiver would show for its cluster: their correlation, from -1 to 1.

    Learnable is, in paper 000, what the receiver can regenerate from the representation; all that the cluster alone
    lets it show is the cluster's mean picture (`mean_pictures` of training pictures). Brightness and contrast don't
    count, so that noise, alike in both and in nothing else, has none. Constant pictures and means have 0.
    """
    shown, seen = _standardised(means)[clusters], _standardised(pixels.astype(np.float64))
    return _confidence(clusters, np.einsum("nd,nd->n", seen, shown), len(means))


def _confidence(
    clusters: Int64[np.ndarray, " n"], by_picture: Float64[np.ndarray, " n"], n_clusters: int
) -> Confidence:
    sizes = np.bincount(clusters, minlength=n_clusters)
    by_cluster = np.bincount(clusters, by_picture, minlength=n_clusters) / np.maximum(sizes, 1)
    return Confidence(clusters, by_picture, by_cluster)


def _standardised(rows: Float64[np.ndarray, "n dims"]) -> Float64[np.ndarray, "n dims"]:
    """Rows of mean 0 and length 1; a constant row becomes zeros."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    constant = lengths <= 1e-9 * np.maximum(1.0, np.abs(rows).max(axis=1, keepdims=True, initial=0))
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, lengths))


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
