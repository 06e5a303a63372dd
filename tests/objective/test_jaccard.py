"""The Jaccard loss against closed forms, a naive implementation under autograd, and hostile rows."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from laconic.objective import (
    ContrastiveError,
    info_nce,
    jaccard,
    jaccard_momentum_contrast,
    jaccard_nt_xent,
    momentum_contrast,
    nt_xent,
)
from laconic.objective.jaccard import BLOCK_ROWS, SMALLEST, Guard

GUARDS: tuple[Guard, ...] = ("clip", "shift")


def unit_rows(n: int, dim: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    rows = torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    return F.normalize(rows, dim=1)


def whole_matrices(
    first: Tensor, second: Tensor, temperature: float, weights: tuple[float, float], guard: Guard
) -> Tensor:
    """Equation (4) read correctly, with every matrix in full, differentiable by autograd."""
    s, distance = first @ first.T, (second[:, None] - second).square().sum(2)
    overlap = s.clamp_min(0) if guard == "clip" else (1 + s) / 2
    fused = overlap / (overlap + distance).clamp_min(SMALLEST)
    other_view = torch.arange(len(s)).roll(len(s) // 2)
    itself = torch.eye(len(s), dtype=torch.bool)
    first_loss, second_loss, fused_loss = (
        F.cross_entropy((similarity / temperature).masked_fill(itself, -math.inf), other_view)
        for similarity in (s, second @ second.T, fused)
    )
    return weights[0] * first_loss + weights[1] * second_loss + (1 - sum(weights)) * fused_loss


@given(cosine=st.floats(-1, 1))
def test_with_one_projector_it_is_the_tanimoto_index(cosine: float) -> None:
    similarity = torch.tensor(cosine, dtype=torch.float64)
    expected = max(0.0, cosine) / (2 - cosine) if cosine > 0 else 0.0
    assert float(jaccard(similarity, similarity)) == pytest.approx(expected, abs=1e-15)


def test_the_tanimoto_index_is_that_of_sets() -> None:
    """For 0/1 vectors a.b / (|a|^2 + |b|^2 - a.b) counts intersection over union; rows of unit length have 2 - a.b."""
    a, b = torch.tensor([1.0, 1, 1, 1, 0, 0, 0]), torch.tensor([0.0, 0, 1, 1, 1, 1, 0])
    cosine = F.cosine_similarity(a, b, dim=0)
    assert float(jaccard(cosine, cosine)) == pytest.approx(2 / 6, abs=1e-6)


@given(
    first=st.floats(-1, 1),
    second=st.floats(-1, 1),
    guard=st.sampled_from(GUARDS),
)
@example(-0.3280560296920355, 1.0, "shift")  # 2 - 2 c in place of 2 (1 - c) rounds it above 1
def test_it_lies_between_0_and_1_and_rises_with_both_similarities(first: float, second: float, guard: Guard) -> None:
    s, c = torch.tensor(first, dtype=torch.float64), torch.tensor(second, dtype=torch.float64)
    value = float(jaccard(s, c, guard))
    assert 0 <= value <= 1
    assert float(jaccard((s + 0.1).clamp_max(1), c, guard)) >= value
    assert float(jaccard(s, (c + 0.1).clamp_max(1), guard)) >= value


@pytest.mark.parametrize("pictures", [1, 3, 200])
@pytest.mark.parametrize("guard", GUARDS)
def test_equal_rows_give_log_2n_minus_1(pictures: int, guard: Guard) -> None:
    rows = unit_rows(1, 5).expand(2 * pictures, -1)
    loss = jaccard_nt_xent(rows, rows.flip(1), 0.5, guard=guard)
    assert float(loss) == pytest.approx(math.log(2 * pictures - 1), abs=1e-9)


@pytest.mark.parametrize("n", [2, 4, 30, BLOCK_ROWS, 2 * BLOCK_ROWS + 34])
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("weights", [(1 / 3, 1 / 3), (0.2, 0.3), (0.0, 0.0)])
def test_value_and_gradient_are_those_of_the_whole_matrices(n: int, guard: Guard, weights: tuple[float, float]) -> None:
    ours = [unit_rows(n, 7).requires_grad_(), unit_rows(n, 5, seed=1).requires_grad_()]
    value = jaccard_nt_xent(*ours, 0.3, weights, guard)
    expected = whole_matrices(*ours, 0.3, weights, guard)
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)
    for gradient, naive in zip(
        torch.autograd.grad(3 * value, ours), torch.autograd.grad(3 * expected, ours), strict=True
    ):
        # the paper's distance and 2 - 2 cos agree on the sphere, and so do their gradients along it
        torch.testing.assert_close(_along(gradient, ours, n), _along(naive, ours, n), rtol=1e-9, atol=1e-12)


def _along(gradient: Tensor, rows: list[Tensor], n: int) -> Tensor:
    (z,) = (z for z in rows if z.shape == gradient.shape)
    return gradient - (gradient * z).sum(1, keepdim=True) * z if n else gradient


def test_gradcheck() -> None:
    rows = [unit_rows(6, 3).requires_grad_(), unit_rows(6, 4, seed=1).requires_grad_()]
    assert torch.autograd.gradcheck(lambda one, two: jaccard_nt_xent(one, two, 0.5), rows)


def test_without_its_term_it_is_two_plain_contrasts() -> None:
    first, second = unit_rows(20, 4), unit_rows(20, 4, seed=1)
    expected = (nt_xent(first, 0.5) + nt_xent(second, 0.5)) / 2
    torch.testing.assert_close(jaccard_nt_xent(first, second, 0.5, (0.5, 0.5)), expected)


def test_the_queues_form_sums_three_contrasts() -> None:
    one, two = ([unit_rows(n, dim, seed) for seed, n in enumerate((3, 3, 8))] for dim in (4, 6))
    queries, keys, queues = zip(one, two, strict=True)
    s, c = (rows[0] @ rows[2].T for rows in (one, two))
    distance = (two[0][:, None] - two[2]).square().sum(2)
    own_s, own_distance = (one[0] * one[1]).sum(1), (two[0] - two[1]).square().sum(1)
    fused = info_nce(own_s.clamp_min(0) / (own_s.clamp_min(0) + own_distance), s.relu() / (s.relu() + distance), 0.4)
    expected = 0.2 * momentum_contrast(*one, 0.4) + 0.3 * momentum_contrast(*two, 0.4) + 0.5 * fused
    value = jaccard_momentum_contrast(queries, keys, queues, 0.4, (0.2, 0.3))
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)
    assert c.shape == s.shape


HOSTILE = {
    "all equal": (torch.ones(4, 1), torch.ones(4, 1)),
    "opposite": (torch.tensor([[1.0], [1], [-1], [-1]]), torch.tensor([[-1.0], [1], [1], [-1]])),
    "s = ds = 0": (torch.eye(4), torch.ones(4, 1)),
    "s = -0.5, ds = 0.5": (
        torch.tensor([[1.0, 0.0], [1.0, 0.0], [-0.5, 0.75**0.5], [-0.5, 0.75**0.5]]),
        torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.75, 0.4375**0.5], [0.75, 0.4375**0.5]]),
    ),
    "zeros": (torch.zeros(4, 2), torch.zeros(4, 2)),
}


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("temperature", [1e-3, 0.5])
def test_hostile_rows_give_finite_losses_and_gradients(
    rows: tuple[Tensor, Tensor], guard: Guard, temperature: float
) -> None:
    first, second = (z.clone().requires_grad_() for z in rows)
    in_batch = jaccard_nt_xent(first, second, temperature, guard=guard)
    queued = jaccard_momentum_contrast((first, second), rows, rows, temperature, guard=guard)
    for loss in (in_batch, queued):
        assert bool(loss.isfinite())
        assert all(bool(gradient.isfinite().all()) for gradient in torch.autograd.grad(loss, (first, second)))


def test_autocast_and_half_precision_rows_are_computed_in_float32() -> None:
    first, second = (unit_rows(64, 16, seed, torch.float32) for seed in (0, 1))
    expected = jaccard_nt_xent(first, second, 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(jaccard_nt_xent(first, second, 0.5), expected)
    rows = first.bfloat16().requires_grad_()
    jaccard_nt_xent(rows, second, 0.5).backward()
    assert rows.grad is not None
    assert rows.grad.dtype == torch.bfloat16


def test_no_more_than_blocks_of_the_matrices_are_allocated() -> None:
    n = 8 * BLOCK_ROWS
    rows = [unit_rows(n, 32, seed, torch.float32).requires_grad_() for seed in (0, 1)]
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        torch.autograd.grad(jaccard_nt_xent(*rows, 0.5), rows)
    changes = [event for event in trace.profiler.kineto_results.events() if event.name() == "[memory]"]
    held, highest = 0, 0
    for change in sorted(changes, key=lambda event: event.start_ns()):
        held += change.nbytes()
        highest = max(highest, held)
    assert 2 * n * BLOCK_ROWS * 4 < highest < n * n * 4


@pytest.mark.parametrize("weights", [(-0.1, 0.5), (0.7, 0.5), (math.nan, 0.1)])
def test_refuses_weights_that_are_no_parts_of_1(weights: tuple[float, float]) -> None:
    with pytest.raises(ContrastiveError, match=r"a1 >= 0 and a2 >= 0 with a1 \+ a2 <= 1, not \("):
        jaccard_nt_xent(unit_rows(4, 2), unit_rows(4, 2), 0.5, weights)


@pytest.mark.parametrize("temperature", [0.0, math.nan])
def test_refuses_a_temperature_that_is_not_positive(temperature: float) -> None:
    with pytest.raises(ContrastiveError, match=r"temperature must be above 0 .* not "):
        jaccard_nt_xent(unit_rows(4, 2), unit_rows(4, 2), temperature)


def test_refuses_an_odd_number_of_rows_and_a_second_derivative() -> None:
    with pytest.raises(ContrastiveError, match=r"two views of each picture make .* rows, not 5"):
        jaccard_nt_xent(unit_rows(5, 2), unit_rows(5, 2), 0.5)
    z = unit_rows(4, 3).requires_grad_()
    with pytest.raises(ContrastiveError, match="can't be differentiated twice"):
        torch.autograd.grad(jaccard_nt_xent(z, z, 0.5), z, create_graph=True)
