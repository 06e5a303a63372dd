"""Graphs of a trained network's layers, and embeddings in the plane: behind `evolution`."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.extras import need
from laconic.geometry import GraphRecipe, laplacian_eigenmaps, latent_graph, recorded_maps, relative_label_variation
from laconic.trials.lgg.classifying import Classifier, Drawn, drawn, scaled
from laconic.trials.lgg.embedded import trained
from laconic.trials.trial import Measured, Parameters

CLASSES, EACH = 4, 5
GRAPH = GraphRecipe("cosine", neighbours=5)
LAYERS = ["body.backbone.blocks.3", "body.pool"]
PLACES = ("input", "middle", "penultimate")


def separated(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.evolution.separated`."""
    data = drawn(source, "train", parameters["n_train"], seed)
    network = trained({**parameters, "loss": "cross-entropy"}, seed, data)
    rng = np.random.default_rng(seed)
    variations: list[list[float]] = []
    shown: dict[str, Any] = {}
    for _ in range(parameters["draws"]):
        pictures, labels = _few(data, rng)
        graphs = _graphs(network, pictures)
        variations.append([float(relative_label_variation(graph, labels)) for graph in graphs])
        if not shown:
            planes = (_plane(place, graph, labels) for place, graph in zip(PLACES, graphs, strict=True))
            shown = {"label": labels.double().tolist(), **dict(chain.from_iterable(planes))}
    mean = np.mean(variations, axis=0).tolist()
    named = {f"variation_{place}": value for place, value in zip(PLACES, mean, strict=True)}
    return {"variation": mean, "layer": [float(i) for i in range(len(PLACES))], **named, **shown}


def plane(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.evolution.plane`."""
    data = drawn(source, "train", parameters["n_train"], seed)
    shown = Drawn(data.images[: parameters["n_shown"]], data.labels[: parameters["n_shown"]], data.n_classes)
    labels = shown.labels.cpu().numpy()
    before = _embedding(_flat({**parameters, "phases": []}, seed, data), shown)
    after = _embedding(_flat(parameters, seed, data), shown)
    silhouette = need("sklearn.metrics", "data").silhouette_score(after.numpy(), labels)
    ranks = need("scipy.stats", "data").spearmanr(*(nn.functional.pdist(each).numpy() for each in (before, after)))
    points: dict[str, Any] = {
        f"{axis}_{when}": each[:, i].tolist()
        for when, each in (("before", before), ("after", after))
        for i, axis in enumerate("xy")
    }
    return {
        "silhouette": float(silhouette),
        "kept": float(ranks.statistic),
        "label": labels.astype(float).tolist(),
        **points,
    }


def _few(data: Drawn, rng: np.random.Generator) -> tuple[Float[Tensor, "n channels height width"], Int64[Tensor, " n"]]:
    """Five pictures of each of four classes, class by class."""
    labels = data.labels.cpu().numpy()
    classes = rng.choice(data.n_classes, CLASSES, replace=False)
    rows = np.concatenate([rng.choice(np.flatnonzero(labels == each), EACH, replace=False) for each in classes])
    return scaled(data.images[rows]), data.labels[rows]


@torch.no_grad()
def _graphs(network: Classifier, pictures: Float[Tensor, "n channels height width"]) -> list[Float[Tensor, "n n"]]:
    with recorded_maps(network, LAYERS) as maps:
        network(pictures)
    return [latent_graph(each, GRAPH).weights for each in (pictures, *maps)]


def _plane(place: str, weights: Float[Tensor, "n n"], labels: Int64[Tensor, " n"]) -> list[tuple[str, list[float]]]:
    """A graph's points, and the ends of its edges between classes. A little of every pair keeps it in one piece."""
    points = laplacian_eigenmaps(weights + 1e-3)
    ends = torch.triu(weights * (labels[:, None] != labels)).nonzero().cpu().numpy()
    found = [(f"{axis}_{place}", points[:, i].tolist()) for i, axis in enumerate("xy")]
    return [*found, *((f"{end}_{place}", ends[:, i].astype(float).tolist()) for i, end in enumerate(("from", "to")))]


def _flat(parameters: Parameters, seed: int, data: Drawn) -> Classifier:
    """ResNet-18 that ends in two numbers; for cross-entropy a linear layer from them to the classes follows."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = nn.Sequential(nn.Linear(8 * parameters["width"], 2))
        if parameters["loss"] == "cross-entropy":
            head.append(nn.Linear(2, data.n_classes))
    return trained(parameters, seed, data, head)


@torch.no_grad()
def _embedding(network: Classifier, shown: Drawn) -> Float[Tensor, "n 2"]:
    network.eval()
    with recorded_maps(network, ["body.head.0"]) as maps:
        network(scaled(shown.images))
    return maps[0].float().cpu()
