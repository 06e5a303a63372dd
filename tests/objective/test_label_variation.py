"""Label variation as a loss: closed forms, what it moves, and a batch of one class."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from laconic.geometry import GeometryError, GraphRecipe, OneClassWarning
from laconic.objective import label_variation_loss


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(10, 3, generator=generator, dtype=torch.float64), torch.arange(10) % 3


def test_two_points_have_a_closed_form() -> None:
    points, labels = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([0, 1])
    assert float(label_variation_loss(points, labels)) == pytest.approx(math.exp(-5), rel=1e-5)
    assert float(label_variation_loss(points, labels, reduction="sum")) == pytest.approx(2 * math.exp(-5), rel=1e-5)


def test_it_is_the_mean_of_the_kernel_between_classes() -> None:
    x, labels = batch()
    between = [
        math.exp(-0.7 * float((x[i] - x[j]).norm())) for i in range(10) for j in range(10) if labels[i] != labels[j]
    ]
    recipe = GraphRecipe("rbf", alpha=0.7)
    ours = label_variation_loss(x, labels, recipe)
    assert float(ours) == pytest.approx(sum(between) / len(between), rel=1e-10)
    whole = label_variation_loss(x, labels, recipe, "sum")
    assert float(whole) == pytest.approx(sum(between), rel=1e-10)


def test_points_at_one_place_lose_most_and_classes_far_apart_nothing() -> None:
    _, labels = batch()
    assert float(label_variation_loss(torch.ones(10, 2), labels)) == pytest.approx(1)
    far = F.one_hot(labels).float() * 1e3
    assert float(label_variation_loss(far, labels)) == 0


@pytest.mark.parametrize("recipe", [GraphRecipe("rbf"), GraphRecipe("rbf", 3, "last"), GraphRecipe("cosine", 4)])
def test_gradients(recipe: GraphRecipe) -> None:
    x, labels = batch()
    assert torch.autograd.gradcheck(lambda x: label_variation_loss(x, labels, recipe), (x.requires_grad_(),))


def errors_of_nearest_neighbour(points: Tensor, labels: Tensor) -> int:
    nearest = torch.cdist(points, points).fill_diagonal_(math.inf).argmin(1)
    return int((labels[nearest] != labels).sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_plane_learnt_with_it_separates_classes(seed: int) -> None:
    """Three classes lie apart in 3 of 20 dimensions: of all planes, descent finds one in which they still do."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(60) % 3
    x = torch.randn(60, 20, generator=generator)
    x[:, :3] += 6 * F.one_hot(labels)
    plane = (torch.randn(20, 2, generator=generator) / 5).requires_grad_()
    before = errors_of_nearest_neighbour((x @ plane).detach(), labels)
    optimizer = torch.optim.Adam([plane], 0.1)
    for _ in range(20):
        optimizer.zero_grad()
        label_variation_loss(x @ plane, labels).backward()
        optimizer.step()
    after = errors_of_nearest_neighbour((x @ plane).detach(), labels)
    assert after <= before / 2 < 20


def test_one_class_gives_zero_no_gradient_and_a_warning() -> None:
    x, labels = batch()
    for reduction in ("mean", "sum"):
        rows = x.clone().requires_grad_()
        with pytest.warns(OneClassWarning, match="all 10 pictures of the batch are of class 4: .* several classes"):
            loss = label_variation_loss(rows, torch.full_like(labels, 4), reduction=reduction)  # type: ignore[arg-type]
        loss.backward()
        assert float(loss.detach()) == pytest.approx(0, abs=1e-12)
        assert rows.grad is not None
        assert float(rows.grad.abs().max()) < 1e-12


def test_refuses_what_has_no_graph() -> None:
    x, labels = batch()
    with pytest.raises(GeometryError, match="vectors are zero"):
        label_variation_loss(x * 0, labels, GraphRecipe("cosine"))
    with pytest.raises(GeometryError, match="10 neighbours of each in a batch of 10"):
        label_variation_loss(x, labels, GraphRecipe("rbf", 10))
