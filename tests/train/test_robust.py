"""Codecs that withstand noise: what each option adds to the loss or does to the weights, and that it reaches ONNX."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import pytest
import safetensors.numpy
import torch
import torch.nn.functional as F
from power_cut import PowerCut
from torch import Tensor

from laconic.data import Preprocessing, load, open_source
from laconic.encoder import FeatureEncoder, build_backbone
from laconic.encoder.augment import SHIFT
from laconic.encoder.augmix import augmix
from laconic.geometry import LayerError, OneClassWarning, recorded_maps
from laconic.objective import SmoothnessError, jensen_shannon, scale_convolutions, smoothness
from laconic.train import Recipe, fit
from laconic.train.supervised import Logits, Supervised

LABELS = torch.arange(24) % 4
PAIRS = [(i, j) for i in range(24) for j in range(24) if LABELS[i] != LABELS[j]]


def images() -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (24, 8, 8, 1), generator=draw, dtype=torch.uint8)


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def way(encoder: str = "cnnw4", **asked: Any) -> Supervised:
    """A network with the same initial weights whatever is asked."""
    recipe = Recipe(**{"objective": "cross-entropy", "sparsity": "none", "precision": "fp32", **asked})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = FeatureEncoder(build_backbone(encoder, 1, (8, 8)), 1, (8, 8), recipe.mask)
        if recipe.parseval:
            scale_convolutions(network.backbone)
        return Supervised(network, torch.ones(4), recipe, SHIFT, 10, 1)


def loss(module: Supervised, labels: Tensor = LABELS) -> float:
    return float(module.loss(images(), labels, seeded())[0].detach())


def test_label_variation_is_the_whole_loss_and_says_when_a_batch_has_one_class() -> None:
    module = way(objective="label-variation")
    rows = module.projector(module(module.views(images(), seeded(), 1))[0]).detach()
    between = [math.exp(-2 * math.dist(rows[i], rows[j])) for i, j in PAIRS]
    assert loss(module) == pytest.approx(sum(between) / len(between), rel=1e-5)
    with pytest.warns(OneClassWarning, match="all 24 pictures of the batch are of class 0"):
        assert loss(module, 0 * LABELS) == pytest.approx(0, abs=24**2 * torch.finfo(torch.float32).eps)


def test_smooth_adds_the_regulariser_of_the_maps_after_each_relu() -> None:
    module = way(smooth=0.1)
    assert module.layers == (
        "stem.2",
        "stages.0.3",
        "stages.0.6",
        "stages.1.3",
        "stages.1.6",
        "stages.2.3",
        "stages.2.6",
    )
    with recorded_maps(module.encoder.backbone, module.layers) as maps:
        module(module.views(images(), seeded(), 1))
    added = float(smoothness(maps, LABELS, 0.1).detach()) * (100 / 24) ** 3
    assert added > 0
    assert loss(module) - loss(way()) == pytest.approx(added, rel=1e-5)


def test_gamma_means_the_same_in_every_batch_and_the_authors_in_theirs() -> None:
    module, maps = way(smooth=0.1), [torch.rand(25, 7, generator=seeded()), torch.rand(25, 5, generator=seeded())]
    labels = torch.arange(25) % 3
    once, twice, four = (
        float(module._smoothness([each.repeat(n, 1) for each in maps], labels.repeat(n))) for n in (1, 2, 4)
    )
    assert (once, twice) == (pytest.approx(four, rel=1e-4), pytest.approx(four, rel=1e-4))
    assert four == pytest.approx(float(smoothness([each.repeat(4, 1) for each in maps], labels.repeat(4), 0.1)))


def test_pictures_that_leave_a_layer_silent_are_left_out_of_smoothness() -> None:
    module = way(smooth=0.1)
    maps = [torch.rand(24, 3, 2, 2, generator=seeded()), torch.rand(24, 5, generator=seeded())]
    whole = float(module._smoothness([each[2:] for each in maps], LABELS[2:]))
    maps[0][0], maps[1][1] = 0, 0
    assert float(module._smoothness(maps, LABELS)) == pytest.approx(whole, rel=1e-6)
    assert float(module._smoothness([0 * each for each in maps], LABELS)) == 0


def test_a_residual_network_is_smooth_after_each_block() -> None:
    blocks = [name for i in range(3) for name in (f"blocks.{i}", f"blocks.{i}.branch.2")]
    module = way("resnet-8w4", smooth=0.1)
    assert module.layers == ("stem.2", *blocks)
    assert loss(module) > loss(way("resnet-8w4"))


def test_layers_that_are_not_there_are_named_with_those_that_are() -> None:
    with pytest.raises(LayerError, match=r"no layer 'stages.9'; it has stem, stem.0, .*stages.2.6"):
        loss(way(smooth=0.1, smooth_layers=("stem", "stages.9")))
    with pytest.raises(SmoothnessError, match="give the maps of 2 or more, not of 1"):
        loss(way(smooth=0.1, smooth_layers=("stem",)))


@pytest.mark.parametrize("objective", ["joint", "supcon", "label-variation"])
def test_smooth_goes_with_every_labelled_objective(objective: str) -> None:
    assert loss(way(objective=objective, smooth=0.1)) > loss(way(objective=objective))


def test_an_attack_stays_near_and_makes_the_classifier_worse() -> None:
    module = way(adversarial=0.05)
    views = module.views(images(), seeded(), 1)
    attacked = module._attacked(views, LABELS, seeded())
    assert float((attacked - views).abs().max()) <= 0.05 + 1e-6
    assert 0 <= float(attacked.min()) <= float(attacked.max()) <= 1
    logits = Logits(module).eval()
    with torch.no_grad():
        assert float(F.cross_entropy(logits(attacked), LABELS)) > float(F.cross_entropy(logits(views), LABELS))
    module.train()
    assert loss(module) > loss(way())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_consistency_compares_a_view_with_two_mixtures_of_it() -> None:
    module = way(augment="augmix")
    draw = seeded()
    view = SHIFT(module.encoder.pictures(images()), draw)
    three = torch.cat([view, augmix(view, draw), augmix(view, draw)])
    logits = module.classifier(module(three)[0]).chunk(3)
    wanted = F.cross_entropy(logits[0], LABELS) + 12 * jensen_shannon(logits)
    assert loss(module) == pytest.approx(float(wanted.detach()), rel=1e-5)


def test_without_consistency_augmix_is_one_more_augmentation() -> None:
    for asked in ({"consistency": 0.0}, {"objective": "supcon"}, {"views": 2}, {"adversarial": 0.1}):
        module = way(augment="augmix", **asked)
        assert module.recipe.consistency_weight == 0
        draw = seeded()
        mixed = augmix(SHIFT(module.encoder.pictures(images()), draw), draw)
        assert torch.equal(module.views(images(), seeded(), 1), mixed)


def test_parseval_brings_weights_towards_orthogonal_after_each_step() -> None:
    module = way(parseval=True)
    weights = [
        parameter
        for name, parameter in module.named_parameters()
        if parameter.ndim > 1 and name.startswith(("encoder.backbone", "classifier"))
    ]
    assert len(weights) == 8

    def lengths() -> Tensor:
        return torch.cat([torch.linalg.svdvals(weight.detach().flatten(1)) for weight in weights])

    far = (lengths() - 1).abs()
    module.on_train_batch_end(None, None, 0)
    assert bool(((lengths() - 1).abs() < far).all())


class Watched(L.Callback):
    """The features that the network gives when training ends, before anything is baked or exported."""

    def __init__(self, pictures: Tensor) -> None:
        self.pictures = pictures
        self.features = torch.empty(0)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:  # noqa: ARG002
        assert isinstance(pl_module, Supervised)
        assert any("parametrizations" in name for name in pl_module.state_dict())
        with torch.no_grad():
            self.features = pl_module.encoder.eval()(self.pictures)


def test_what_is_exported_is_what_was_trained_and_speaks(tmp_path: Path) -> None:
    """Parseval's scale is baked in, and the hooks of smoothness are gone; label variation alone tells digits apart."""
    shown = load(open_source("digits").split("test").subset(np.arange(40)), Preprocessing(8, 8, color="gray")).images
    watched = Watched(torch.from_numpy(shown))
    recipe = replace(robust(), objective="label-variation", learning_rate=1.0, adversarial=0.0, epochs=3, smooth=1e-5)
    codec = fit("digits", tmp_path / "codec", recipe=recipe, callbacks=[watched])
    assert codec.manifest["measured"]["accuracy_full"] > 0.3  # chance is 0.1
    trained = watched.features.numpy()
    spoken = trained[:, np.any(trained > 0, axis=0)]
    assert spoken.shape[1] >= 4
    features = codec.features(shown)
    matches = [np.isclose(features, column[:, None], rtol=1e-3, atol=1e-5).all(0).any() for column in spoken.T]
    assert all(matches)
    stored = safetensors.numpy.load_file(tmp_path / "codec/weights.safetensors")
    assert not any("parametrizations" in name for name in stored)
    assert codec.manifest["provenance"]["recipe"]["parseval"] is True


def robust() -> Recipe:
    return Recipe(
        encoder="cnnw4",
        precision="fp32",
        epochs=2,
        batch_size=128,
        parseval=True,
        smooth=1e-3,
        smooth_layers=("stem", "stages.0"),
        adversarial=0.03,
        adversarial_steps=1,
    )


@pytest.mark.slow
def test_a_killed_parseval_run_resumes_to_the_same_weights(tmp_path: Path) -> None:
    fit("digits", tmp_path / "whole", recipe=robust())
    with pytest.raises(SystemError, match="power cut"):
        fit("digits", tmp_path / "cut", recipe=robust(), callbacks=[PowerCut(step=6)])
    fit("digits", tmp_path / "cut", recipe=robust(), resume=True)
    whole, cut = (safetensors.numpy.load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "cut"))
    for name, value in whole.items():
        np.testing.assert_array_equal(value, cut[name], err_msg=name)
