"""How far a received picture is from the one that was sent, as training sees it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from laconic.contract import LaconicError

EPSILON = 1e-3


class ReconstructionError(LaconicError):
    """A loss between pictures that can't be taken."""


def charbonnier(
    received: Float[Tensor, "*shape"], sent: Float[Tensor, "*shape"], epsilon: float = EPSILON
) -> Float[Tensor, ""]:
    """The mean over pixels and pictures of sqrt((s - s')^2 + epsilon^2), with values from 0 to 1.

    Equation (8) of Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic
    Communication", 2025, after Bruhn, Weickert and Schnorr, "Lucas/Kanade Meets Horn/Schunck", 2005. It squares errors
    far below `epsilon`, which the paper leaves open, and takes those far above it as they are. Equal pictures are
    `epsilon` apart.

    Raises:
        ReconstructionError: an epsilon that is not above 0.
    """
    if not epsilon > 0:
        raise ReconstructionError(f"epsilon must be above 0 (1e-3 is usual), not {epsilon}")
    return torch.hypot(received - sent, received.new_tensor(epsilon)).mean()
