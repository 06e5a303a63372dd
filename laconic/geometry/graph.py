"""Latent geometry graphs: a batch's pictures as vertices, their likeness in one latent space as edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from laconic.geometry.errors import GeometryError
from laconic.geometry.similarity import Similarity, similarity

Normalise = Literal["none", "last", "first"]
Pairs = Literal["all", "between", "within"]


@dataclass(frozen=True)
class GraphRecipe:
    """How a graph is made of a batch: Lassance, Gripon and Ortega, 2021, Section 3.3, and their code's variants.

    ```
    normalise="last"    similarity -> k nearest -> symmetrise -> D^-1/2 A D^-1/2     the paper's steps 1 to 4
    normalise="first"   similarity -> D^-1/2 A D^-1/2 -> k nearest -> symmetrise     their code for distillation
    normalise="none"    similarity -> k nearest -> symmetrise                        their code for smoothness
    ```

    The orders differ. Normalised first, a picture's neighbours are ranked by similarity over the root of their degree,
    which favours pictures that are like few others, and the cut takes away from a matrix whose highest eigenvalue was
    1. Normalised last, they are ranked by similarity alone, and that eigenvalue is 1 after the cut. Without a cut both
    are the same.

    `neighbours` is k, or None for all. An edge stands if either end is among the other's k nearest. With `loops` a
    picture is also its own neighbour, as in the code for smoothness: its diagonal cancels in the Laplacian, yet takes
    one of the k places, and counts in the degrees by which similarities are normalised. Without, the diagonal is 0.
    `pairs` keeps only edges `between` pictures of two classes, or `within` one, before the k nearest are chosen.
    `similarity` and `alpha` are those of `laconic.geometry.similarity`.

    Raises:
        GeometryError: k below 1, alpha not above 0, or a word that isn't one of those above.
    """

    similarity: Similarity = "auto"
    neighbours: int | None = None
    normalise: Normalise = "none"
    loops: bool = False
    pairs: Pairs = "all"
    alpha: float = 1.0

    def __post_init__(self) -> None:
        for name, words in (("similarity", Similarity), ("normalise", Normalise), ("pairs", Pairs)):
            if getattr(self, name) not in get_args(words):
                raise GeometryError(f"{name} is one of {', '.join(get_args(words))}, not {getattr(self, name)!r}")
        if self.neighbours is not None and self.neighbours < 1:
            raise GeometryError(f"a picture has 1 or more neighbours (None: all others), not {self.neighbours}")
        if not self.alpha > 0:
            raise GeometryError(f"alpha must be above 0, not {self.alpha}")


@dataclass(frozen=True)
class LatentGraph:
    """A batch's graph: symmetric weights A, differentiable in the features, and where its edges are."""

    weights: Float[Tensor, "batch batch"]
    edges: Bool[Tensor, "batch batch"]


def latent_graph(
    features: Float[Tensor, "batch ..."],
    recipe: GraphRecipe,
    labels: Int[Tensor, " batch"] | None = None,
    edges: Bool[Tensor, "batch batch"] | None = None,
) -> LatentGraph:
    """The graph of a batch of features or maps. `edges`, another graph's, take the place of the search for neighbours.

    Which edges stand is no function that could be differentiated; their weights are.

    Raises:
        GeometryError: `neighbours` at or above the batch, `pairs` of classes without labels, cosine of a vector of
            zeros, or degrees below 0 (from cosines of features below 0) that are to be normalised.
    """
    affinity = similarity(features, recipe.similarity, recipe.alpha)
    if not recipe.loops:
        affinity = affinity.masked_fill(torch.eye(len(affinity), dtype=torch.bool, device=affinity.device), 0)
    if recipe.normalise == "first":
        affinity = normalised(affinity)
    if edges is None:
        edges = _edges(affinity.detach(), recipe, labels)
    weights = affinity.masked_fill(~edges, 0)
    return LatentGraph(normalised(weights) if recipe.normalise == "last" else weights, edges)


def normalised(weights: Float[Tensor, "batch batch"]) -> Float[Tensor, "batch batch"]:
    """D^-1/2 A D^-1/2, D being the diagonal of A's row sums. A vertex without edges stays one.

    Raises:
        GeometryError: a degree below 0.
    """
    degrees = weights.sum(1)
    if bool((degrees < 0).any()):
        raise GeometryError(
            f"a degree is {float(degrees.min()):.3g}, which has no square root; normalise similarities that aren't "
            "below 0: cosines of features that aren't, or 'rbf'"
        )
    roots = torch.where(degrees > 0, degrees, 1).rsqrt()
    return weights * roots[:, None] * roots


def _edges(
    affinity: Float[Tensor, "batch batch"], recipe: GraphRecipe, labels: Int[Tensor, " batch"] | None
) -> Bool[Tensor, "batch batch"]:
    allowed = torch.ones_like(affinity, dtype=torch.bool)
    if not recipe.loops:
        allowed.fill_diagonal_(False)
    if recipe.pairs != "all":
        if labels is None:
            raise GeometryError(f"pairs {recipe.pairs!r} need the batch's labels")
        same = labels[:, None] == labels
        allowed &= same if recipe.pairs == "within" else ~same
    if recipe.neighbours is None:
        return allowed
    if recipe.neighbours >= len(affinity):
        raise GeometryError(
            f"{recipe.neighbours} neighbours of each in a batch of {len(affinity)}: there are fewer; lower "
            "`neighbours`, make batches larger (and drop an incomplete last one), or connect all with None"
        )
    nearest = affinity.masked_fill(~allowed, -torch.inf).topk(recipe.neighbours, dim=1).indices
    chosen = torch.zeros_like(allowed).scatter_(1, nearest, True)
    return (chosen | chosen.T) & allowed
