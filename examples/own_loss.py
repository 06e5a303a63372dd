"""A loss of one's own: class prototypes within the batch, after Snell et al., "Prototypical Networks", 2017."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from laconic.train import Recipe, fit


def prototypes(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Draw the features [batch, units] of a class to their mean direction, away from those of other classes."""
    rows = F.normalize(features, dim=1)
    means = F.normalize(F.one_hot(labels).T.float() @ rows, dim=1)
    return F.cross_entropy(rows @ means.T / 0.1, labels)


if __name__ == "__main__":
    recipe = Recipe(epochs=8, batch_size=128, encoder="cnnw32", k=1, sparsity_weight=1e-3)
    codec = fit("digits", "demo/own-loss", objective=prototypes, recipe=recipe)
    print(codec.manifest["measured"])
