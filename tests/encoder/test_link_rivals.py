"""The rivals' networks: their published or stated size, the pictures and lengths that they take, what they see."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from laconic.encoder.deep_jscc import JsccDecoder, JsccEncoder
from laconic.encoder.features import EncoderError
from laconic.encoder.vit import VitDecoder, VitEncoder

CIFAR, REALS = (32, 32), 1024
NARROW = 1 / 32


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def ends(kind: str, length: int, channels: int, size: tuple[int, int], width: float = NARROW) -> list[nn.Module]:
    torch.manual_seed(0)
    if kind == "vit":
        return [VitEncoder(length, channels, size, width), VitDecoder(length, channels, size, width)]
    return [JsccEncoder(length, channels, size), JsccDecoder(length, channels, size)]


def test_the_vit_is_as_large_as_the_papers_network_to_a_tenth() -> None:
    """12 layers of 12 d^2 + 13 d; the paper's network has 23.4 M (test_downlink_encoders.py)."""
    with torch.device("meta"):
        count = sum(weight.numel() for end in ends("vit", REALS, 3, CIFAR, 1.0) for weight in end.parameters())
    d, n = 384, 64
    layers = 12 * (12 * d**2 + 13 * d) + 2 * 2 * d
    at_the_ends = 2 * n * d + (48 * d + d) + (16 * d + 16) + (16 * d + d) + (48 * d + 3)
    assert count == layers + at_the_ends == 21_394_195
    assert abs(count / 23.4e6 - 1) < 0.1


def test_deep_jscc_has_the_layers_of_its_figure() -> None:
    """Five 5 x 5 convolutions each way, and a slope for each PReLU: five at the encoder, four at the decoder."""
    found = [sum(weight.numel() for weight in end.parameters()) for end in ends("deep-jscc", REALS, 3, CIFAR)]
    widths = (3, 16, 32, 32, 32, 16)
    encoder = sum(25 * a * b + b + 1 for a, b in pairwise(widths))
    back = (16, 32, 32, 32, 16, 3)
    decoder = sum(25 * a * b + b + 1 for a, b in pairwise(back)) - 1
    assert found == [encoder, decoder]


@pytest.mark.parametrize("kind", ["vit", "deep-jscc"])
@pytest.mark.parametrize(
    ("channels", "size", "length"), [(1, (8, 8), 32), (3, (16, 24), 48), (3, (32, 32), 1024)], ids=str
)
def test_pictures_of_many_sizes_come_back_at_theirs(
    kind: str, channels: int, size: tuple[int, int], length: int
) -> None:
    encoder, decoder = ends(kind, length, channels, size)
    sent = encoder(torch.rand(2, channels, *size, generator=seeded()))
    assert sent.shape == (2, length)
    shown = decoder(sent)
    assert shown.shape == (2, channels, *size)
    assert 0 < float(shown.detach().min()) < float(shown.detach().max()) < 1
    shown.mean().backward()
    assert [name for end in (encoder, decoder) for name, weight in end.named_parameters() if weight.grad is None] == []


@pytest.mark.parametrize("kind", ["vit", "deep-jscc"])
def test_a_picture_is_coded_without_its_neighbours_in_the_batch(kind: str) -> None:
    encoder, _ = ends(kind, 32, 1, (8, 8))
    pictures = torch.rand(3, 1, 8, 8, generator=seeded())
    torch.testing.assert_close(encoder(pictures)[1:2], encoder(pictures[1:2]))


def test_a_patch_tells_of_the_whole_picture_and_a_convolution_of_what_is_near() -> None:
    far = torch.rand(1, 1, 64, 64, generator=seeded())
    changed = far.clone()
    changed[..., -4:, -4:] = 0
    for kind, first in (("vit", 4), ("deep-jscc", 1)):
        encoder, _ = ends(kind, 1024, 1, (64, 64))
        with torch.no_grad():
            moved = (encoder(far) - encoder(changed)).abs()[0, :first].max()
        assert (float(moved) > 0) == (kind == "vit")


@pytest.mark.parametrize(
    ("kind", "size", "length", "message"),
    [
        ("vit", (30, 32), 64, "patches of 4 x 4 pixels, not 30 x 32; resize them"),
        ("vit", (8, 8), 34, "4 patches of a picture share its reals evenly, and can't share 34; allow a multiple of 4"),
        ("deep-jscc", (8, 10), 64, "multiples of 4 pixels, not 8 x 10; resize them"),
        ("deep-jscc", (16, 16), 8, "the 16 places of a map .* can't share 8; allow a multiple of 16"),
    ],
)
def test_refuses_what_does_not_divide(kind: str, size: tuple[int, int], length: int, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        ends(kind, length, 3, size)
