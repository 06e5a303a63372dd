"""The first layer of a backbone, and how far a picture of some size may be halved after it."""

from __future__ import annotations

from torch import nn

Size = tuple[int, int]
"""Height and width in pixels."""

MAX_PIXELS = 48 * 48
"""The largest map that leaves the stem at full resolution; larger ones are halved until they fit."""


def stem(channels: int, width: int, size: Size) -> tuple[nn.Sequential, Size]:
    """Convolution, batch norm and ReLU to `width` channels, and the size of their map.

    Up to 48 x 48 pixels it is the 3x3 convolution that networks for CIFAR begin with; larger pictures pass
    a strided one with a kernel of twice its stride, so that later layers cost the same at any picture size.
    """
    height, pixels_wide = size
    stride = 1
    while height * pixels_wide > MAX_PIXELS * stride**2 and min(size) >= 4 * stride:
        stride *= 2
    kernel, padding = (3, 1) if stride == 1 else (2 * stride, stride // 2)
    convolution = nn.Conv2d(channels, width, kernel, stride, padding, bias=False)
    sides = ((side + 2 * padding - kernel) // stride + 1 for side in size)
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU()), (next(sides), next(sides))


def steps(size: Size) -> tuple[int, int]:
    """How much to reduce each side of a map by next: 2, or 1 if fewer than 2 rows or columns would stay."""
    height, width = size
    return (2 if height >= 4 else 1), (2 if width >= 4 else 1)
