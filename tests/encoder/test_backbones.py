"""The built-in backbones: their parameter counts, their maps at any picture size, their names."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from laconic.encoder.features import EncoderError, FeatureEncoder
from laconic.encoder.names import BACKBONES, build_backbone

SMALL = ("cnnw8", "resnet-8", "resnet-18w4", "resnet-50w2")


def n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def forward(backbone: nn.Module, channels: int, size: tuple[int, int], batch: int = 2) -> Tensor:
    with torch.no_grad():
        features: Tensor = backbone.eval()(torch.rand(batch, channels, *size))
    return features


@pytest.mark.parametrize(
    ("name", "parameters"), [("resnet-8", 77_392), ("resnet-18", 11_168_832), ("resnet-50", 23_500_352)]
)
def test_parameters_without_a_classifier(name: str, parameters: int) -> None:
    """ResNet-50's 23.5 million are Table II of paper 001."""
    with torch.device("meta"):
        assert n_parameters(build_backbone(name, 3, (32, 32))) == parameters


def test_parameters_with_the_mask_net() -> None:
    """25.6 million, Table II of paper 001: 2048 x 1024 weights and 1024 biases more."""
    encoder = FeatureEncoder(build_backbone("resnet-50", 3, (32, 32)), 3, (8, 8), mask="vector")
    assert encoder.units == 2048
    assert n_parameters(encoder) == 23_500_352 + 2048 * 1024 + 1024
    assert round(n_parameters(encoder) / 1e6, 1) == 25.6


def test_resnet_50_costs_what_the_paper_says() -> None:
    """2.62 GFLOPs a 32 x 32 picture (Table II) is 1.3 GMACs: a 3x3 first layer without a max-pool."""
    with torch.device("meta"):
        backbone = build_backbone("resnet-50", 3, (32, 32))
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            backbone.eval()(torch.empty(1, 3, 32, 32))
    assert counter.get_total_flops() == pytest.approx(2.62e9, rel=0.02)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(2, 2), (8, 8), (28, 28), (32, 32), (5, 40), (120, 160), (241, 100)])
def test_maps_are_non_negative_and_keep_two_rows_and_columns(name: str, channels: int, size: tuple[int, int]) -> None:
    features = forward(build_backbone(name, channels, size), channels, size)
    assert features.ndim == 4
    assert float(features.min()) >= 0
    assert float(features.max()) > 0
    assert min(features.shape[2:]) >= 2
    assert max(features.shape[2:]) <= 48


@pytest.mark.parametrize(
    ("name", "size", "shape"),
    [
        ("cnn", (32, 32), (256, 4, 4)),
        ("cnnw32", (28, 28), (128, 3, 3)),
        ("cnnw16", (8, 8), (64, 2, 2)),
        ("cnnw16", (120, 160), (64, 3, 5)),
        ("resnet-8", (32, 32), (64, 8, 8)),
        ("resnet-18w16", (32, 32), (128, 4, 4)),
        ("resnet-50w4", (64, 64), (128, 4, 4)),
    ],
)
def test_map_shapes(name: str, size: tuple[int, int], shape: tuple[int, ...]) -> None:
    assert tuple(forward(build_backbone(name, 3, size), 3, size).shape) == (2, *shape)


@pytest.mark.parametrize("name", ["cnnw16", "resnet-8"])
def test_the_cost_of_large_pictures_is_bounded(name: str) -> None:
    """300 times the pixels of CIFAR's cost less than 10 times the operations."""

    def flops(size: tuple[int, int]) -> int:
        with FlopCounterMode(display=False) as counter:
            forward(build_backbone(name, 3, size), 3, size, batch=1)
        return counter.get_total_flops()

    assert flops((480, 640)) < 10 * flops((32, 32))


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_learns(name: str) -> None:
    backbone = build_backbone(name, 3, (16, 16))
    backbone(torch.rand(4, 3, 16, 16)).square().mean().backward()
    idle = [key for key, parameter in backbone.named_parameters() if parameter.grad is None]
    assert not idle
    assert all(bool(parameter.grad.any()) for parameter in backbone.parameters() if parameter.grad is not None)


def test_initialisation_follows_the_seed() -> None:
    def weights(seed: int) -> Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return nn.utils.parameters_to_vector(build_backbone("cnnw8", 1, (8, 8)).parameters())

    state = torch.get_rng_state()
    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["", "cnnw", "cnnw0", "cnn-16", "resnet-19", "resnet18", "cnnw8w8", "CNN", "w8"])
def test_refuses_unknown_names_and_lists_the_known(name: str) -> None:
    with pytest.raises(EncoderError, match=", ".join(BACKBONES) + r", .*package.module:name, not '" + name):
        build_backbone(name, 3, (32, 32))
