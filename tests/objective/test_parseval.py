"""Parseval training: what a step does to singular values, and that scaled convolutions don't lengthen."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from laconic.encoder.resnet import resnet_8
from laconic.objective import ParsevalError, bake_convolutions, parseval_step, scale_convolutions


def weight(seed: int, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    beta=st.floats(1e-3, 0.5),
)
def test_each_singular_value_becomes_a_cubic_of_itself(seed: int, shape: list[int], beta: float) -> None:
    parameter = weight(seed, *shape)
    u, s, v = np.linalg.svd(parameter.detach().flatten(1).numpy(), full_matrices=False)
    parseval_step([parameter], beta)
    expected = u @ np.diag((1 + beta) * s - beta * s**3) @ v
    np.testing.assert_allclose(parameter.detach().flatten(1).numpy(), expected, atol=1e-9 * (1 + s.max() ** 3))


def test_a_step_is_the_printed_matrix_product() -> None:
    parameter = weight(0, 4, 3, 3, 3)
    w = parameter.detach().flatten(1).clone()
    parseval_step([parameter])
    torch.testing.assert_close(parameter.detach().flatten(1), 1.01 * w - 0.01 * w @ w.T @ w)


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (4, 2, 3, 3)])
def test_steps_lead_to_singular_values_of_one_and_stay_there(shape: tuple[int, ...]) -> None:
    parameter = weight(0, *shape)
    for _ in range(3000):
        parseval_step([parameter])
    values = torch.linalg.svdvals(parameter.detach().flatten(1))
    torch.testing.assert_close(values, torch.ones(4).double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("beta", [0.01, 0.3])
def test_the_stated_range_is_where_a_step_comes_nearer(beta: float) -> None:
    edge = (math.sqrt(1 + 8 / beta) - 1) / 2  # of b s (s + 1) < 2
    if beta == 0.01:
        assert 13.6 < edge < 13.7
    for s, nearer in ((0.01, True), (0.99 * edge, True), (1.01 * edge, False)):
        parameter = nn.Parameter(torch.tensor([[s]], dtype=torch.float64))
        parseval_step([parameter], beta)
        assert (abs(float(parameter.detach()) - 1) < abs(s - 1)) is nearer


def test_parameters_of_one_axis_and_gradients_are_left_alone() -> None:
    layer = nn.Linear(3, 4)
    bias = layer.bias.detach().clone()
    layer(torch.ones(1, 3)).sum().backward()
    gradient = layer.weight.grad
    parseval_step(layer.parameters())
    assert torch.equal(layer.bias, bias)
    assert layer.weight.grad is gradient
    assert layer.weight.is_leaf


def longest(convolution: nn.Conv2d, side: int) -> float:
    """The convolution's operator norm on pictures of side x side, from its whole matrix."""
    basis = torch.eye(convolution.in_channels * side * side, dtype=torch.float64)
    with torch.no_grad():
        columns = convolution(basis.view(-1, convolution.in_channels, side, side)).flatten(1)
    return float(torch.linalg.matrix_norm(columns, 2))


@pytest.mark.parametrize("kernel", [1, 3, (1, 5)])
def test_a_scaled_convolution_of_orthogonal_weights_does_not_lengthen(kernel: int | tuple[int, int]) -> None:
    convolution = nn.Conv2d(2, 3, kernel, padding="same", bias=False, dtype=torch.float64)
    nn.init.orthogonal_(convolution.weight)
    bare = convolution.weight.detach().clone()
    scale_convolutions(nn.Sequential(convolution))
    taps = math.prod(convolution.kernel_size)
    torch.testing.assert_close(convolution.weight.detach(), bare / math.sqrt(2 * taps + 1))
    assert longest(convolution, 6) <= 1


def test_what_learns_is_the_unscaled_weight_and_baking_keeps_the_function() -> None:
    network, x = resnet_8(1, (8, 8), 4).eval(), torch.rand(2, 1, 8, 8)
    keys, count = list(network.state_dict()), len(list(network.parameters()))
    scale_convolutions(network)
    assert len(list(network.parameters())) == count
    before = {name: value.clone() for name, value in network.named_parameters()}
    network(x).sum().backward()
    parseval_step(network.parameters())
    moved = [name for name, value in network.named_parameters() if not torch.equal(value, before[name])]
    assert len(moved) == sum(isinstance(module, nn.Conv2d) for module in network.modules())
    expected = network(x)
    bake_convolutions(network)
    torch.testing.assert_close(network(x), expected)
    assert sorted(network.state_dict()) == sorted(keys)


def test_refuses_to_scale_twice() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 3))
    scale_convolutions(network)
    with pytest.raises(ParsevalError, match="weight of '0' is parametrised already; scale convolutions once"):
        scale_convolutions(network)


@pytest.mark.parametrize("beta", [0.0, 1.0, -0.1, math.nan])
def test_refuses_a_beta_that_does_not_converge(beta: float) -> None:
    with pytest.raises(ParsevalError, match=f"between 0 and 1 .*, not {beta}"):
        parseval_step([weight(0, 2, 2)], beta)
