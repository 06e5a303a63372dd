"""Residual networks for small pictures: a 3x3 first layer and no pooling after it.

He et al., "Deep Residual Learning for Image Recognition", 2016; ResNet-8 is its Section 4.2 with n = 1.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.stem import Size, stem, steps

Stride = tuple[int, int]


class ResNet(nn.Module):
    """Pictures [batch, channels, height, width] to a map [batch, units, rows, columns] >= 0, before pooling.

    `depths` are the blocks of each stage; stages double the `width` of the first one, and halve the map but
    for the first. A side of the map that would fall below 2 is not halved. Bottleneck blocks end four times
    as wide. `stage_ends` names the layers whose maps end a stage.
    """

    def __init__(
        self, channels: int, size: Size, width: int, depths: tuple[int, ...], bottleneck: bool = False
    ) -> None:
        super().__init__()
        self.stem, size = stem(channels, width, size)
        blocks: list[nn.Module] = []
        wide = width
        for stage, depth in enumerate(depths):
            stride = steps(size) if stage else (1, 1)
            size = (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
            for block in range(depth):
                branch, out = _branch(wide, width << stage, stride if block == 0 else (1, 1), bottleneck)
                blocks.append(Residual(branch, wide, out, stride if block == 0 else (1, 1)))
                wide = out
        self.blocks = nn.Sequential(*blocks)
        self.stage_ends = tuple(f"blocks.{end - 1}" for end in accumulate(depths))

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch units rows columns"]:
        """The feature map, before pooling."""
        features: Tensor = self.blocks(self.stem(pictures))
        return features


class Residual(nn.Module):
    """ReLU(branch(x) + x), where a 1x1 convolution fits x to the branch if their shapes differ."""

    def __init__(self, branch: nn.Module, channels: int, width: int, stride: Stride) -> None:
        super().__init__()
        self.branch = branch
        same = channels == width and stride == (1, 1)
        self.shortcut = nn.Identity() if same else nn.Sequential(*_convolution(channels, width, 1, stride))

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The block's map."""
        return torch.relu(self.branch(x) + self.shortcut(x))


def resnet_8(channels: int, size: Size, width: int = 16) -> ResNet:
    """Three stages of one basic block: 4 `width` units."""
    return ResNet(channels, size, width, (1, 1, 1))


def resnet_18(channels: int, size: Size, width: int = 64) -> ResNet:
    """Four stages of two basic blocks: 8 `width` units."""
    return ResNet(channels, size, width, (2, 2, 2, 2))


def resnet_50(channels: int, size: Size, width: int = 64) -> ResNet:
    """Four stages of 3, 4, 6 and 3 bottleneck blocks: 32 `width` units, 2048 of them in paper 001."""
    return ResNet(channels, size, width, (3, 4, 6, 3), bottleneck=True)


def _branch(channels: int, width: int, stride: Stride, bottleneck: bool) -> tuple[nn.Module, int]:
    """A block's residual branch and how wide it ends; the 3x3 convolution holds a bottleneck's stride."""
    relu = nn.ReLU()
    if not bottleneck:
        first, second = _convolution(channels, width, 3, stride), _convolution(width, width, 3)
        return nn.Sequential(*first, relu, *second), width
    down, middle = _convolution(channels, width, 1), _convolution(width, width, 3, stride)
    up = _convolution(width, 4 * width, 1)
    return nn.Sequential(*down, relu, *middle, relu, *up), 4 * width


def _convolution(channels: int, width: int, kernel: int, stride: Stride = (1, 1)) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(width)]
