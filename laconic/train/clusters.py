"""Clusters as classes: an unlabelled codec says which cluster a picture belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.receiver import LinearReceiver
from laconic.receiver.centres import spherical_centres
from laconic.score.clustering import score_clustering
from laconic.score.confidence import mean_pictures, regeneration
from laconic.train.batches import Reader
from laconic.train.disentangle import Disentangled
from laconic.train.recipe import RecipeError
from laconic.train.way import Way

TRIES = 4  # of k-means, of which the best counts
LOOKED_AT = 10_000  # training pictures, at most, that clusters' confidence is taken of


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters that training pictures fell into, the most frequent first, and the head that tells them.

    `confidence` is each cluster's: how like its training pictures are to their mean (`regeneration`). Paper 000 takes
    the memory's P instead; by that, planted noise, being all alike, is what one is surest of.
    """

    head: LinearReceiver
    labels: Int64[np.ndarray, " n"]
    confidence: Float64[np.ndarray, " clusters"]

    @property
    def names(self) -> list[str]:
        """What they are called until someone names them."""
        return [f"cluster {i}" for i in range(len(self.head.bias))]

    def measured(
        self, features: Float32[np.ndarray, "test used"], labels: Int64[np.ndarray, " test"], labelled: bool
    ) -> dict[str, Any]:
        """How well clusters fit the classes that training did not see, where the source has any; on the test split."""
        found = self.head.posterior(features).argmax(axis=1)
        share = np.bincount(found, minlength=len(self.head.bias)) / max(1, len(found))
        scores = vars(score_clustering(found, labels)) if labelled else {}
        return {"n": len(found), "clusters": share.tolist(), "confidence": self.confidence.tolist(), **scores}


def find_clusters(
    module: Way, kept: np.ndarray, features: Float32[np.ndarray, "n used"], read: Reader, n: int
) -> Clusters:
    """The clusters of a network trained without labels; those that no training picture falls into are dropped.

    `disentangle` has learnt them (paper 000); after `simclr` and `moco` they are spherical k-means' on the features:
    a picture belongs to the centre of the largest cosine. `kept` are the units that `features` has; `read` gives the
    pictures.

    Raises:
        RecipeError: all fell into one cluster.
    """
    if isinstance(module, Disentangled):
        weight, bias = module.cluster_head()
        head = LinearReceiver(np.ascontiguousarray(weight.numpy()[:, kept]), bias.numpy())
    else:
        centres = spherical_centres(features, n, module.recipe.seed, TRIES)
        head = LinearReceiver(centres, np.zeros(len(centres), np.float32))
    labels = head.posterior(features).argmax(axis=1)
    order = np.argsort(-np.bincount(labels, minlength=len(head.bias)), kind="stable")
    order = order[: len(np.unique(labels))]
    if len(order) == 1:
        raise RecipeError(
            f"all {len(labels)} training pictures fell into one of {n} clusters, and one word says nothing: train "
            "longer (--epochs), or try another --seed"
        )
    places = np.zeros(len(head.bias), np.int64)
    places[order] = np.arange(len(order))
    labels = places[labels]
    head = replace(head, weight=np.ascontiguousarray(head.weight[order]), bias=head.bias[order])
    return Clusters(head, labels, _confidence(labels, read, len(order), module.recipe.seed))


def _confidence(
    labels: Int64[np.ndarray, " n"], read: Reader, n_clusters: int, seed: int
) -> Float64[np.ndarray, " clusters"]:
    rows = np.sort(np.random.default_rng([seed, 4]).permutation(len(labels))[:LOOKED_AT])
    pixels = read(rows.tolist()).reshape(len(rows), -1).astype(np.float32)
    return regeneration(pixels, labels[rows], mean_pictures(pixels, labels[rows], n_clusters)).by_cluster
