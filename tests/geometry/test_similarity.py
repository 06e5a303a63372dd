"""Similarities against closed forms, scikit-learn and autograd."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity as sklearn_cosine
from sklearn.metrics.pairwise import euclidean_distances
from torch import Tensor

from laconic.geometry import GeometryError, cosine_similarity, rbf_similarity, similarity


def rows(seed: int = 0, batch: int = 7, dim: int = 4) -> Tensor:
    return torch.randn(batch, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_closed_forms() -> None:
    x = torch.tensor([[3.0, 0.0], [0.0, 4.0], [1.0, 1.0]])
    root = math.sqrt(0.5)
    expected = torch.tensor([[1, 0, root], [0, 1, root], [root, root, 1]])
    torch.testing.assert_close(cosine_similarity(x), expected)
    assert float(rbf_similarity(x, 0.1)[0, 1]) == pytest.approx(math.exp(-0.5), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), batch=st.integers(1, 9), dim=st.integers(1, 5), alpha=st.floats(0.01, 5))
def test_both_are_those_of_scikit_learn(seed: int, batch: int, dim: int, alpha: float) -> None:
    x = rows(seed, batch, dim)
    torch.testing.assert_close(cosine_similarity(x), torch.from_numpy(sklearn_cosine(x.numpy())))
    distances = torch.from_numpy(euclidean_distances(x.numpy()))
    torch.testing.assert_close(rbf_similarity(x, alpha), (-alpha * distances).exp(), atol=1e-6, rtol=1e-6)


def test_scale_means_nothing_to_cosine_and_place_nothing_to_rbf() -> None:
    x = rows()
    torch.testing.assert_close(cosine_similarity(x * torch.arange(1, 8)[:, None]), cosine_similarity(x))
    torch.testing.assert_close(rbf_similarity(x + 3), rbf_similarity(x))


def test_auto_is_cosine_only_where_nothing_is_below_zero() -> None:
    x = rows()
    assert torch.equal(similarity(x.abs()), cosine_similarity(x.abs()))
    with_zeros = x.relu() + torch.tensor([0, 0, 0, 1])
    assert torch.equal(similarity(with_zeros), cosine_similarity(with_zeros))
    assert torch.equal(similarity(x, alpha=0.3), rbf_similarity(x, 0.3))
    assert torch.equal(similarity(x.abs(), "rbf", 0.3), rbf_similarity(x.abs(), 0.3))
    assert torch.equal(similarity(x, "cosine"), cosine_similarity(x))


def test_far_from_the_origin_equal_rows_are_equal() -> None:
    """Distances by products would put these some 0.1 apart."""
    x = 1e4 + rows(0, 40, 64).float()
    kernel = rbf_similarity(x.repeat(2, 1))
    assert torch.equal(kernel.diagonal(), torch.ones(80))
    assert torch.equal(kernel.diagonal(40), torch.ones(40))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_maps_are_flattened_whatever_their_layout(layout: torch.memory_format) -> None:
    maps = rows(0, 5, 24).view(5, 2, 3, 4)
    laid = maps.contiguous(memory_format=layout).requires_grad_()
    for kind in ("cosine", "rbf"):
        ours = similarity(laid, kind)
        torch.testing.assert_close(ours, similarity(maps.flatten(1), kind))
        (gradient,) = torch.autograd.grad(ours.square().sum(), laid)
        flat = maps.flatten(1).requires_grad_()
        (expected,) = torch.autograd.grad(similarity(flat, kind).square().sum(), flat)
        torch.testing.assert_close(gradient, expected.view_as(maps))


@pytest.mark.parametrize("kind", ["cosine", "rbf"])
def test_gradients(kind: str) -> None:
    x = rows(1, 4, 3).requires_grad_()
    weight = rows(2, 4, 4)  # not symmetric: each entry has a gradient of its own
    assert torch.autograd.gradcheck(lambda x: (weight * similarity(x, kind)).sum(), (x,))  # type: ignore[arg-type]
    if kind == "cosine":
        assert torch.autograd.gradgradcheck(lambda x: (weight * cosine_similarity(x)).sum(), (x,))


def test_half_precision_and_autocast_are_computed_in_float32() -> None:
    x = rows(0, 30, 50).float().requires_grad_()
    expected = cosine_similarity(x)
    (slope,) = torch.autograd.grad(expected[0].sum(), x)
    with torch.autocast("cpu", torch.bfloat16):
        ours = cosine_similarity(x)
        (gradient,) = torch.autograd.grad(ours[0].sum(), x)
    assert torch.equal(ours, expected)
    assert torch.equal(gradient, slope)
    assert cosine_similarity(x.bfloat16()).dtype == torch.float32


def test_a_vector_of_zeros_is_refused_by_cosine_alone() -> None:
    x = rows()
    x[[2, 5]] = 0
    with pytest.raises(GeometryError, match=r"2 of 7 vectors are zero \(the first is row 2\) .* choose .* 'rbf'"):
        cosine_similarity(x)
    assert float(rbf_similarity(x)[2, 5]) == 1
