"""ConvNeXt V2 blocks: a wide depthwise convolution, and channels that compete by global response normalisation.

Woo et al., "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders", 2023, Fig. 5; with ReLU where
they have GELU, as all modules of Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access", 2025, Table I.
That table names GRN, which only version 2 has, and cites version 1. It draws a strided convolution into every block,
which would halve 32 x 32 pixels five times; its other layers leave room for one at the head of each stage.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

EPSILON = 1e-6


class GRN(nn.Module):
    """Global response normalisation: gamma (x N) + beta + x, where N is a channel's norm over its mean over channels.

    Equations (1) to (3) of ConvNeXt V2: the norm is over rows and columns. gamma and beta begin at 0: the identity.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Float[Tensor, "batch rows columns channels"]) -> Float[Tensor, "batch rows columns channels"]:
        """The map, channels last."""
        response = (x * x).sum((1, 2), keepdim=True).add(EPSILON**2).sqrt()  # a dead channel has a slope, too
        relative = response / (response.mean(-1, keepdim=True) + EPSILON)
        return torch.addcmul(self.beta, x, 1 + self.gamma * relative)  # one pass over the map


class ConvNextBlock(nn.Module):
    """x + branch(x): depthwise 7x7 convolution, layer norm, 1x1 to four times as wide, ReLU, GRN, 1x1 back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.pointwise = nn.Sequential(
            nn.LayerNorm(channels, eps=EPSILON),
            nn.Linear(channels, 4 * channels),
            nn.ReLU(),
            GRN(4 * channels),
            nn.Linear(4 * channels, channels),
        )

    def forward(self, x: Float[Tensor, "batch channels rows columns"]) -> Float[Tensor, "batch channels rows columns"]:
        """The map, as large as it came."""
        branch: Tensor = self.pointwise(self.depthwise(x).permute(0, 2, 3, 1))
        return x + branch.permute(0, 3, 1, 2)


def down(channels: int, width: int, depth: int) -> nn.Sequential:
    """A stage that halves rows and columns by a 4x4 convolution, then `depth` blocks."""
    return nn.Sequential(nn.Conv2d(channels, width, 4, stride=2, padding=1), *blocks(width, depth))


def up(channels: int, width: int, depth: int) -> nn.Sequential:
    """A stage that doubles rows and columns by a transposed 4x4 convolution, then `depth` blocks."""
    return nn.Sequential(nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1), *blocks(width, depth))


def blocks(width: int, depth: int) -> list[nn.Module]:
    """`depth` blocks, one after the other."""
    return [ConvNextBlock(width) for _ in range(depth)]
