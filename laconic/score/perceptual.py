"""How far apart two pictures are in what a network sees of them: LPIPS with its published weights, or a stand-in.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, equation (1):

    d(x, y) = sum over layers l of the mean over places of |w_l (x_l - y_l)|^2

with x_l and y_l the layers' maps, each place's channels scaled to length 1, and w_l learnt from people's judgements.
Weights are the user's to bring: none are downloaded. A stand-in is a network of the user's own with all w_l = 1; it is
never called LPIPS.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from laconic.geometry import recorded_maps
from laconic.score.activity import ScoreError

VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512)
"""Channels of its convolutions; 0 halves the map. Simonyan and Zisserman, 2015, configuration D."""

LENGTH_EPSILON = 1e-10
"""Added to a place's length, as the authors' code does, so that a dark place has none but is a number."""


@runtime_checkable
class Perceptual(Protocol):
    """What measures how far pictures are apart, and says what it is."""

    @property
    def name(self) -> str:
        """What a report calls it."""

    def __call__(self, received: Tensor, sent: Tensor) -> Tensor:
        """The distance of each received picture from the one sent; 0 at least."""


def perceptual_distance(
    maps: Sequence[Float[Tensor, "pictures ..."]],
    others: Sequence[Float[Tensor, "pictures ..."]],
    weights: Sequence[Float[Tensor, " _"]] | None = None,
) -> Float[Tensor, " pictures"]:
    """Equation (1) for the maps [pictures, channels, rows, columns] of some layers; `weights` are w_l^2, or all 1."""
    total = maps[0].new_zeros(len(maps[0]))
    for number, (one, other) in enumerate(zip(maps, others, strict=True)):
        apart = (_unit(one) - _unit(other)).square()
        weighed = apart if weights is None else apart * weights[number][:, None, None]
        total = total + weighed.sum(1).mean((1, 2))
    return total


class Lpips(nn.Module):
    """LPIPS 0.1 with VGG-16. Weights are read from one safetensors file, which the user makes of two published ones.

    Its tensors are named as there: `features.0.weight` ... of torchvision's VGG-16, and `lin0.model.1.weight` to
    `lin4.model.1.weight` of the LPIPS package.

    Raises:
        ScoreError: no such file, one that is not safetensors, or that lacks a tensor or has one of another shape.
    """

    name = "LPIPS (VGG-16)"

    def __init__(self, weights: Path) -> None:
        super().__init__()
        with torch.device("meta"):  # weights come from the file alone, none are drawn
            self.features, widths = _vgg16()
        found = _read(weights)
        wanted = {f"features.{name}": tensor.shape for name, tensor in self.features.state_dict().items()}
        wanted |= {f"lin{n}.model.1.weight": torch.Size((1, width, 1, 1)) for n, width in enumerate(widths)}
        for name, shape in wanted.items():
            came = [*found[name].shape] if name in found else "nothing"
            if came != [*shape]:
                raise ScoreError(f"{weights}: LPIPS needs {name} of shape {[*shape]}, the file has {came}")
        taken = {name: found[f"features.{name}"] for name in self.features.state_dict()}
        self.features.load_state_dict(taken, assign=True)
        self.linear = [found[f"lin{n}.model.1.weight"].flatten() for n in range(len(widths))]
        self.requires_grad_(False).eval()

    def forward(
        self,
        received: Float[Tensor, "pictures channels height width"],
        sent: Float[Tensor, "pictures channels height width"],
    ) -> Float[Tensor, " pictures"]:
        """LPIPS of each picture, values from 0 to 1, one channel or three, 16 pixels or more on a side.

        Raises:
            ScoreError: smaller pictures.
        """
        if min(sent.shape[2:]) < 16:
            raise ScoreError(f"VGG-16 halves pictures four times: 16 pixels a side or more, not {[*sent.shape[2:]]}")
        weights = [each.to(sent.device) for each in self.linear]
        return perceptual_distance(self._maps(received), self._maps(sent), weights)

    def _maps(self, pictures: Tensor) -> list[Tensor]:
        colours = pictures.expand(-1, 3, -1, -1)
        shift, scale = (
            colours.new_tensor(values)[:, None, None] for values in ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450))
        )
        x, maps = (2 * colours - 1 - shift) / scale, []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                maps.append(x)
            x = layer(x)
        return [*maps, x]


class FeatureDistance(nn.Module):
    """Equation (1) with a network of one's own and every weight 1: what stands in for LPIPS where it has no weights.

    `layers` are those of `network.named_modules()` that give maps; `name` says in reports what the network is, such as
    "features of resnet-8, trained on these classes". The network takes pictures as `received` and `sent` come.
    """

    def __init__(self, network: nn.Module, layers: Sequence[str], name: str) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self.layers = tuple(layers)
        self.name = f"{name} (not LPIPS)"

    def forward(
        self,
        received: Float[Tensor, "pictures channels height width"],
        sent: Float[Tensor, "pictures channels height width"],
    ) -> Float[Tensor, " pictures"]:
        """The distance of each picture, 0 at least.

        Raises:
            LayerError: a layer that the network doesn't have or call.
        """
        return perceptual_distance(self._maps(received), self._maps(sent))

    def _maps(self, pictures: Tensor) -> list[Tensor]:
        with recorded_maps(self.network, self.layers) as maps:
            self.network(pictures)
        return maps


def _read(weights: Path) -> dict[str, Tensor]:
    try:
        return load_file(weights)
    except (OSError, SafetensorError) as error:
        raise ScoreError(f"{weights}: a safetensors file with LPIPS's weights wanted: {error}") from error


def _unit(maps: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
    return maps / (lengths + LENGTH_EPSILON)


def _vgg16() -> tuple[nn.Sequential, list[int]]:
    """Its convolutional part, up to the last ReLU, and the widths of its five maps, before each halving and last."""
    layers: list[nn.Module] = []
    widths, channels = [], 3
    for width in VGG16:
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
            widths.append(channels)
    return nn.Sequential(*layers), [*widths, channels]
