"""The whole encoder: mask-net, normalisation, users' own backbones, and its export to ONNX."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from laconic.encoder.features import EncoderError, FeatureEncoder, _check_mask, channel_statistics
from laconic.encoder.mask import MaskNet
from laconic.encoder.names import build_backbone

SIZE = (16, 16)


def encoder(mask: str = "map", name: str = "cnnw8", channels: int = 3) -> FeatureEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        backbone = build_backbone(name, channels, SIZE)
        return FeatureEncoder(backbone, channels, SIZE, mask=mask).requires_grad_(False)


def images(batch: int = 6, channels: int = 3) -> Tensor:
    shape = (batch, *SIZE, channels)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(5))


class Flat(nn.Module):
    """A user's backbone without a map, and with negative outputs."""

    def __init__(self, units: int = 10) -> None:
        super().__init__()
        self.linear = nn.LazyLinear(units)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.linear(pictures.flatten(1))


class Says(nn.Module):
    """A backbone that gives whatever it was made with."""

    def __init__(self, output: object) -> None:
        super().__init__()
        self.output = output

    def forward(self, _: Tensor) -> object:
        return self.output


def test_mask_net_by_hand() -> None:
    net = MaskNet(2)
    with torch.no_grad():
        net.shared.weight.copy_(torch.tensor([[1.0, -2.0]]))
        net.shared.bias.fill_(0.5)
    features = torch.tensor([[[[0.0, 2.0]], [[0.0, 1.0]]], [[[4.0, 0.0]], [[0.0, 6.0]]]])
    # averages (1, 0.5), (2, 3); highest (2, 1), (4, 6)
    assert net(features).tolist() == [[0.5, 0.5], [0.0, 0.0]]


@pytest.mark.parametrize("mask", ["none", "vector", "map"])
def test_features_are_masked_and_non_negative(mask: str) -> None:
    net = encoder(mask).eval()
    pictures = net.pictures(images())
    features, factor = net.features(pictures)
    unmasked, ones = encoder("none").eval().features(pictures)
    assert float(features.min()) >= 0
    assert float(factor.min()) >= 0
    torch.testing.assert_close(features, unmasked * factor)
    assert torch.equal(ones, torch.ones_like(ones))
    assert (mask == "none") == torch.equal(factor, ones)
    assert torch.equal(net(images()), features)


def test_vector_ties_the_halves_of_the_mask_and_map_does_not() -> None:
    """At 1 x 1 average and highest are the same, so paper 001's mask has only units / 2 values."""
    halves = {}
    for mask in ("vector", "map"):
        net = encoder(mask).eval()
        factor = net.features(net.pictures(images(32)))[1]
        halves[mask] = factor.chunk(2, dim=1)
        assert bool(factor.any())
    assert torch.equal(*halves["vector"])
    assert not torch.equal(*halves["map"])


def test_pictures_are_scaled_views_in_channels_last() -> None:
    stored = images()
    pictures = encoder().pictures(stored)
    assert pictures.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(pictures, stored.permute(0, 3, 1, 2) / 255, rtol=0, atol=0)


def test_normalisation_and_its_statistics() -> None:
    stored = images(50, 3)
    stored[..., 2] = 7
    mean, std = channel_statistics(stored)
    values = stored.numpy().reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, values.mean(0))
    np.testing.assert_allclose(std[:2], values.std(0)[:2])
    assert std[2] == 1.0
    net = FeatureEncoder(nn.Flatten(), 3, SIZE, mask="none", mean=mean, std=std)
    features = net(stored).reshape(50, 3, -1)
    expected = ((values - mean) / std).reshape(50, -1, 3).transpose(0, 2, 1)
    np.testing.assert_allclose(features.numpy(), np.maximum(expected, 0), atol=1e-5)


