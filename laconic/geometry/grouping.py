"""Users of a cell in groups of equal size, alike within a group: k-means, then the cheapest balanced assignment.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025,
Algorithm 1. Their (11) asks only that each user is in one group, which the nearest centroid solves and which balances
nothing; the text's "evenly divided" groups need a second constraint, on how many users a group has.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from laconic.extras import need
from laconic.geometry.errors import GeometryError
from laconic.geometry.kmeans import kmeans


def balanced_groups(
    features: Float[Tensor, "cells users dim"], n_groups: int, *, generator: torch.Generator
) -> Int64[Tensor, "cells users"]:
    """The group of each user, from 0 to `n_groups` - 1, in each cell by itself. No gradient passes.

    Sizes are users / groups, and differ by at most one where that is no whole number. Features are compared by
    direction: k-means runs on rows of unit length, the assignment on their cosine distance to its centroids.
    `generator` draws where k-means begins; it is on the features' device.

    Raises:
        GeometryError: no group, more groups than users, or a user's features that are zero or not finite.
    """
    users = features.shape[1]
    if not 1 <= n_groups <= users:
        raise GeometryError(f"{users} users are divided into 1 to {users} groups, not {n_groups}")
    rows = unit_rows(features.detach())
    centroids = kmeans(rows, n_groups, generator=generator)
    groups = balanced_assignment(cosine_costs(rows, centroids).double().cpu().numpy())
    return torch.from_numpy(groups).to(features.device)


def random_groups(cells: int, users: int, n_groups: int, *, generator: torch.Generator) -> Int64[Tensor, "cells users"]:
    """Groups of the same sizes drawn by chance: what balanced groups are to be compared with.

    Raises:
        GeometryError: no group, or more groups than users.
    """
    if not 1 <= n_groups <= users:
        raise GeometryError(f"{users} users are divided into 1 to {users} groups, not {n_groups}")
    device = generator.device
    order = torch.rand(cells, users, generator=generator, device=device).argsort(dim=1)
    return order % n_groups


def balanced_assignment(costs: Float64[np.ndarray, "cells users groups"]) -> Int64[np.ndarray, "cells users"]:
    """The groups of lowest total cost among all whose sizes differ by at most one.

    It is (11) with the missing constraint, floor(K / G) <= sum_k m_kg <= ceil(K / G), solved exactly by the Hungarian
    method (SciPy's) over as many copies of each group as it has places. Where K / G is no whole number, the costs
    decide which groups are larger.

    >>> balanced_assignment(np.array([[[0.0, 9.0], [1.0, 2.0], [0.5, 9.0], [0.0, 1.5]]])).tolist()
    [[0, 1, 0, 1]]

    Raises:
        GeometryError: no group, more groups than users, or costs that are not finite.
    """
    users, n_groups = costs.shape[1:]
    if not 1 <= n_groups <= users:
        raise GeometryError(f"{users} users are divided into 1 to {users} groups, not {n_groups}")
    if not np.isfinite(costs).all():
        raise GeometryError("costs of an assignment are finite numbers; some are not")
    solve = need("scipy.optimize", "train").linear_sum_assignment
    floor, larger = divmod(users, n_groups)
    # A group's places: `floor` that must be taken, then, if some groups are larger, one that may stay empty. Nobody
    # takes it for nothing; nobody can't take what must be taken.
    nobodies = n_groups - larger if larger else 0
    places = np.repeat(np.arange(n_groups), floor + bool(larger))
    square = np.full((users + nobodies, len(places)), np.inf)
    square[users:, floor :: floor + 1] = 0
    groups = np.empty(costs.shape[:2], np.int64)
    for cell, cost in enumerate(costs):
        square[:users] = cost[:, places]
        groups[cell] = places[solve(square)[1][:users]]
    return groups


def group_members(groups: Int64[Tensor, "cells users"], n_groups: int) -> Int64[Tensor, "cells groups size"]:
    """The numbers of each group's users within their cell, ascending; -1 in the place that a smaller group lacks.

    >>> group_members(torch.tensor([[1, 0, 1]]), 2).tolist()
    [[[1, -1], [0, 2]]]

    Raises:
        GeometryError: sizes that differ by more than one.
    """
    sizes = F.one_hot(groups, n_groups).sum(1)
    if bool((sizes.amax(1) - sizes.amin(1) > 1).any()):
        raise GeometryError("groups of a cell differ in size by at most one; divide users by balanced_groups")
    order = groups.argsort(dim=1, stable=True)
    place = torch.arange(int(sizes.max()), device=groups.device)
    found = ((sizes.cumsum(1) - sizes)[:, :, None] + place).clamp_max(groups.shape[1] - 1)
    members = order.gather(1, found.flatten(1)).view_as(found)
    return members.masked_fill(place >= sizes[:, :, None], -1)


def cosine_costs(
    rows: Float[Tensor, "cells users dim"], centroids: Float[Tensor, "cells groups dim"]
) -> Float[Tensor, "cells users groups"]:
    """d_kg = 1 - cos(p_k, centroid g), the costs of (11), for rows of unit length.

    A centroid of length 0, the mean of rows that point in opposite directions, is as far from one as from another: 1.
    """
    return 1 - rows @ F.normalize(centroids, dim=2).mT


def unit_rows(features: Float[Tensor, "cells users dim"]) -> Float[Tensor, "cells users dim"]:
    """Each user's features scaled to length 1, in float32 (float64 for float64).

    Raises:
        GeometryError: features that are zero or not finite, with whose they are.
    """
    rows = features if features.dtype == torch.float64 else features.float()
    lengths = torch.linalg.vector_norm(rows, dim=2, keepdim=True)
    if not (bool(lengths.min() > 0) and bool(lengths.max() < torch.inf)):  # NaN is the minimum and fails too
        cell, user, _ = ((lengths > 0) & (lengths < torch.inf)).logical_not().nonzero()[0].tolist()
        raise GeometryError(
            f"users are grouped by the direction of their features, and those of user {user} of cell {cell} have "
            f"length {float(lengths[cell, user]):g}; only one above 0 and finite has a direction"
        )
    unit: Tensor = rows / lengths
    return unit
