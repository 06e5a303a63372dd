"""Instance and cluster discrimination against closed forms, the equations read aloud, symmetries and a collapse."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from laconic.objective.disentangle import (
    DisentangleError,
    cluster_balance,
    cluster_consistency,
    cluster_entropy,
    cluster_probabilities,
    instance_discrimination,
)


class Case(NamedTuple):
    anchors: Tensor
    positives: Tensor
    stale: Tensor
    tags: Tensor
    clusters: Tensor


def case(seed: int = 0, batch: int = 5, stale: int = 11, dim: int = 3, m: int = 4) -> Case:
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randn(n, dim, generator=generator, dtype=torch.float64) for n in (batch, batch, stale)]
    tags, clusters = (torch.randint(m, (n,), generator=generator) for n in (stale, batch))
    tags[0] = -1
    return Case(rows[0], rows[1], rows[2], tags, clusters)


def cos(a: Tensor, b: Tensor) -> float:
    return float(a @ b / (a.norm() * b.norm()))


def instances_read_aloud(c: Case, t: float, everything: bool) -> float:
    """Equation (2'), one number after the other."""
    losses = []
    for i, a in enumerate(c.anchors):
        own = math.exp(cos(a, c.positives[i]) / t)
        others = [
            math.exp(cos(a, b) / t)
            for b, tag in zip(c.stale, c.tags.tolist(), strict=True)
            if tag >= 0 and (everything or tag != int(c.clusters[i]))
        ]
        losses.append(-math.log(own / (own + sum(others))))
    return sum(losses) / len(losses)


def probabilities_read_aloud(c: Case, m: int, t: float) -> list[list[float]]:
    """Equation (3'), likewise."""
    table = []
    for a in c.anchors:
        sums = [0.0] * m
        for b, tag in zip(c.stale, c.tags.tolist(), strict=True):
            if tag >= 0:
                sums[tag] += math.exp(cos(a, b) / t)
        table.append([each / sum(sums) for each in sums])
    return table


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), t=st.floats(0.05, 2), batch=st.integers(1, 6), stale=st.integers(2, 12))
def test_equations_2_and_3_are_those_read_aloud(seed: int, t: float, batch: int, stale: int) -> None:
    c = case(seed, batch, stale)
    for everything in (False, True):
        ours = instance_discrimination(*c[:4], None if everything else c.clusters, t)
        assert float(ours) == pytest.approx(instances_read_aloud(c, t, everything), rel=1e-9, abs=1e-12)
    table = torch.tensor(probabilities_read_aloud(c, 4, t), dtype=torch.float64)
    torch.testing.assert_close(cluster_probabilities(c.anchors, c.stale, c.tags, 4, t), table)


def test_equal_rows_give_log_of_one_and_the_negatives() -> None:
    row = torch.ones(2, 3)
    tags = torch.tensor([0, 0, 0, 1, -1])
    clusters = torch.tensor([0, 1])
    loss = float(instance_discrimination(row, row, row[:1].expand(5, 3), tags, clusters, 0.1))
    assert loss == pytest.approx((math.log(1 + 1) + math.log(1 + 3)) / 2, abs=1e-6)
    loss = float(instance_discrimination(row, row, row[:1].expand(5, 3), tags, None, 0.1))
    assert loss == pytest.approx(math.log(1 + 4), abs=1e-6)
    table = cluster_probabilities(row, row[:1].expand(5, 3), tags, 3, 0.1)
    torch.testing.assert_close(table, torch.tensor([[0.75, 0.25, 0.0]] * 2))


def test_with_nothing_to_be_told_from_the_loss_is_zero_and_so_is_its_gradient() -> None:
    c = case()
    anchors = c.anchors.clone().requires_grad_()
    loss = instance_discrimination(anchors, c.positives, c.stale, torch.full_like(c.tags, -1), None, 0.1)
    loss.backward()
    assert float(loss.detach()) == 0
    assert anchors.grad is not None
    assert bool((anchors.grad == 0).all())


def test_temperature_zero_and_nan_are_refused() -> None:
    c = case()
    for t in (0.0, -0.1, math.nan):
        with pytest.raises(DisentangleError, match=r"temperature must be above 0 .*, not "):
            instance_discrimination(*c, t)


