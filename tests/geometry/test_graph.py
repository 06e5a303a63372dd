"""Latent geometry graphs: both orders of steps against loops, what the diagonal does, and each refusal."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import laplacian as scipy_laplacian
from torch import Tensor

from laconic.geometry import GeometryError, GraphRecipe, latent_graph, normalised, similarity

from .conftest import Draw

Matrix = list[list[float]]


def scaled(a: Matrix) -> Matrix:
    degrees = [sum(row) for row in a]
    n = range(len(a))
    return [[a[i][j] / math.sqrt(degrees[i] * degrees[j]) if a[i][j] else 0.0 for j in n] for i in n]


def read_aloud(x: Tensor, labels: Tensor, recipe: GraphRecipe) -> Tensor:
    """The recipe's steps in plain numbers, one after the other."""
    a: Matrix = similarity(x, recipe.similarity, recipe.alpha).tolist()
    n, names = range(len(a)), labels.tolist()
    if not recipe.loops:
        a = [[0.0 if i == j else a[i][j] for j in n] for i in n]
    if recipe.normalise == "first":
        a = scaled(a)
    good = {"all": lambda _: True, "between": lambda same: not same, "within": lambda same: same}[recipe.pairs]
    near = []
    for i in n:
        others = [j for j in n if (recipe.loops or j != i) and good(names[i] == names[j])]
        near.append(set(sorted(others, key=lambda j: -a[i][j])[: recipe.neighbours]))
    a = [[a[i][j] if j in near[i] or i in near[j] else 0.0 for j in n] for i in n]
    return torch.tensor(scaled(a) if recipe.normalise == "last" else a, dtype=torch.float64)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    batch=st.integers(3, 10),
    similarity=st.sampled_from(["cosine", "rbf"]),
    neighbours=st.none() | st.integers(1, 9),
    normalise=st.sampled_from(["none", "last", "first"]),
    loops=st.booleans(),
    pairs=st.sampled_from(["all", "between", "within"]),
)
def test_every_recipe_is_the_one_read_aloud(
    seed: int, batch: int, similarity: str, neighbours: int | None, normalise: str, loops: bool, pairs: str
) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(batch, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(3, (batch,), generator=generator)
    k = None if neighbours is None else min(neighbours, batch - 1)
    recipe = GraphRecipe(similarity, k, normalise, loops, pairs)  # type: ignore[arg-type]
    graph = latent_graph(x, recipe, labels)
    torch.testing.assert_close(graph.weights, read_aloud(x, labels, recipe))
    torch.testing.assert_close(graph.weights, graph.weights.T)
    assert torch.equal(graph.edges, graph.edges.T)
    assert not bool(graph.weights[~graph.edges].any())


def test_both_orders_differ_in_edges_and_in_degrees() -> None:
    """Point 0 is nearest to 4, yet 4 isn't to it: normalised first, each has a nearer neighbour of lower degree."""
    points = torch.tensor([[10, 7], [1, 3], [8, 3], [4, 0], [6, 8]], dtype=torch.float64)
    orders = {
        order: latent_graph(points, GraphRecipe("cosine", 1, order))  # type: ignore[arg-type]
        for order in ("none", "last", "first")
    }
    assert torch.equal(orders["last"].edges, orders["none"].edges)
    assert (orders["last"].edges ^ orders["first"].edges).nonzero().tolist() == [[0, 4], [4, 0]]
    highest = {order: float(torch.linalg.eigvalsh(graph.weights).max()) for order, graph in orders.items()}
    assert highest["last"] == pytest.approx(1)
    assert highest["first"] < 0.5
    complete = GraphRecipe("cosine", None, "first")
    torch.testing.assert_close(
        latent_graph(points, complete).weights, latent_graph(points, GraphRecipe("cosine", None, "last")).weights
    )


def test_the_diagonal_takes_one_of_the_k_places(draw: Draw) -> None:
    x, _ = draw(batch=20)
    with_itself = latent_graph(x, GraphRecipe("cosine", 5, loops=True)).edges
    without = latent_graph(x, GraphRecipe("cosine", 4)).edges
    assert bool(with_itself.diagonal().all())
    assert torch.equal(with_itself.fill_diagonal_(False), without)
    assert torch.equal(
        latent_graph(x, GraphRecipe("cosine", 1, loops=True)).weights.round(decimals=12), torch.eye(20).double()
    )


def test_every_picture_has_at_least_k_neighbours(draw: Draw) -> None:
    x, _ = draw(batch=30, signed=True)
    for k in (1, 5, 29):
        assert int(latent_graph(x, GraphRecipe(neighbours=k)).edges.sum(1).min()) >= k
    assert int(latent_graph(x, GraphRecipe(neighbours=1)).edges.sum(1).max()) > 1  # either end is enough


def test_order_of_pictures_means_nothing(draw: Draw) -> None:
    x, labels = draw(batch=15)
    order = torch.randperm(15, generator=torch.Generator().manual_seed(0))
    for normalise in ("last", "first"):
        recipe = GraphRecipe("cosine", 4, normalise, pairs="between")  # type: ignore[arg-type]
        whole, mixed = latent_graph(x, recipe, labels), latent_graph(x[order], recipe, labels[order])
        torch.testing.assert_close(mixed.weights, whole.weights[order][:, order])


def test_normalisation_is_scipys(draw: Draw) -> None:
    """I - D^-1/2 A D^-1/2 is the normalised Laplacian, isolated vertices included."""
    weights = latent_graph(draw()[0], GraphRecipe("cosine", 3)).weights
    weights[4] = weights[:, 4] = 0
    expected = torch.eye(12).double() - torch.from_numpy(scipy_laplacian(weights.numpy(), normed=True))
    expected[4, 4] = 0
    torch.testing.assert_close(normalised(weights), expected)
    degrees = normalised(weights) @ weights.sum(1).sqrt()  # D^1/2 1 is an eigenvector, of eigenvalue 1
    torch.testing.assert_close(degrees, weights.sum(1).sqrt())


def test_foreign_edges_take_the_place_of_the_search(draw: Draw) -> None:
    (one, _), (other, _) = draw(0), draw(1)
    for normalise in ("none", "last", "first"):
        recipe = GraphRecipe("cosine", 3, normalise)  # type: ignore[arg-type]
        edges = latent_graph(one, recipe).edges
        assert torch.equal(latent_graph(other, recipe, edges=edges).edges, edges)
        assert torch.equal(latent_graph(one, recipe, edges=edges).weights, latent_graph(one, recipe).weights)
        assert not torch.equal(latent_graph(other, recipe).edges, edges)


@pytest.mark.parametrize("normalise", ["none", "last", "first"])
@pytest.mark.parametrize("similarity", ["cosine", "rbf"])
def test_weights_are_differentiable(draw: Draw, normalise: str, similarity: str) -> None:
    x, labels = draw(batch=6, dim=3)
    recipe = GraphRecipe(similarity, 2, normalise, pairs="between")  # type: ignore[arg-type]
    assert torch.autograd.gradcheck(lambda x: latent_graph(x, recipe, labels).weights, (x.requires_grad_(),))


def test_an_isolated_picture_has_a_finite_gradient() -> None:
    x = torch.eye(3).requires_grad_()  # all cosines are 0
    latent_graph(x, GraphRecipe("cosine", normalise="first")).weights.sum().backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


@pytest.mark.parametrize("k", [12, 99])
def test_refuses_as_many_neighbours_as_pictures(draw: Draw, k: int) -> None:
    with pytest.raises(GeometryError, match=f"{k} neighbours of each in a batch of 12: .* incomplete last one"):
        latent_graph(draw()[0], GraphRecipe(neighbours=k))


def test_refuses_pairs_of_classes_without_labels(draw: Draw) -> None:
    with pytest.raises(GeometryError, match="pairs 'between' need the batch's labels"):
        latent_graph(draw()[0], GraphRecipe(pairs="between"))


def test_refuses_roots_of_degrees_below_zero() -> None:
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    with pytest.raises(GeometryError, match=r"a degree is -1, which has no square root; .* 'rbf'"):
        latent_graph(opposite, GraphRecipe("cosine", normalise="last"))
    assert float(latent_graph(opposite, GraphRecipe("cosine")).weights[0, 1]) == -1


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"similarity": "cos"}, "similarity is one of auto, cosine, rbf, not 'cos'"),
        ({"normalise": "yes"}, "normalise is one of none, last, first, not 'yes'"),
        ({"pairs": "inter"}, "pairs is one of all, between, within, not 'inter'"),
        ({"neighbours": 0}, r"1 or more neighbours \(None: all others\), not 0"),
        ({"alpha": 0.0}, "alpha must be above 0, not 0.0"),
        ({"alpha": math.nan}, "alpha must be above 0, not nan"),
    ],
)
def test_refuses_a_recipe_that_is_none(wrong: dict[str, object], text: str) -> None:
    recipe = GraphRecipe()
    for name, value in wrong.items():
        object.__setattr__(recipe, name, value)  # past the types, which tests check and users needn't
    with pytest.raises(GeometryError, match=text):
        recipe.__post_init__()
