"""Balanced grouping against a linear program, scikit-learn's k-means, planted groups, and by its symmetries."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sklearn.cluster import KMeans
from torch import Tensor

from laconic.geometry import GeometryError, balanced_assignment, balanced_groups, group_members, random_groups
from laconic.geometry.grouping import cosine_costs, unit_rows
from laconic.geometry.kmeans import STARTS, kmeans


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def optimum(costs: np.ndarray) -> float:
    """(11) relaxed to a linear program, with floor(K / G) <= sum_k m_kg <= ceil(K / G)."""
    users, groups = costs.shape
    each_user = np.kron(np.eye(users), np.ones(groups))
    each_group = np.kron(np.ones(users), np.eye(groups))
    most, least = np.full(groups, -(-users // groups)), np.full(groups, users // groups)
    sides = np.concatenate([most, -least])
    solved = linprog(costs.ravel(), np.vstack([each_group, -each_group]), sides, each_user, np.ones(users))
    assert solved.status == 0
    return float(solved.fun)


def costs_of_cells(cells: int, users: int, groups: int, seed: int = 0) -> np.ndarray:
    """Cosine costs to centroids that k-means found and that are held fixed."""
    rows = unit_rows(torch.randn(cells, users, 8, generator=seeded(seed), dtype=torch.float64))
    return cosine_costs(rows, kmeans(rows, groups, generator=seeded(seed))).numpy()


def total(costs: np.ndarray, groups: np.ndarray) -> float:
    return float(costs[np.arange(len(costs)), groups].sum())


def check_against_the_program(cells: int, users: int, groups: int) -> None:
    costs = costs_of_cells(cells, users, groups)
    for cost, chosen in zip(costs, balanced_assignment(costs), strict=True):
        assert abs(total(cost, chosen) - optimum(cost)) < 1e-9


@pytest.mark.parametrize(("users", "groups"), [(50, 10), (20, 4), (17, 5)])
def test_the_total_cost_is_a_linear_programs_optimum(users: int, groups: int) -> None:
    check_against_the_program(4, users, groups)


@pytest.mark.slow
@pytest.mark.parametrize(("users", "groups"), [(50, 10), (47, 10)])
def test_the_total_cost_is_a_linear_programs_optimum_in_200_cells(users: int, groups: int) -> None:
    check_against_the_program(200, users, groups)


@settings(max_examples=60, deadline=None)
@given(users=st.integers(1, 6), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_no_division_into_such_groups_is_cheaper(users: int, seed: int, data: st.DataObject) -> None:
    groups = data.draw(st.integers(1, min(users, 4)))
    cost = np.random.default_rng(seed).integers(0, 4, (users, groups)).astype(float)  # ties are common
    chosen = balanced_assignment(cost[None])[0]
    sizes = np.bincount(chosen, minlength=groups)
    assert sizes.max() - sizes.min() <= 1
    every = (np.array(each) for each in product(range(groups), repeat=users))
    fair = [each for each in every if np.ptp(np.bincount(each, minlength=groups)) <= 1]
    assert total(cost, chosen) == min(total(cost, each) for each in fair)


@pytest.mark.parametrize(("users", "groups"), [(50, 10), (20, 4), (50, 7), (5, 5), (5, 1), (11, 4)])
def test_sizes_are_equal_or_differ_by_one(users: int, groups: int) -> None:
    for divided in (
        balanced_groups(torch.randn(30, users, 4, generator=seeded()), groups, generator=seeded()),
        random_groups(30, users, groups, generator=seeded()),
    ):
        sizes = torch.stack([(divided == group).sum(1) for group in range(groups)])
        assert set(sizes.flatten().tolist()) == {users // groups, -(-users // groups)}
        assert divided.shape == (30, users)


def planted(groups: int, size: int) -> tuple[Tensor, Tensor]:
    """Users whose features point nearly where their scene does, at very different lengths, in no order."""
    scenes = torch.linalg.qr(torch.randn(groups, groups, generator=seeded())).Q
    scene = torch.arange(groups).repeat(size)[torch.randperm(groups * size, generator=seeded(1))]
    features = scenes[scene] + 0.02 * torch.randn(len(scene), groups, generator=seeded(2))
    return features * torch.logspace(-3, 3, len(scene))[:, None], scene


def test_users_of_one_scene_are_found_whatever_the_length_of_their_features() -> None:
    features, scene = planted(6, 5)
    found = balanced_groups(features.expand(40, -1, -1), 6, generator=seeded())
    together = scene[:, None] == scene
    same = (found[:, :, None] == found[:, None, :]) == together
    right = same.flatten(1).all(1)
    assert bool(right.all())


def test_one_cell_does_not_change_another() -> None:
    features = torch.randn(6, 12, 5, generator=seeded())
    apart = [kmeans(cell[None], 3, generator=seeded()) for cell in features]
    again = [kmeans(torch.cat([cell[None], cell[None]]), 3, generator=seeded()) for cell in features]
    assert all(torch.isfinite(centroids).all() for centroids in apart + again)
    costs = cosine_costs(unit_rows(features), unit_rows(torch.randn(6, 3, 5, generator=seeded()))).double().numpy()
    whole = balanced_assignment(costs)
    assert all((balanced_assignment(costs[i : i + 1])[0] == whole[i]).all() for i in range(6))


def test_kmeans_ends_where_scikit_learns_does() -> None:
    """Started at our centroids, its Lloyd iterations move nothing; and from its own starts it ends no better."""
    points = torch.randn(30, 40, 6, generator=seeded(), dtype=torch.float64)
    ours = kmeans(points, 5, generator=seeded(), iterations=100)
    spread, theirs = [], []
    for cell, centroids in zip(points.numpy(), ours.numpy(), strict=True):
        fitted = KMeans(5, init=centroids, n_init=1, tol=0).fit(cell)
        np.testing.assert_allclose(fitted.cluster_centers_, centroids, atol=1e-9)
        spread.append(fitted.inertia_)
        theirs.append(KMeans(5, n_init=STARTS, random_state=len(theirs)).fit(cell).inertia_)
    difference = np.array(spread) - np.array(theirs)
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))


def test_more_clusters_than_distinct_points_leave_no_hole() -> None:
    points = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).repeat(1, 3, 1)
    centroids = kmeans(points, 4, generator=seeded())
    assert torch.isfinite(centroids).all()
    found = balanced_groups(points, 4, generator=seeded())
    assert sorted(torch.bincount(found[0]).tolist()) == [1, 1, 2, 2]


def test_the_same_generator_gives_the_same_groups() -> None:
    features = torch.randn(5, 12, 3, generator=seeded())
    state = torch.get_rng_state()
    first, second = (balanced_groups(features, 4, generator=seeded(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)


@settings(max_examples=40, deadline=None)
@given(users=st.integers(1, 20), seed=st.integers(0, 2**32 - 1), data=st.data())
def test_members_are_the_users_of_each_group(users: int, seed: int, data: st.DataObject) -> None:
    n_groups = data.draw(st.integers(1, users))
    groups = random_groups(3, users, n_groups, generator=seeded(seed))
    members = group_members(groups, n_groups)
    assert members.shape == (3, n_groups, -(-users // n_groups))
    for cell in range(3):
        for group in range(n_groups):
            places = members[cell, group].tolist()
            found = (groups[cell] == group).nonzero().flatten().tolist()
            assert places == found + [-1] * (len(places) - len(found))


@pytest.mark.parametrize("groups", [0, 4, -1])
def test_refuses_more_groups_than_users_and_none(groups: int) -> None:
    message = f"3 users are divided into 1 to 3 groups, not {groups}"
    with pytest.raises(GeometryError, match=message):
        balanced_groups(torch.ones(1, 3, 2), groups, generator=seeded())
    with pytest.raises(GeometryError, match=message):
        random_groups(1, 3, groups, generator=seeded())
    if groups > 0:
        with pytest.raises(GeometryError, match=message):
            balanced_assignment(np.zeros((1, 3, groups)))


@pytest.mark.parametrize(("value", "length"), [(0.0, "0"), (torch.inf, "inf"), (torch.nan, "nan")])
def test_refuses_features_without_a_direction(value: float, length: str) -> None:
    features = torch.ones(2, 3, 2)
    features[1, 2] = value
    with pytest.raises(GeometryError, match=f"those of user 2 of cell 1 have length {length}; only one above 0"):
        balanced_groups(features, 2, generator=seeded())


def test_refuses_costs_and_groups_that_make_no_sense() -> None:
    with pytest.raises(GeometryError, match="costs of an assignment are finite numbers"):
        balanced_assignment(np.full((1, 3, 2), np.nan))
    with pytest.raises(GeometryError, match=r"differ in size by at most one; divide users by balanced_groups"):
        group_members(torch.tensor([[0, 0, 0, 1]]), 2)
