"""The projector: where contrastive losses compare pictures; thrown away after training."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

PROJECTED = 128  # numbers a row, as in SimCLR, MoCo and the supervised contrastive loss's papers


class Projector(nn.Module):
    """Features [batch, units] to rows [batch, dim] of unit length: Linear, ReLU, Linear, L2 normalisation.

    Paper 001 doesn't specify its proj(.); this is the one of the supervised contrastive loss's authors
    (Khosla et al., 2020): the hidden layer is as wide as the features, and `dim` is 128.
    """

    def __init__(self, units: int, dim: int = PROJECTED) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(units, units), nn.ReLU(), nn.Linear(units, dim))

    def forward(self, features: Float[Tensor, "batch units"]) -> Float[Tensor, "batch dim"]:
        """Rows of unit length, in float32 under autocast too."""
        return F.normalize(self.layers(features).float(), dim=1)


class BatchNormProjector(nn.Module):
    """Features [batch, units] to rows [batch, dim] of unit length, batch-normalised on the way, as SimCLR's.

    Linear without bias, BatchNorm, ReLU, Linear, L2 normalisation: `hidden` and `dim` are those of the public
    SimCLR for CIFAR-10 (leftthomas) that Jiang et al., 2022, appear to build on.
    """

    def __init__(self, units: int, hidden: int = 512, dim: int = PROJECTED) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(units, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )

    def forward(self, features: Float[Tensor, "batch units"]) -> Float[Tensor, "batch dim"]:
        """Rows of unit length, in float32 under autocast too."""
        return F.normalize(self.layers(features).float(), dim=1)
