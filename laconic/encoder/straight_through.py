"""Quantisers inside training: their values going forward, as if they weren't there going back.

The straight-through estimator is that of Bengio et al., "Estimating or Propagating Gradients Through
Stochastic Neurons for Conditional Computation", 2013, Section 4.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def straight_through(
    features: Float[Tensor, "batch units"], quantised: Float[Tensor, "batch units"]
) -> Float[Tensor, "batch units"]:
    """The values of `quantised` with the gradient of `features`; `quantised` may come from any code.

    >>> features = torch.tensor([[0.2, 0.9]], requires_grad=True)
    >>> straight_through(features, features.round()).tolist()
    [[0.0, 1.0]]
    """
    return quantised.detach() + (features - features.detach())  # x - x is 0: the sum is exactly `quantised`


def top_k(features: Float[Tensor, "batch units"], k: int) -> Float[Tensor, "batch units"]:
    """MaxAmp-K in the loop: the k strongest units of each picture, 0 for the others.

    Hua et al., "Classification-Driven DNRL", 2024, Section III-A. All of them are kept if there are no more
    than `k`. The gradient passes to every unit, so that one that was not named can become loud enough to
    be.
    """
    strongest = features.topk(min(k, features.shape[1]), dim=1)
    return straight_through(features, torch.zeros_like(features).scatter(1, strongest.indices, strongest.values))


def levels(
    features: Float[Tensor, "batch units"], level_bits: int, top: Float[Tensor, " units"]
) -> Float[Tensor, "batch units"]:
    """Scalar quantisation in the loop: silence stays 0, all else becomes the centre of its level.

    The levels divide (0, top] evenly into 2^n - 1, as those of `laconic.language` do; features above `top`
    (> 0) have the highest, and their gradient passes all the same.
    """
    highest = 2**level_bits - 1
    level = (features * highest / top).ceil().clamp(0, highest)
    return straight_through(features, (level - 0.5).clamp(min=0) * top / highest)


def named_units(features: Float[Tensor, "batch units"], k: int, softness: float = 0.3) -> Float[Tensor, "batch units"]:
    """A one-bit MaxAmp-K word in the loop: 1 for each of the k strongest units that fire, 0 for the others.

    Going back it is a sigmoid of how far each amplitude lies above the threshold, midway between the k-th and the
    next, in units of `softness` times the named ones' mean: units near the threshold move most, and one that is
    named beyond doubt has no reason to grow.
    """
    k = min(k, features.shape[1])
    strongest = features.topk(min(k + 1, features.shape[1]), dim=1)
    named = strongest.values[:, :k]
    words = torch.zeros_like(features).scatter(1, strongest.indices[:, :k], (named > 0).to(features))
    threshold = strongest.values[:, k - 1 :].detach().mean(dim=1, keepdim=True)
    scale = softness * named.detach().mean(dim=1, keepdim=True) + 1e-3
    return straight_through(torch.sigmoid((features - threshold) / scale), words)
