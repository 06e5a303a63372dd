"""Where in a picture a unit looks: its part of the feature map before pooling (Hua et al., 2024, Section IV-F, Fig. 5).

A feature is its map's mean, times the picture's mask where there is a mask-net: the map says which places it comes
from, and the mask, one number for the whole picture, doesn't change that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from laconic.encoder import FeatureEncoder
from laconic.score.activity import ScoreError


def feature_map(
    encoder: FeatureEncoder, images: UInt8[Tensor, "n height width channels"]
) -> Float[Tensor, "n units rows columns"]:
    """The map that `encoder` pools, all >= 0, of pictures as they are stored; in evaluation mode, without gradients.

    Raises:
        ScoreError: its backbone gives features without a map.
    """
    training = encoder.training
    try:
        with torch.no_grad():
            encoder.eval()
            output = torch.relu(encoder.backbone((encoder.pictures(images) - encoder.mean) / encoder.std)).float()
    finally:
        encoder.train(training)
    if output.ndim != 4:
        raise ScoreError("this encoder's backbone gives features without a map: nothing says where they come from")
    return output


def attention(
    maps: Float[Tensor, "n units rows columns"], unit: int, size: tuple[int, int]
) -> Float[Tensor, "n height width"]:
    """One unit's map, spread over pictures of `size` (height, width) bilinearly: what of the feature comes from where.

    Raises:
        ScoreError: there is no such unit.
    """
    if not 0 <= unit < maps.shape[1]:
        raise ScoreError(f"units are 0 to {maps.shape[1] - 1}, not {unit}")
    spread: Tensor = F.interpolate(maps[:, unit : unit + 1], size=size, mode="bilinear", align_corners=False)
    return spread[:, 0]
