"""Label variation as the only loss: features of different classes shall not be neighbours.

Lassance, Gripon and Ortega, "Representing Deep Neural Networks Latent Space Geometries with Graphs", 2021, Section 4.2,
after Bontonou et al., "Introducing Graph Smoothness Loss for Training Deep Learning Architectures", 2019.
"""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float, Int
from torch import Tensor

from laconic.geometry import GraphRecipe, label_variation, latent_graph, relative_label_variation

GRAPH = GraphRecipe("rbf")
"""Each picture connected with all others. The paper names neither k nor the kernel's alpha; this choice is ours."""


def label_variation_loss(
    features: Float[Tensor, "batch ..."],
    labels: Int[Tensor, " batch"],
    recipe: GraphRecipe = GRAPH,
    reduction: Literal["mean", "sum"] = "mean",
) -> Float[Tensor, ""]:
    """The label variation of the batch's graph, from features of any dimension: it needs no classifier.

    `sum` is the paper's: tr(V^T L V), which is the sum of weights over ordered pairs of distinct classes. `mean` is
    over the same pairs, so that one learning rate serves every size of batch, and from 0 to 1 where weights are.

    It says nothing about pictures of one class: they may form several clusters. Decide by the nearest neighbour or by
    an SVM on the features.

    Warns:
        OneClassWarning: the batch has only one class; the loss is 0, and so is its gradient.

    Raises:
        GeometryError: what `laconic.geometry.latent_graph` refuses.
    """
    weights = latent_graph(features, recipe, labels).weights
    return label_variation(weights, labels) if reduction == "sum" else relative_label_variation(weights, labels)
