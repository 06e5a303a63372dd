"""A network that separates classes little by little: label variation may not jump from one layer to the next.

Lassance, Gripon and Ortega, "Representing Deep Neural Networks Latent Space Geometries with Graphs", 2021, Section 4.3,
and their "Laplacian Networks: Bounding Indicator Function Smoothness for Neural Networks Robustness", 2021. What small
steps of the input change is bounded where no layer tears neighbours apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from laconic.contract import LaconicError
from laconic.geometry import GraphRecipe, label_indicators, latent_graph, signal_variation

AUTHORS_GRAPH = GraphRecipe("cosine", loops=True)
"""The graph of the authors' code: cosine of all pairs, not normalised. Maps should be >= 0, as after a ReLU."""


class SmoothnessError(LaconicError):
    """Fewer than two layers: there is no step between them to be kept small."""


def smoothness(
    maps: Sequence[Float[Tensor, "batch ..."]],
    labels: Int[Tensor, " batch"],
    gamma: float = 0.01,
    power: int = 2,
    recipe: GraphRecipe = AUTHORS_GRAPH,
) -> Float[Tensor, ""]:
    """gamma^m times the mean over consecutive layers of |s_(l+1) - s_l|, s_l = tr(V^T L_l^m V): add it to the loss.

    `maps` are the layers' outputs in the network's order (see `laconic.geometry.recorded_maps`); `power` is m. The
    paper's equation (9) lacks the power, the mean and gamma^m, which its authors' code has; defaults are the code's.
    s_l is a sum over the batch's pairs and grows with its size: this gamma was chosen for batches of 100.

    Warns:
        OneClassWarning: the batch has only one class; the loss is 0, and so is its gradient.

    Raises:
        SmoothnessError: fewer than two maps.
        GeometryError: a power below 1, or what `laconic.geometry.latent_graph` refuses.
    """
    if len(maps) < 2:
        raise SmoothnessError(f"smoothness is between layers: give the maps of 2 or more, not of {len(maps)}")
    return gamma**power * layer_variations(maps, labels, power, recipe).diff().abs().mean()


def layer_variations(
    maps: Sequence[Float[Tensor, "batch ..."]],
    labels: Int[Tensor, " batch"],
    power: int = 2,
    recipe: GraphRecipe = AUTHORS_GRAPH,
) -> Float[Tensor, " layers"]:
    """s_l = tr(V^T L_l^m V) of each map: the label variation of its graph.

    Warns:
        OneClassWarning: the batch has only one class.

    Raises:
        GeometryError: as `smoothness`.
    """
    indicators = label_indicators(labels)
    graphs = (latent_graph(each, recipe, labels) for each in maps)
    return torch.stack([signal_variation(graph.weights, indicators.to(graph.weights), power) for graph in graphs])
