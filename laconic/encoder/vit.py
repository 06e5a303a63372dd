"""A Transformer at both ends of the link, the ViT-based rival of paper 002: patches to reals, reals to patches.

Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, with patches of 4 x 4 pixels and learnt places. Koh, Noh and
Yang, "Group-wise Semantic Splitting Multiple Access", 2025, don't say the size of theirs: here six layers an end and
384 channels make as many parameters as the network of their Table I has, to a tenth.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from laconic.encoder.downlink import HEADS, scaled
from laconic.encoder.features import EncoderError
from laconic.encoder.stem import Size

PATCH, CHANNELS, LAYERS = 4, 384, 6


class VitEncoder(nn.Module):
    """Pictures to `length` reals, as many of each patch, at a width multiplier.

    Raises:
        EncoderError: sides that are no multiples of the patch's, a length that patches can't share evenly, or a width
            multiplier that leaves no whole heads.
    """

    def __init__(self, length: int, channels: int, size: Size, width: float = 1.0) -> None:
        super().__init__()
        n, dim = patches(size, length), scaled(CHANNELS, width)
        self.patches = nn.Conv2d(channels, dim, PATCH, PATCH)
        self.tokens = _Tokens(n, dim)
        self.head = nn.Linear(dim, length // n)

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch length"]:
        """What is sent of each picture, whose values go from 0 to 1."""
        reals: Tensor = self.head(self.tokens(self.patches(pictures).flatten(2).mT))
        return reals.flatten(1)


class VitDecoder(nn.Module):
    """`length` received reals to pictures, whose values go from 0 to 1: `VitEncoder` turned round, and a sigmoid.

    Raises:
        EncoderError: as of `VitEncoder`.
    """

    def __init__(self, length: int, channels: int, size: Size, width: float = 1.0) -> None:
        super().__init__()
        self.n, dim = patches(size, length), scaled(CHANNELS, width)
        self.embed = nn.Linear(length // self.n, dim)
        self.tokens = _Tokens(self.n, dim)
        self.picture = nn.Sequential(
            nn.Unflatten(2, (size[0] // PATCH, size[1] // PATCH)),
            nn.ConvTranspose2d(dim, channels, PATCH, PATCH),
            nn.Sigmoid(),
        )

    def forward(self, received: Float[Tensor, "batch length"]) -> Float[Tensor, "batch channels height width"]:
        """The pictures."""
        told = self.tokens(self.embed(received.reshape(len(received), self.n, -1)))
        pictures: Tensor = self.picture(told.mT)
        return pictures


def patches(size: Size, length: int) -> int:
    """How many patches a picture of `size` (height, width in pixels) has, each with its part of `length` reals.

    >>> patches((32, 32), 1024)
    64

    Raises:
        EncoderError: as of `VitEncoder`.
    """
    height, width = size
    if min(size) < PATCH or height % PATCH or width % PATCH:
        raise EncoderError(
            f"pictures are cut into patches of {PATCH} x {PATCH} pixels, not {height} x {width}; resize them"
        )
    n = height * width // PATCH**2
    if length < n or length % n:
        raise EncoderError(
            f"{n} patches of a picture share its reals evenly, and can't share {length}; allow a multiple of {n}, "
            "two a symbol"
        )
    return n


class _Tokens(nn.Module):
    """Learnt places added, then a Transformer encoder whose layers normalise first."""

    def __init__(self, n: int, dim: int) -> None:
        super().__init__()
        self.places = nn.Parameter(0.02 * torch.randn(n, dim))
        layer = nn.TransformerEncoderLayer(
            dim, HEADS, 4 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(dim), enable_nested_tensor=False)

    def forward(self, tokens: Float[Tensor, "batch n dim"]) -> Float[Tensor, "batch n dim"]:
        told: Tensor = self.layers(tokens + self.places)
        return told
