"""Label variation: the trace, the sum over ordered pairs and a loop are one number; its bounds and symmetries."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import laplacian as scipy_laplacian
from torch import Tensor

from laconic.geometry import (
    GeometryError,
    GraphRecipe,
    OneClassWarning,
    distinct_pairs,
    label_indicators,
    label_variation,
    laplacian,
    latent_graph,
    relative_label_variation,
    signal_variation,
)

from .conftest import Draw


def loop(weights: Tensor, labels: Tensor) -> float:
    """The weights of ordered pairs of distinct classes, one after the other."""
    names = labels.tolist()
    return sum(w for i, row in enumerate(weights.tolist()) for j, w in enumerate(row) if names[i] != names[j])


def pair_sum(weights: Tensor, labels: Tensor) -> float:
    return float(weights[labels[:, None] != labels].sum())


def printed_double_sum(weights: Tensor, labels: Tensor) -> float:
    """The right side of equation (4), over all i and j."""
    v = label_indicators(labels).to(weights)
    return float((weights * (v[:, None] - v).square().sum(2)).sum())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    batch=st.integers(3, 40),
    classes=st.integers(2, 6),
    k=st.none() | st.integers(1, 2),
    loops=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_trace_pair_sum_and_loop_are_one_number(
    seed: int, batch: int, classes: int, k: int | None, loops: bool, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (batch,), generator=generator)
    labels[:2] = torch.tensor([0, 1])
    x = torch.rand(batch, 4, generator=generator, dtype=dtype)
    weights = latent_graph(x, GraphRecipe("cosine", k, loops=loops)).weights
    ours = float(label_variation(weights, labels))
    scale = max(1.0, float(weights.double().sum()))  # what the trace's two terms cancel from
    slack = 1e-6 * scale
    assert ours == pytest.approx(loop(weights, labels), abs=slack)
    assert ours == pytest.approx(pair_sum(weights, labels), abs=slack)
    assert 2 * ours == pytest.approx(printed_double_sum(weights, labels), abs=2 * slack)
    v = label_indicators(labels).to(weights)
    assert ours == pytest.approx(float((v.T @ laplacian(weights) @ v).trace()), abs=slack)


@pytest.mark.parametrize("power", range(1, 7))
def test_powers_are_those_of_the_laplacian(draw: Draw, power: int) -> None:
    x, labels = draw(batch=15, signed=True)
    weights = latent_graph(x, GraphRecipe("rbf", 4, "last")).weights
    v = label_indicators(labels).double().numpy()
    l_m = np.linalg.matrix_power(scipy_laplacian(weights.numpy()), power)
    assert float(label_variation(weights, labels, power)) == pytest.approx(np.trace(v.T @ l_m @ v), rel=1e-12)


def test_the_diagonal_cancels(draw: Draw) -> None:
    x, labels = draw()
    weights = latent_graph(x, GraphRecipe("cosine")).weights
    loud = weights + torch.diag(torch.arange(12.0, dtype=torch.float64))
    torch.testing.assert_close(laplacian(loud), laplacian(weights))
    for power in (1, 2, 3):
        torch.testing.assert_close(label_variation(loud, labels, power), label_variation(weights, labels, power))


def test_a_laplacian_has_rows_that_sum_to_zero_and_no_eigenvalue_below(draw: Draw) -> None:
    weights = latent_graph(draw()[0], GraphRecipe("cosine", 4)).weights
    l = laplacian(weights)  # noqa: E741
    torch.testing.assert_close(l.sum(1), torch.zeros(12).double())
    assert float(torch.linalg.eigvalsh(l).min()) > -1e-12
    torch.testing.assert_close(signal_variation(weights, torch.ones(12, 1).double()), torch.tensor(0.0).double())


def test_names_of_classes_mean_nothing(draw: Draw) -> None:
    """Remark 1."""
    x, labels = draw()
    weights = latent_graph(x, GraphRecipe("cosine")).weights
    for power in (1, 2):
        renamed = label_variation(weights, torch.tensor([50, -3, 7])[labels], power)
        torch.testing.assert_close(renamed, label_variation(weights, labels, power))


def test_it_is_zero_exactly_where_no_edge_joins_two_classes(draw: Draw) -> None:
    x, labels = draw()
    within = latent_graph(x, GraphRecipe("cosine", pairs="within"), labels).weights
    assert float(label_variation(within, labels)) == pytest.approx(0, abs=1e-12)
    within[0, 1] = within[1, 0] = 0.25  # their labels are 0 and 1
    assert float(label_variation(within, labels)) == pytest.approx(0.5)


def test_relative_variation_is_one_where_all_edges_between_classes_are() -> None:
    labels = torch.tensor([0, 0, 1, 2, 2, 2])
    assert distinct_pairs(labels) == 36 - 4 - 1 - 9
    assert float(relative_label_variation(torch.ones(6, 6), labels)) == pytest.approx(1)
    assert float(relative_label_variation(torch.full((6, 6), 0.5), labels)) == pytest.approx(0.5)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_gradients_in_the_weights(draw: Draw, power: int) -> None:
    x, labels = draw(batch=6)
    weights = latent_graph(x, GraphRecipe("cosine")).weights.requires_grad_()
    assert torch.autograd.gradcheck(lambda a: label_variation(a + a.T, labels, power), (weights,))


def test_one_class_gives_zero_and_says_so(draw: Draw) -> None:
    x, labels = draw()
    weights = latent_graph(x, GraphRecipe("cosine")).weights
    one = torch.full_like(labels, 8)
    for form in (label_variation, relative_label_variation):
        with pytest.warns(OneClassWarning, match=r"all 12 pictures of the batch are of class 8: .* is 0 and teaches"):
            assert float(form(weights, one)) == pytest.approx(0, abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        label_variation(weights, labels)


@pytest.mark.parametrize("power", [0, -1])
def test_refuses_a_power_below_one(draw: Draw, power: int) -> None:
    x, labels = draw()
    with pytest.raises(GeometryError, match=f"power is 1 or more, not {power}"):
        label_variation(latent_graph(x, GraphRecipe("cosine")).weights, labels, power)
