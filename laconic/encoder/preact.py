"""Residual networks whose blocks begin with batch norm and ReLU, so that all of their convolutions see maps >= 0.

He et al., "Identity Mappings in Deep Residual Networks", 2016, with the 3x3 first layer of networks for CIFAR.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.stem import Size, steps

Stride = tuple[int, int]


class PreActResNet(nn.Module):
    """Pictures [batch, channels, height, width] to a map [batch, units, rows, columns] >= 0, before pooling.

    `depths` are the blocks of each stage; stages double the `width` of the first one, and halve the map but for the
    first. A side of the map that would fall below 2 is not halved. With `average` a block's two branches are averaged
    instead of added, as Parseval training wants it (Cisse et al., "Parseval Networks", 2017, Section 4.2).

    `relus` names the modules that give a map after batch norm and ReLU, in the order of their calls: two in each block,
    and the last. They are what `laconic.geometry.recorded_maps` takes.
    """

    def __init__(
        self, channels: int, size: Size, width: int, depths: tuple[int, ...], *, average: bool = False
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        blocks: list[nn.Module] = []
        wide = width
        for stage, depth in enumerate(depths):
            stride = steps(size) if stage else (1, 1)
            size = (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
            for block in range(depth):
                blocks.append(PreAct(wide, width << stage, stride if block == 0 else (1, 1), average=average))
                wide = width << stage
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(nn.BatchNorm2d(wide), nn.ReLU())
        self.units = wide
        self.relus = (*(f"blocks.{i}.{part}" for i in range(len(blocks)) for part in ("first", "second")), "last")

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch units rows columns"]:
        """The feature map, before pooling."""
        features: Tensor = self.last(self.blocks(self.stem(pictures)))
        return features


class PreAct(nn.Module):
    """branch(a) + shortcut: a = ReLU(norm(x)); the shortcut is x, or a 1x1 convolution of a where shapes differ.

    ```
    branch(a) = conv(ReLU(norm(conv(a))))        with `average`, half of branch and half of shortcut
    ```
    """

    def __init__(self, channels: int, width: int, stride: Stride = (1, 1), *, average: bool = False) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.second = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.third = nn.Conv2d(width, width, 3, padding=1, bias=False)
        same = channels == width and stride == (1, 1)
        self.shortcut = None if same else nn.Conv2d(channels, width, 1, stride, bias=False)
        self.share = 0.5 if average else 1.0

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        """The block's map, of either sign."""
        active = self.first(x)
        across = x if self.shortcut is None else self.shortcut(active)
        out: Tensor = self.share * self.third(self.second(active)) + self.share * across
        return out


def preact_18(channels: int, size: Size, width: int = 64, *, average: bool = False) -> PreActResNet:
    """Four stages of two blocks: 8 `width` units, 17 maps after a ReLU."""
    return PreActResNet(channels, size, width, (2, 2, 2, 2), average=average)
