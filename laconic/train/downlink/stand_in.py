"""What stands in for LPIPS where nobody brings its weights: features of a small network that tells classes apart."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int64, UInt8
from torch import nn

from laconic.encoder.cnn import Cnn
from laconic.score.perceptual import FeatureDistance

WIDTH, STEPS, BATCH, RATE = 8, 200, 64, 3e-3


def stand_in(
    images: UInt8[np.ndarray, "n height width channels"],
    labels: Int64[np.ndarray, " n"],
    classes: int,
    name: str,
    *,
    steps: int = STEPS,
) -> FeatureDistance:
    """A perceptual distance by a network trained for a moment on labelled pictures; `name` says of what they are.

    The same pictures give the same network, so that all that is measured with it can be compared.
    """
    _, height, width, channels = images.shape
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = Cnn(channels, (height, width), WIDTH)
        network = nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * WIDTH, classes))
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        rows = rng.integers(0, len(images), BATCH)
        pictures = torch.from_numpy(images[rows]).movedim(-1, 1).float() / 255
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(network(pictures), torch.from_numpy(labels[rows])))
        optimizer.step()
    return FeatureDistance(features, features.stage_ends, f"features of a small network for the classes of {name}")