def test_an_empty_memory_and_a_foreign_tag_are_refused() -> None:
    c = case()
    with pytest.raises(DisentangleError, match="the memory is empty: fill it"):
        cluster_probabilities(c.anchors, c.stale, torch.full_like(c.tags, -1), 4, 0.1)
    with pytest.raises(DisentangleError, match="tags go from 0 to 1 for 2 clusters, not to 3"):
        cluster_probabilities(c.anchors, c.stale, torch.full_like(c.tags, 3), 2, 0.1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_numbers_of_clusters_and_lengths_of_rows_mean_nothing(seed: int) -> None:
    c = case(seed)
    order = torch.randperm(4, generator=torch.Generator().manual_seed(seed))
    renamed = torch.where(c.tags >= 0, order[c.tags], -1)
    loss = instance_discrimination(*c, 0.2)
    torch.testing.assert_close(
        instance_discrimination(3 * c.anchors, c.positives / 7, 5 * c.stale, renamed, order[c.clusters], 0.2), loss
    )
    p = cluster_probabilities(c.anchors, c.stale, c.tags, 4, 0.2)
    permuted = cluster_probabilities(9 * c.anchors, c.stale / 2, renamed, 4, 0.2)
    torch.testing.assert_close(permuted[:, order], p)
    logits = p.log().clamp_min(-50)
    assert float(cluster_consistency(permuted, logits[:, order.argsort()])) == pytest.approx(
        float(cluster_consistency(p, logits)), abs=1e-9
    )
    for loss_of in (cluster_entropy, cluster_balance):
        assert float(loss_of(permuted)) == pytest.approx(float(loss_of(p)), abs=1e-9)


def test_consistency_is_a_cross_entropy_and_is_least_where_both_agree() -> None:
    """CE(P, q) = H(P) + KL(P || q): torch's own KL is the oracle, and q = P its minimum."""
    generator = torch.Generator().manual_seed(3)
    p = torch.rand(6, 5, generator=generator, dtype=torch.float64).softmax(1)
    logits = torch.randn(6, 5, generator=generator, dtype=torch.float64)
    divergence = nn.functional.kl_div(logits.log_softmax(1), p, reduction="batchmean")
    torch.testing.assert_close(cluster_consistency(p, logits), cluster_entropy(p) + divergence)
    torch.testing.assert_close(cluster_consistency(p, p.log()), cluster_entropy(p))


def test_entropy_and_balance_have_closed_forms() -> None:
    even, certain = torch.full((4, 8), 1 / 8), torch.eye(8)
    assert float(cluster_entropy(even)) == pytest.approx(math.log(8), abs=1e-6)
    assert float(cluster_entropy(certain)) == 0
    assert float(cluster_balance(even)) == pytest.approx(0, abs=1e-6)
    assert float(cluster_balance(certain)) == pytest.approx(0, abs=1e-6)
    assert float(cluster_balance(certain[:1].expand(8, 8))) == pytest.approx(math.log(8), abs=1e-6)
    assert float(cluster_balance(certain[:2])) == pytest.approx(math.log(8) - math.log(2), abs=1e-6)


@pytest.mark.parametrize("form", [cluster_entropy, cluster_balance])
def test_a_probability_of_zero_has_a_finite_gradient(form: object) -> None:
    assert callable(form)
    p = torch.eye(3).requires_grad_()
    form(p).backward()
    assert p.grad is not None
    assert bool(p.grad.isfinite().all())


def test_only_consistency_reaches_the_boundaries() -> None:
    """The print's claim that boundaries are updated by backpropagation holds for (4') and not for (4)."""
    c, phi = case(), nn.Linear(3, 4, dtype=torch.float64)
    anchors = c.anchors.clone().requires_grad_()
    p = cluster_probabilities(anchors, c.stale, c.tags, 4, 0.1)
    parameters = [anchors, *phi.parameters()]
    literal = torch.autograd.grad(cluster_entropy(p), parameters, allow_unused=True, retain_graph=True)
    assert literal[0] is not None
    assert literal[1:] == (None, None)
    ours = torch.autograd.grad(cluster_consistency(p.detach(), phi(anchors)), parameters)
    assert all(bool((gradient != 0).any()) for gradient in ours)


def moved(balance_weight: float) -> Tensor:
    """Where 40 rows end that all lean a little to cluster 0 and are free to move under (4) as printed."""
    generator = torch.Generator().manual_seed(0)
    centres, tags = torch.eye(4), torch.arange(4)
    rows = (0.1 * torch.randn(40, 4, generator=generator) + torch.tensor([0.4, 0.1, 0.1, 0.1])).requires_grad_()
    optimizer = torch.optim.SGD([rows], 2.0)
    for _ in range(200):
        p = cluster_probabilities(rows, centres, tags, 4, 0.5)
        loss = cluster_entropy(p) + balance_weight * cluster_balance(p)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return cluster_probabilities(rows.detach(), centres, tags, 4, 0.5).argmax(1).bincount(minlength=4)


def test_the_printed_form_puts_all_into_one_cluster_and_balance_prevents_it() -> None:
    assert int(moved(0.0).max()) >= 36
    assert int(moved(2.0).max()) <= 15
