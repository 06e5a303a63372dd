"""Random views of a batch on its own device: one warp and one colour matrix a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from laconic.contract import LaconicError

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
TO_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))  # NTSC, 1953
MAX_LOG_RATIO = math.log(4 / 3)


class AugmentationError(LaconicError):
    """An augmentation outside its range."""


@dataclass(frozen=True)
class Augmentation:
    """How the pictures of a batch are varied, each by its own draw.

    `shift` is the farthest move along either axis as a part of that side, in whole pixels, the picture being
    continued by reflection. `flip` mirrors half of the pictures left to right. `crop_scale` is the range of a
    crop's area as a part of the picture, its aspect 3/4 to 4/3 of the picture's, stretched to full size.
    `rotation` is the largest angle in degrees. `jitter` j draws brightness, contrast and saturation from
    1 - j to 1 + j and turns the hue by up to j / 4 of the circle, in `jitter_probability` of the pictures;
    `gray` is the probability of losing all colour.

    Shift and flip alone are exact: pixels move, none is interpolated. Otherwise all of the geometry is one
    bilinear warp, and all of the colour is one matrix and one clamp to [0, 1]; hue turns in the YIQ plane,
    not in HSV as torchvision and kornia have it.

    Raises:
        AugmentationError: a value is outside its range.
    """

    shift: float = 0.0
    flip: bool = False
    crop_scale: tuple[float, float] | None = None
    rotation: float = 0.0
    jitter: float = 0.0
    jitter_probability: float = 0.8
    gray: float = 0.0

    def __post_init__(self) -> None:
        for name, value, highest in (
            ("shift", self.shift, 0.5),
            ("rotation", self.rotation, 180.0),
            ("jitter", self.jitter, 1.0),
            ("jitter_probability", self.jitter_probability, 1.0),
            ("gray", self.gray, 1.0),
        ):
            if not 0 <= value <= highest:
                raise AugmentationError(f"{name} must be from 0 to {highest:g}, not {value}")
        smallest, largest = self.crop_scale or (1.0, 1.0)
        if not 0 < smallest <= largest <= 1:
            raise AugmentationError(
                f"crop_scale must be two parts of the area, 0 < smallest <= largest <= 1, not {self.crop_scale}"
            )

    def __call__(
        self, pictures: Float[Tensor, "batch channels height width"], generator: torch.Generator
    ) -> Float[Tensor, "batch channels height width"]:
        """One view of every picture in [0, 1], in the same memory format; `pictures` is left as it was.

        All randomness is drawn from `generator`, on its device: one on the CPU gives the same views
        everywhere.
        """
        channels_last = pictures.is_contiguous(memory_format=torch.channels_last)
        if self.crop_scale or self.rotation:
            pictures = self._warp(pictures, generator)
        elif self.shift or self.flip:
            pictures = self._move(pictures, generator)
        if self.jitter or self.gray:
            pictures = self._recolour(pictures, generator)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        return pictures.contiguous(memory_format=layout)

    def _move(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Shift and flip by picking pixels: every output pixel names the input pixel that it is."""
        batch, channels, height, width = pictures.shape
        rows = torch.arange(height, device=generator.device).expand(batch, height)
        columns = torch.arange(width, device=generator.device).expand(batch, width)
        if self.flip:
            flipped = _uniform(batch, generator) < 0.5
            columns = torch.where(flipped[:, None], width - 1 - columns, columns)
        rows = _reflect(rows + _whole(batch, int(self.shift * height), generator)[:, None], height)
        columns = _reflect(columns + _whole(batch, int(self.shift * width), generator)[:, None], width)
        first = torch.arange(batch, device=generator.device)[:, None, None] * (height * width)
        pixels = (first + rows[:, :, None] * width + columns[:, None, :]).flatten().to(pictures.device)
        moved = pictures.permute(0, 2, 3, 1).reshape(-1, channels).index_select(0, pixels)
        return moved.view(batch, height, width, channels).permute(0, 3, 1, 2)

    def _warp(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        batch, _, height, width = pictures.shape
        affine = self._affine(batch, height, width, generator).to(pictures)
        grid = F.affine_grid(affine, list(pictures.shape), align_corners=False)
        return F.grid_sample(
            pictures.contiguous(), grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )

    def _affine(self, batch: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """[batch, 2, 3]: where in the picture, whose sides go from -1 to 1, each point of the view lies."""
        smallest, largest = self.crop_scale or (1.0, 1.0)
        area = smallest + (largest - smallest) * _uniform(batch, generator)
        ratio = torch.exp(MAX_LOG_RATIO * _signed(batch, generator)) if self.crop_scale else torch.ones_like(area)
        x_scale, y_scale = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
        x_centre = (1 - x_scale) * _signed(batch, generator)
        y_centre = (1 - y_scale) * _signed(batch, generator)
        x_centre += 2 / width * _whole(batch, int(self.shift * width), generator)
        y_centre += 2 / height * _whole(batch, int(self.shift * height), generator)
        if self.flip:
            x_scale = torch.where(_uniform(batch, generator) < 0.5, -x_scale, x_scale)
        angle = math.radians(self.rotation) * _signed(batch, generator)
        cos, sin = angle.cos(), angle.sin()
        across = torch.stack([cos * x_scale, -sin * y_scale * height / width, x_centre], dim=1)
        down = torch.stack([sin * x_scale * width / height, cos * y_scale, y_centre], dim=1)
        return torch.stack([across, down], dim=1)

    def _recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        batch, channels, height, width = pictures.shape
        luma = torch.tensor(LUMA if channels == 3 else [1 / channels] * channels)
        matrix, keep_mean = (part.to(pictures) for part in self._colours(batch, luma, generator))
        mean = pictures.mean((2, 3)) @ luma.to(pictures)
        offset = (keep_mean * mean)[:, None, None]
        recoloured = torch.baddbmm(offset, matrix, pictures.reshape(batch, channels, -1))
        return recoloured.clamp_(0, 1).view(batch, channels, height, width)

    def _colours(self, batch: int, luma: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The matrices [batch, channels, channels], and how much of the mean luma [batch] contrast adds.

        Saturation, hue and loss of colour leave grays as they are, so that the offset, a gray, passes them
        unchanged.
        """
        luma = luma.to(generator.device)
        jittered = _uniform(batch, generator) < self.jitter_probability
        strength = self.jitter * jittered
        brightness, contrast, saturation = (1 + strength * _signed(batch, generator) for _ in range(3))
        turn = strength / 4 * _signed(batch, generator)
        saturation = torch.where(_uniform(batch, generator) < self.gray, 0, saturation)
        identity, gray = torch.eye(len(luma), device=luma.device), luma.expand(len(luma), -1)
        matrix = gray + saturation[:, None, None] * (identity - gray)
        if len(luma) == 3:
            matrix = _hue(turn) @ matrix
        return matrix * (brightness * contrast)[:, None, None], brightness * (1 - contrast)


NONE = Augmentation()
SHIFT = Augmentation(shift=1 / 8)
SHIFT_FLIP = Augmentation(shift=1 / 8, flip=True)
STRONG = Augmentation(flip=True, crop_scale=(0.2, 1.0), jitter=0.4, gray=0.2)
"""Khosla et al.'s views for supervised contrastive learning (SimCLR's without blur)."""
STRONG_GRAY = Augmentation(shift=0.1, crop_scale=(0.7, 1.0), rotation=25.0)
"""Views of gray pictures, which are often characters: no mirror, and no crop that loses half of one."""


def _uniform(n: int, generator: torch.Generator) -> Float[Tensor, " n"]:
    return torch.rand(n, generator=generator, device=generator.device)


def _signed(n: int, generator: torch.Generator) -> Float[Tensor, " n"]:
    return 2 * _uniform(n, generator) - 1


def _whole(n: int, farthest: int, generator: torch.Generator) -> Int64[Tensor, " n"]:
    return torch.randint(-farthest, farthest + 1, (n,), generator=generator, device=generator.device)


def _reflect(index: Int64[Tensor, "batch side"], side: int) -> Int64[Tensor, "batch side"]:
    """Mirror indices beyond either end, the edge pixel itself not repeated."""
    index = index.abs()
    return torch.where(index >= side, 2 * (side - 1) - index, index)


def _hue(turn: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3 3"]:
    """Turn colours by a part of the circle about the gray axis of YIQ."""
    to_yiq = torch.tensor(TO_YIQ, device=turn.device)
    cos, sin = (2 * math.pi * turn).cos(), (2 * math.pi * turn).sin()
    rotation = torch.eye(3, device=turn.device).repeat(len(turn), 1, 1)
    rotation[:, 1, 1], rotation[:, 1, 2], rotation[:, 2, 1], rotation[:, 2, 2] = cos, -sin, sin, cos
    turned: Tensor = torch.linalg.inv(to_yiq) @ rotation @ to_yiq
    return turned
