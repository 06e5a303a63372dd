"""The repulsion and Charbonnier losses: closed forms, the printed equations written naively, and where descent ends."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from laconic.objective import (
    ReconstructionError,
    RepulsionError,
    angular_repulsion,
    center_penalty,
    charbonnier,
    equiangular_cosine,
    euclidean_repulsion,
    repulsion,
)
from laconic.objective.repulsion import Distance

DISTANCES: tuple[Distance, ...] = ("normalised", "raw")


def features(cells: int = 2, groups: int = 4, dim: int = 6) -> Tensor:
    return torch.randn(cells, groups, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def simplex(groups: int) -> Tensor:
    """Corners of a regular simplex about 0, of unit length."""
    return F.normalize(torch.eye(groups, dtype=torch.float64) - 1 / groups, dim=1)[None]


def naive(common: Tensor, center_weight: float, distance: Distance) -> float:
    """Equations (9) and (10) as they are printed, with g_i = c_i."""
    total = 0.0
    for cell in common:
        n = len(cell)
        rows = [row / row.norm() if distance == "normalised" else row for row in cell]
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        total += sum(math.exp(-float((rows[i] - rows[j]).norm() ** 2)) for i, j in pairs) / (n * (n - 1))
        total += center_weight * float((sum(rows) / n).norm() ** 2)  # type: ignore[union-attr]
        cosines = [float(cell[i] @ cell[j] / cell[i].norm() / cell[j].norm()) for i, j in pairs]
        total += sum((cosine + 1 / (n - 1)) ** 2 for cosine in cosines) / (n * (n - 1))
    return total / len(common)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("groups", [2, 3, 7])
def test_the_loss_is_its_equation(distance: Distance, groups: int) -> None:
    common = 0.5 * features(3, groups)
    assert float(repulsion(common, 0.3, distance)) == pytest.approx(naive(common, 0.3, distance), rel=1e-12)


@pytest.mark.parametrize("groups", [2, 3, 10])
def test_a_simplex_leaves_only_the_distance_between_its_corners(groups: int) -> None:
    """d = 2 + 2 / (G - 1); the other two terms vanish."""
    assert float(euclidean_repulsion(simplex(groups))) == pytest.approx(math.exp(-2 * groups / (groups - 1)))
    assert float(center_penalty(simplex(groups))) == pytest.approx(0, abs=1e-28)
    assert float(angular_repulsion(simplex(groups))) == pytest.approx(0, abs=1e-28)


@pytest.mark.parametrize("distance", DISTANCES)
def test_equal_features_cost_most(distance: Distance) -> None:
    """e^0 + lambda_c + (1 + 1 / (G - 1))^2 for G equal vectors of unit length."""
    equal = simplex(5)[:, :1].expand(1, 5, 5)
    assert float(repulsion(equal, 0.01, distance)) == pytest.approx(1 + 0.01 + 1.25**2)


def test_only_directions_count_by_default() -> None:
    lengths = torch.logspace(-3, 3, 8, dtype=torch.float64).reshape(2, 4, 1)
    torch.testing.assert_close(repulsion(lengths * features()), repulsion(features()))
    assert not torch.allclose(repulsion(lengths * features(), distance="raw"), repulsion(features(), distance="raw"))


def test_raw_distances_of_long_features_pull_nothing() -> None:
    """205 reals at unit power a symbol, the paper's: the printed Euclidean term has no gradient left."""
    common = F.normalize(torch.randn(1, 10, 205, generator=torch.Generator().manual_seed(0)), dim=2) * math.sqrt(
        205 / 2
    )
    steepest = []
    for distance in DISTANCES:
        leaf = common.clone().requires_grad_()
        euclidean_repulsion(leaf, distance).backward()
        assert leaf.grad is not None
        steepest.append(float(leaf.grad.abs().max()))
    assert steepest[0] > 1e-5
    assert steepest[1] < 1e-30


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("groups", "dim"), [(2, 2), (5, 4), (10, 32)])
def test_alone_it_draws_free_vectors_to_a_simplex(distance: Distance, groups: int, dim: int) -> None:
    common = features(1, groups, dim).requires_grad_()
    optimiser = torch.optim.LBFGS([common], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = repulsion(common, distance=distance)
        total.backward()
        return total

    optimiser.step(loss)
    rows = F.normalize(common.detach()[0], dim=1)
    cosines = (rows @ rows.T)[~torch.eye(groups, dtype=torch.bool)]
    assert float((cosines + 1 / (groups - 1)).abs().max()) < 1e-3


def test_the_target_is_the_lowest_cosine_that_all_pairs_can_have() -> None:
    """A Gram matrix has no eigenvalue below 0: this one's lowest is 0, and any lower cosine would make it negative."""
    for groups in (2, 5, 9):
        targets = torch.full((groups, groups), equiangular_cosine(groups), dtype=torch.float64).fill_diagonal_(1)
        eigenvalues = torch.linalg.eigvalsh(targets)
        assert float(eigenvalues[0]) == pytest.approx(0, abs=1e-14)
        torch.testing.assert_close(eigenvalues[1:], torch.full_like(eigenvalues[1:], groups / (groups - 1)))


def test_refuses_a_single_group() -> None:
    message = "groups repel each other: 2 or more are wanted, not 1; leave repulsion out"
    for call in (repulsion, euclidean_repulsion, angular_repulsion):
        with pytest.raises(RepulsionError, match=message):
            call(features(1, 1))
    with pytest.raises(RepulsionError, match=message):
        equiangular_cosine(1)


def test_charbonnier_is_its_equation() -> None:
    sent, received = torch.tensor([[0.0, 1.0], [0.5, 0.25]]), torch.tensor([[0.0, 0.0], [0.2, 0.25]])
    errors = [0.0, 1.0, 0.3, 0.0]
    expected = sum(math.sqrt(error**2 + 0.1**2) for error in errors) / 4
    assert float(charbonnier(received, sent, 0.1)) == pytest.approx(expected)
    assert float(charbonnier(sent, sent)) == pytest.approx(1e-3)


def test_charbonnier_is_square_near_zero_and_linear_far_from_it() -> None:
    received = torch.tensor([1e-6, 0.5], dtype=torch.float64, requires_grad=True)
    charbonnier(received, torch.zeros(2, dtype=torch.float64)).backward()
    assert received.grad is not None
    assert (2 * received.grad).tolist() == pytest.approx([1e-3, 1], rel=1e-5)


def test_charbonnier_has_a_gradient_where_nothing_is_wrong() -> None:
    received = torch.zeros(3, requires_grad=True)
    charbonnier(received, torch.zeros(3)).backward()
    assert received.grad is not None
    assert received.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan])
def test_refuses_an_epsilon_that_is_not_positive(epsilon: float) -> None:
    with pytest.raises(ReconstructionError, match=f"epsilon must be above 0 .*, not {epsilon}"):
        charbonnier(torch.zeros(2), torch.zeros(2), epsilon)
