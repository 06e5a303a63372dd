"""The mask-net of Hua et al., "Classification-Driven DNRL", 2024, Section II-B and Fig. 2."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class MaskNet(nn.Module):
    """A mask of one factor >= 0 for every unit, from the map: ReLU([W average(F) ; W highest(F)]).

    Both poolings of the map share W, one linear layer with bias to half as many outputs: the first half of
    the mask sees each unit's average, the second its highest value. The paper prints the layer's output as
    C/2 x H x W; after pooling it is C/2 x 1 x 1.

    It starts near 1 (its bias does), so that no unit is silent for every picture before training has begun:
    behind a ReLU that never opens there is no way back.

    The paper's own map is 1 x 1. There average and highest are one and the same, and so are the two halves.
    """

    def __init__(self, units: int) -> None:
        super().__init__()
        self.shared = nn.Linear(units, units // 2)
        nn.init.ones_(self.shared.bias)

    def forward(self, features: Float[Tensor, "batch units rows columns"]) -> Float[Tensor, "batch units"]:
        """The mask, to be multiplied with the pooled features."""
        return self.of_pooled(features.mean((2, 3)), features.amax((2, 3)))

    def of_pooled(
        self, average: Float[Tensor, "batch units"], highest: Float[Tensor, "batch units"]
    ) -> Float[Tensor, "batch units"]:
        """The same, of a map that is pooled already."""
        return torch.relu(torch.cat([self.shared(average), self.shared(highest)], dim=1))
