"""An encoder of one's own: any module from pictures [batch, channels, height, width] to a map or to features."""

from __future__ import annotations

import torch
from torch import nn

from laconic.train import Recipe, fit


class Strided(nn.Module):
    """Gray pictures [batch, 1, height, width] to a map [batch, units, rows, columns], without pooling."""

    def __init__(self, units: int = 64) -> None:
        super().__init__()
        self.fine = nn.Conv2d(1, units, 3, stride=2, padding=1)
        self.coarse = nn.Conv2d(units, units, 3, stride=2, padding=1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """The map; laconic adds what makes features of it: ReLU, averaging, the mask-net."""
        return self.coarse(torch.relu(self.fine(pictures)))


if __name__ == "__main__":
    recipe = Recipe(epochs=20, batch_size=128, augment="none")
    codec = fit("digits", "demo/own-encoder", encoder=Strided(), recipe=recipe)
    print(codec.manifest["measured"])