def test_any_module_is_a_backbone() -> None:
    net = FeatureEncoder(Flat(10), 3, SIZE, mask="vector")
    assert net.units == 10
    features = net(images())
    assert features.shape == (6, 10)
    assert bool((features >= 0).all())
    conv = FeatureEncoder(nn.Conv2d(1, 4, 3), 1, SIZE, mask="map")
    assert conv(images(channels=1)).shape == (6, 4)


def test_the_probe_leaves_the_backbone_as_it_was() -> None:
    backbone = build_backbone("cnnw8", 3, SIZE)
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    FeatureEncoder(backbone, 3, SIZE)
    assert backbone.training
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())


def test_weights_are_channels_last_and_stay_so_in_the_map() -> None:
    net = encoder()
    maps: list[Tensor] = []
    net.backbone.register_forward_hook(lambda _module, _inputs, output: maps.append(output))
    net(images())
    assert maps[0].is_contiguous(memory_format=torch.channels_last)


def test_features_are_float32_under_autocast_and_near_those_without() -> None:
    net = encoder().eval()
    expected = net(images())
    with torch.autocast("cpu", torch.bfloat16):
        features, mask = net.features(net.pictures(images()))
    assert features.dtype == mask.dtype == torch.float32
    assert float((features - expected).norm() / expected.norm()) < 0.05


@pytest.mark.parametrize(
    ("output", "came"), [(3, "int"), (torch.zeros(2, 3, 4), r"\[2, 3, 4\]"), (torch.zeros(3, 4), r"\[3, 4\]")]
)
def test_refuses_a_backbone_that_gives_no_features(output: object, came: str) -> None:
    with pytest.raises(EncoderError, match=rf"must give \[batch, units\] .* it gave {came}"):
        FeatureEncoder(Says(output), 3, SIZE)


def test_refuses_a_backbone_that_cannot_take_the_pictures() -> None:
    with pytest.raises(EncoderError, match=r"must take pictures \[batch, 1, 16, 16\] but on them raised RuntimeError"):
        FeatureEncoder(nn.Conv2d(3, 4, 3), 1, SIZE)


@pytest.mark.parametrize(
    ("backbone", "options", "message"),
    [
        (
            Says(torch.ones(2, 4)),
            {"mask": "map"},
            r"mask 'map' pools a map .* choose mask 'vector' or 'none'",
        ),
        (Says(torch.ones(2, 5)), {"mask": "vector"}, "even number of units, the backbone has 5"),
        (Says(torch.ones(2, 4, 1, 1)), {"std": [1.0, 1.0, 0.0]}, "std must be 3 numbers, a std above 0"),
        (Says(torch.ones(2, 4, 1, 1)), {"mean": [1.0]}, r"mean must be 3 numbers.* not \[1.0\]"),
    ],
)
def test_refuses_options_that_do_not_suit(backbone: nn.Module, options: dict, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        FeatureEncoder(backbone, 3, SIZE, **options)


def test_refuses_an_unknown_mask() -> None:
    with pytest.raises(EncoderError, match="mask must be one of none, vector, map, not 'maps'"):
        _check_mask("maps", torch.Size([2, 4]))


@pytest.mark.filterwarnings("ignore")  # the exporter warns of its own deprecations
@pytest.mark.parametrize(("name", "channels"), [("cnnw8", 3), ("resnet-8", 1)])
def test_exports_to_onnx_with_uint8_pictures_and_any_batch(name: str, channels: int) -> None:
    net = encoder("map", name, channels)
    for _ in range(40):  # until batch norm knows the pictures
        net.train()(images(32, channels))
    net.eval()
    program = torch.onnx.export(
        net,
        (images(2, channels),),
        dynamo=True,
        input_names=["images"],
        output_names=["features"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    assert session.get_inputs()[0].type == "tensor(uint8)"
    for batch in (1, 2, 9):
        given = images(batch, channels)
        (features,) = session.run(["features"], {"images": given.numpy()})
        np.testing.assert_allclose(features, net(given).numpy(), rtol=0, atol=1e-4)
        assert features.max() > 0.1
