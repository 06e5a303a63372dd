"""Batches that several tests of graphs draw."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Draw = Callable[..., tuple[Tensor, Tensor]]


@pytest.fixture
def draw() -> Draw:
    """Features in float64, below 0 only if `signed`, and labels of at least two classes."""

    def features_and_labels(
        seed: int = 0, batch: int = 12, dim: int = 5, classes: int = 3, signed: bool = False
    ) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        features = torch.randn(batch, dim, generator=generator, dtype=torch.float64)
        labels = torch.randint(classes, (batch,), generator=generator)
        labels[:2] = torch.tensor([0, 1])
        return features if signed else features.abs(), labels

    return features_and_labels
