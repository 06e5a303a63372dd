"""Networks trained by label variation alone or by cross-entropy, and their outputs read by others: see `embedding`."""

from __future__ import annotations

import functools
import json

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.encoder.resnet import resnet_18
from laconic.extras import need
from laconic.geometry import GraphRecipe
from laconic.objective import label_variation_loss
from laconic.score.corruption import Classifier as Says
from laconic.score.corruption import CorruptionErrors, corruption_errors
from laconic.trials.lgg.attacked import against
from laconic.trials.lgg.classifying import DEVICE, Classifier, Drawn, Loss, cross_entropy, drawn, outputs, says, train
from laconic.trials.trial import Measured, Parameters


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.embedding.separating`."""
    baseline = _errors(json.dumps({**parameters, "loss": "cross-entropy"}, sort_keys=True), seed, source)["argmax"]
    found: dict[str, float] = {}
    for name, (clean, errors) in _errors(json.dumps({**parameters}, sort_keys=True), seed, source).items():
        found |= {name: clean, f"corrupted_{name}": 100 * errors.mean}
        found |= {f"{key}_{name}": value for key, value in against(errors, baseline[1]).items()}
    return found


class Directions(nn.Linear):
    """A linear layer, of whose outputs only the direction counts: rows of length 1, in float32."""

    def forward(self, features: Float[Tensor, "batch units"]) -> Float[Tensor, "batch outputs"]:
        """The directions."""
        with torch.autocast(features.device.type, enabled=False):
            return nn.functional.normalize(super().forward(features.float()), dim=1)


def trained(parameters: Parameters, seed: int, data: Drawn, head: nn.Module | None = None) -> Classifier:
    """ResNet-18 with `head` (one linear layer to as many outputs as classes), trained by the parameters' loss.

    Of the linear layer's outputs label variation has the directions.
    """
    varied = parameters["loss"] == "label-variation"
    last = Directions if varied else nn.Linear
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = resnet_18(data.channels, data.size, parameters["width"])
        network = Classifier(backbone, head or last(8 * parameters["width"], data.n_classes), data)
    loss = varying(parameters["alpha"], parameters["weight"]) if varied else cross_entropy
    more = {name: parameters[name] for name in ("batch_size", "augment")}
    train(network, data, parameters["phases"], seed, loss=loss, **more)
    return network


def varying(alpha: float, weight: float) -> Loss:
    """Label variation of the outputs' graph: `weight` times the mean of exp(-alpha |x_i - x_j|) between classes."""
    recipe = GraphRecipe("rbf", alpha=alpha)

    def loss(
        network: Classifier, pictures: Float[Tensor, "batch channels height width"], labels: Int64[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        return weight * label_variation_loss(network(pictures), labels, recipe)

    return loss


def nearest(network: Classifier, learnt: Drawn) -> Says:
    """The class of the training picture whose outputs are nearest."""
    bank = outputs(network, learnt.images)

    def classes(images: np.ndarray) -> np.ndarray:
        asked = outputs(network, torch.from_numpy(images).to(DEVICE))
        found: np.ndarray = learnt.labels[torch.cdist(asked, bank).argmin(1)].cpu().numpy()
        return found

    return classes


def by_svm(network: Classifier, learnt: Drawn) -> Says:
    """What an SVM on the outputs says: RBF kernel, C = 1, gamma = 1 / (outputs x their variance)."""
    machine = need("sklearn.svm", "data").SVC()
    machine.fit(outputs(network, learnt.images).cpu().numpy(), learnt.labels.cpu().numpy())

    def classes(images: np.ndarray) -> np.ndarray:
        found: np.ndarray = machine.predict(outputs(network, torch.from_numpy(images).to(DEVICE)).cpu().numpy())
        return found

    return classes


@functools.lru_cache(maxsize=2)  # cross-entropy of a seed, which every arm is compared with, and the arm
def _errors(asked: str, seed: int, source: str) -> dict[str, tuple[float, CorruptionErrors]]:
    """By classifier: its error on clean test pictures in percent, and under corruption."""
    parameters = json.loads(asked)
    learnt, test = (
        drawn(source, split, parameters[n], seed, parameters["size"])
        for split, n in (("train", "n_train"), ("test", "n_test"))
    )
    network = trained(parameters, seed, learnt)
    readers = {"nearest": nearest(network, learnt), "svm": by_svm(network, learnt)}
    if parameters["loss"] == "cross-entropy":
        readers["argmax"] = says(network)
    images, labels = test.images.cpu().numpy(), test.labels.cpu().numpy()
    n = parameters["n_corrupted"] or len(images)
    return {
        name: (
            100 * float((classes(images) != labels).mean()),
            corruption_errors(classes, images[:n], labels[:n], seed=seed),
        )
        for name, classes in readers.items()
    }
