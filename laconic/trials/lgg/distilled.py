"""Teachers, students and what passes from one to the other: behind `distilling`."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from laconic.encoder.resnet import ResNet
from laconic.geometry import recorded_maps
from laconic.objective import distance_distillation, graph_distillation
from laconic.objective.distill import AUTHORS_WEIGHT
from laconic.trials.lgg.classifying import Classifier, Drawn, Loss, cross_entropy, drawn, outputs, train
from laconic.trials.trial import Measured, Parameters

METHODS: dict[str, Callable[..., Tensor]] = {"rkd": distance_distillation, "gkd": graph_distillation}
STAGES = 3


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.distilling.distilling`."""
    asked = functools.partial(_said, seed=seed, source=source)
    (teacher, _), (alone, _) = (asked(_key(parameters, method)) for method in ("teacher", "none"))
    said, n_weights = asked(_key(parameters, parameters["method"]))
    truth = drawn(source, "test", parameters["n_test"], seed).labels
    wrong = teacher != truth
    return {
        "error": _percent(said != truth),
        "gain": _percent(alone != truth) - _percent(said != truth),
        "agreement": _percent(said == teacher),
        "agreement_where_wrong": _percent((said == teacher)[wrong]) if bool(wrong.any()) else 100.0,
        "params": n_weights,
    }


def student_loss(teacher: Classifier, method: str, depth: int) -> Loss:
    """Cross-entropy and a distillation loss of three pairs of layers, each at the authors' weight.

    The layers are the outputs of the three stages, the last after its mean over the map.
    """
    compare = METHODS[method]
    layers = [f"body.backbone.blocks.{depth - 1}", f"body.backbone.blocks.{2 * depth - 1}", "body.pool"]

    def loss(
        network: Classifier, pictures: Float[Tensor, "batch channels height width"], labels: Int64[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        teacher.bf16 = network.bf16
        with torch.no_grad(), recorded_maps(teacher, layers) as told:
            teacher(pictures)
        teacher.bf16 = False
        with recorded_maps(network, layers) as heard:
            said = network(pictures)
        return F.cross_entropy(said, labels) + compare(heard, told, weights=[AUTHORS_WEIGHT] * STAGES)

    return loss


def _key(parameters: Parameters, method: str) -> str:
    return json.dumps({**parameters, "method": method}, sort_keys=True)


@functools.lru_cache(maxsize=4)
def _said(asked: str, *, seed: int, source: str) -> tuple[Int64[Tensor, " n"], int]:
    """What the arm's network says of each test picture, and the number of its weights."""
    parameters = json.loads(asked)
    network = _network(asked, seed, source)
    test = drawn(source, "test", parameters["n_test"], seed)
    return outputs(network, test.images).argmax(1), sum(weight.numel() for weight in network.parameters())


def _network(asked: str, seed: int, source: str) -> Classifier:
    """The arm's network, trained; of a student also its teacher."""
    parameters = json.loads(asked)
    if parameters["method"] == "teacher":
        return _teacher(asked, seed, source)
    data = drawn(source, "train", parameters["n_train"], seed)
    loss: Loss = cross_entropy
    if parameters["method"] != "none":
        loss = student_loss(
            _teacher(_key(parameters, "teacher"), seed, source), parameters["method"], parameters["depth"]
        )
    return _trained(parameters, parameters["width"], seed, data, loss)


@functools.lru_cache(maxsize=1)  # the arms of a seed share it
def _teacher(asked: str, seed: int, source: str) -> Classifier:
    parameters = json.loads(asked)
    data = drawn(source, "train", parameters["n_train"], seed)
    return _trained(parameters, parameters["teacher_width"], seed, data, cross_entropy)


def _trained(parameters: Parameters, width: int, seed: int, data: Drawn, loss: Loss) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = ResNet(data.channels, data.size, width, (parameters["depth"],) * STAGES)
        network = Classifier(backbone, nn.Linear(width << (STAGES - 1), data.n_classes), data)
    phases, more = parameters["phases"], {name: parameters[name] for name in ("batch_size", "augment")}
    train(network, data, phases, seed, loss=loss, **more)
    return network


def _percent(these: Tensor) -> float:
    return 100 * float(these.double().mean())
