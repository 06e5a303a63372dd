"""The default backbone: a small convolutional network made for speed."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.stem import Size, stem, steps

STEM_WIDTH = 24


class Cnn(nn.Module):
    """Pictures [batch, channels, height, width] to a map [batch, 4 width, rows, columns] >= 0.

    The shape is that of K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024: a thin first
    layer and three stages of two 3x3 convolutions, `width`, 4 `width` and 4 `width` channels wide, each
    pooling between them. Its whitened first layer, its GELUs and its last max-pooling are a trainable 3x3
    convolution, ReLUs and the caller's pooling here. A stage doesn't pool a side of the map that would fall
    below 2.
    """

    def __init__(self, channels: int, size: Size, width: int = 64) -> None:
        super().__init__()
        self.stem, size = stem(channels, STEM_WIDTH, size)
        stages, wide = [], STEM_WIDTH
        for out in (width, 4 * width, 4 * width):
            pool = steps(size)
            stages.append(_stage(wide, out, pool))
            size, wide = (size[0] // pool[0], size[1] // pool[1]), out
        self.stages = nn.Sequential(*stages)

    @property
    def stage_ends(self) -> tuple[str, ...]:
        """The layers whose maps end a stage, by name."""
        return tuple(f"stages.{stage}" for stage in range(len(self.stages)))

    def forward(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch units rows columns"]:
        """The feature map, before pooling."""
        features: Tensor = self.stages(self.stem(pictures))
        return features


def _stage(channels: int, width: int, pool: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1, bias=False),
        nn.MaxPool2d(pool),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )
