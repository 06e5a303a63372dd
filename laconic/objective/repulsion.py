"""The repulsion loss: what one group's users share is drawn away from what another group's share.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025,
equations (9) and (10), for common features c_1 to c_G of a cell:

    mean over i != j of exp(-d_ij)  +  lambda_c |mean of c_i|^2  +  mean over i != j of (X_ij - T_ij)^2

with d_ij = |c_i - c_j|^2, X_ij their cosine, and T_ij = -1 / (G - 1), the cosine between corners of a regular simplex:
for directions, all three are smallest there. (9) writes g_i in its second term, which it defines nowhere; it is read as
c_i.

As printed, d_ij grows with the number of features. Two vectors of 205 reals that are sent at unit power a symbol, at
right angles to each other, have d = 205, and exp(-205) moves nothing. What a channel conveys is directions: power
normalisation takes lengths away. So `normalised`, the default, takes c_i / |c_i| in the first two terms, and d_ij is
from 0 to 4; `raw` is what is printed.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from laconic.contract import LaconicError

Distance = Literal["normalised", "raw"]

CENTER_WEIGHT = 0.01
"""lambda_c, which the paper leaves open."""


class RepulsionError(LaconicError):
    """Features that have nothing to be drawn away from."""


def repulsion(
    common: Float[Tensor, "cells groups dim"],
    center_weight: float = CENTER_WEIGHT,
    distance: Distance = "normalised",
) -> Float[Tensor, ""]:
    """Equation (9), the mean over cells: the sum of the three terms below, the second times `center_weight`.

    Raises:
        RepulsionError: fewer than two groups.
    """
    center = center_weight * center_penalty(common, distance)
    return euclidean_repulsion(common, distance) + center + angular_repulsion(common)


def euclidean_repulsion(
    common: Float[Tensor, "cells groups dim"], distance: Distance = "normalised"
) -> Float[Tensor, ""]:
    """The mean over pairs of exp(-d_ij): 1 where all features are equal.

    Raises:
        RepulsionError: fewer than two groups.
    """
    equiangular_cosine(common.shape[1])  # refuses a single group
    rows = _rows(common, distance)
    squares = (rows[:, :, None] - rows[:, None]).square().sum(-1)
    return _pairs(squares).neg().exp().mean()


def center_penalty(common: Float[Tensor, "cells groups dim"], distance: Distance = "normalised") -> Float[Tensor, ""]:
    """The squared length of the groups' mean feature."""
    return _rows(common, distance).mean(1).square().sum(-1).mean()


def angular_repulsion(common: Float[Tensor, "cells groups dim"]) -> Float[Tensor, ""]:
    """The mean over pairs of (X_ij - T_ij)^2: 0 where all cosines are -1 / (G - 1), which needs G - 1 dimensions.

    Raises:
        RepulsionError: fewer than two groups.
    """
    rows = F.normalize(common, dim=-1)
    return (_pairs(rows @ rows.mT) - equiangular_cosine(common.shape[1])).square().mean()


def equiangular_cosine(groups: int) -> float:
    """T_ij of equation (10) for i != j: -1 / (G - 1), below which G directions can't all be from each other.

    >>> equiangular_cosine(3)
    -0.5

    Raises:
        RepulsionError: fewer than two groups.
    """
    if groups < 2:
        raise RepulsionError(f"groups repel each other: 2 or more are wanted, not {groups}; leave repulsion out")
    return -1 / (groups - 1)


def _rows(common: Tensor, distance: Distance) -> Tensor:
    return F.normalize(common, dim=-1) if distance == "normalised" else common


def _pairs(matrices: Float[Tensor, "cells groups groups"]) -> Float[Tensor, "cells pairs"]:
    """What is not on the diagonals."""
    return matrices[:, ~torch.eye(matrices.shape[1], dtype=torch.bool, device=matrices.device)]
