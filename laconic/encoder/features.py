"""The whole encoder: uint8 pictures in, one non-negative number per unit out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from laconic.contract import LaconicError
from laconic.encoder.mask import MaskNet
from laconic.encoder.stem import Size

MaskInput = Literal["none", "vector", "map"]


class EncoderError(LaconicError):
    """A backbone, or a choice about it, of which no encoder can be made."""


class FeatureEncoder(nn.Module):
    """Pictures to features X = F * mask, all >= 0.

    ```
    uint8 [batch, height, width, channels] --pictures--> [0, 1], [batch, channels, height, width]
        --normalise, backbone, ReLU--> map --average--> F --* mask--> X [batch, units]
    ```

    `backbone` is any module from [batch, channels, height, width] to a map [batch, units, rows, columns] or
    to features [batch, units]; it is called once here, on black pictures of `size` (height, width), to
    learn which. `mask` chooses what the mask-net pools: `map`, the backbone's map; `vector`, the pooled
    features themselves, as the paper prints it (then the mask's halves are equal); or `none`, no mask-net
    and a mask of ones. `mean` and `std`, one for each channel of pictures in [0, 1], are part of the
    encoder and of its export.

    Raises:
        EncoderError: what the backbone gives isn't features, or `mask` doesn't suit it.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        channels: int,
        size: Size,
        mask: MaskInput = "map",
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        shape = output_shape(backbone, channels, size)
        self.units = shape[1]
        _check_mask(mask, shape)
        self.mask_input = mask
        self.mask_net = None if mask == "none" else MaskNet(self.units)
        self.register_buffer("mean", _per_channel(mean or [0.5] * channels, channels, "mean"))
        self.register_buffer("std", _per_channel(std or [0.25] * channels, channels, "std"))
        nn.utils.convert_conv2d_weight_memory_format(self, torch.channels_last)

    def forward(self, images: UInt8[Tensor, "batch height width channels"]) -> Float[Tensor, "batch units"]:
        """Features of pictures as they are stored: what is exported."""
        return self.features(self.pictures(images))[0]

    def pictures(
        self, images: UInt8[Tensor, "batch height width channels"]
    ) -> Float[Tensor, "batch channels height width"]:
        """Stored pictures as float32 from 0 to 1, channels_last in memory: what augmentations work on."""
        return images.permute(0, 3, 1, 2).float() / 255

    def features(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch units"]]:
        """X and its mask, float32, of pictures from 0 to 1, augmented or not."""
        output = torch.relu(self.backbone((pictures - self.mean) / self.std)).float()
        features = output if output.ndim == 2 else output.mean((2, 3))
        if self.mask_net is None:
            return features, torch.ones_like(features)
        mask: Tensor = self.mask_net(output if self.mask_input == "map" else features[:, :, None, None])
        return features * mask, mask.float()


def channel_statistics(
    images: UInt8[Tensor, "batch height width channels"],
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, pictures being in [0, 1]; 1 for a constant channel's."""
    values = images.flatten(0, 2).double() / 255
    std = values.std(0, correction=0)
    return values.mean(0).tolist(), torch.where(std > 0, std, 1.0).tolist()


def output_shape(backbone: nn.Module, channels: int, size: Size) -> torch.Size:
    """What the backbone gives for two black pictures: [2, units] or [2, units, rows, columns].

    Raises:
        EncoderError: anything else, or it fails on them.
    """
    parameter = next(backbone.parameters(), torch.empty(0))
    training = backbone.training
    try:
        with torch.no_grad():
            output = backbone.eval()(torch.zeros(2, channels, *size, device=parameter.device))
    except Exception as error:
        raise EncoderError(
            f"the backbone must take pictures [batch, {channels}, {size[0]}, {size[1]}] but on them raised "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        backbone.train(training)
    if not isinstance(output, Tensor) or output.ndim not in (2, 4) or len(output) != 2:
        came = list(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise EncoderError(
            f"the backbone must give [batch, units] or [batch, units, rows, columns]; for 2 pictures it gave {came}"
        )
    return output.shape


def _check_mask(mask: str, shape: torch.Size) -> None:
    if mask not in get_args(MaskInput):
        raise EncoderError(f"mask must be one of {', '.join(get_args(MaskInput))}, not {mask!r}")
    if mask == "map" and len(shape) == 2:
        raise EncoderError(
            "mask 'map' pools a map [batch, units, rows, columns], but the backbone gives [batch, units]; "
            "let it return its map before pooling, or choose mask 'vector' or 'none'"
        )
    if mask != "none" and shape[1] % 2:
        raise EncoderError(
            f"the mask-net's halves need an even number of units, the backbone has {shape[1]}; "
            "change its width, or choose mask 'none'"
        )


def _per_channel(values: Sequence[float], channels: int, name: str) -> Tensor:
    if len(values) != channels or (name == "std" and min(values) <= 0):
        raise EncoderError(f"{name} must be {channels} numbers, a std above 0, not {list(values)}")
    return torch.tensor(values, dtype=torch.float32)[:, None, None]
