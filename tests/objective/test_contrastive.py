"""The contrastive loss against closed forms, symmetries, two other implementations and its bounds."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from laconic.objective.contrastive import ContrastiveError, supervised_contrastive


def batch(n: int, dim: int, classes: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, dim, generator=generator, dtype=dtype)
    return F.normalize(rows, dim=1), torch.randint(classes, (n,), generator=generator)


def whole_matrix(z: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Equation (2) with every matrix in full, differentiable by autograd."""
    itself = torch.eye(len(z), dtype=torch.bool)
    similarity = (z @ z.T / temperature).masked_fill(itself, -math.inf)
    positive = (labels[:, None] == labels) & ~itself
    log_share = similarity - similarity.logsumexp(1, keepdim=True)
    means = torch.where(positive, log_share, 0).sum(1) / positive.sum(1)
    return -means[positive.any(1)].mean()


def read_aloud(z: Tensor, labels: Tensor, temperature: float) -> float:
    """Equation (2) as it is printed, in plain numbers."""
    rows, names, losses = z.tolist(), labels.tolist(), []
    for i, anchor in enumerate(rows):
        score = {
            a: math.exp(sum(x * y for x, y in zip(anchor, row, strict=True)) / temperature)
            for a, row in enumerate(rows)
            if a != i
        }
        positives = [h for h in score if names[h] == names[i]]
        if positives:
            losses.append(-sum(math.log(score[h] / sum(score.values())) for h in positives) / len(positives))
    return sum(losses) / len(losses)


def gamma(z: Tensor, labels: Tensor, temperature: float) -> float:
    """Equation (5), the bounds' common term: the nearest other row against the mean positive."""
    similarity = z @ z.T / temperature
    itself = torch.eye(len(z), dtype=torch.bool)
    nearest = similarity.masked_fill(itself, -math.inf).amax(1)
    positive = (labels[:, None] == labels) & ~itself
    mean = torch.where(positive, similarity, 0).sum(1) / positive.sum(1)
    return float((nearest - mean)[positive.any(1)].mean())


@pytest.mark.parametrize("pictures", [1, 5, 700])
@pytest.mark.parametrize("temperature", [0.01, 0.07, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_rows_give_log_2n_minus_1(pictures: int, temperature: float, dtype: torch.dtype) -> None:
    row = F.normalize(torch.randn(1, 16, generator=torch.Generator().manual_seed(0), dtype=dtype), dim=1)
    labels = torch.arange(pictures).repeat(2)
    loss = supervised_contrastive(row.expand(2 * pictures, -1), labels, temperature)
    rounding = torch.finfo(dtype).eps * 2 * pictures / temperature  # of a sum of 2n rows, one after another
    assert float(loss) == pytest.approx(math.log(2 * pictures - 1), abs=rounding + 2e-6)


def test_two_opposite_clusters_have_a_closed_form() -> None:
    """Each of n = 4 rows sees one positive at similarity 1 and two negatives at -1."""
    rows, labels = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]]), torch.tensor([3, 3, 9, 9])
    expected = math.log(1 + 2 * math.exp(-2 / 0.5))
    assert float(supervised_contrastive(rows, labels, 0.5)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [2, 3, 17, 64, 600, 1100])
def test_value_and_gradient_are_those_of_the_whole_matrix(n: int) -> None:
    z, labels = batch(n, 12, classes=max(1, n // 6))
    ours, theirs = z.clone().requires_grad_(), z.clone().requires_grad_()
    value, expected = supervised_contrastive(ours, labels, 0.1), whole_matrix(theirs, labels, 0.1)
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)
    (3 * value).backward()
    (3 * expected).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


def test_value_is_that_of_the_printed_equation() -> None:
    z, labels = batch(23, 5, classes=7)
    assert float(supervised_contrastive(z, labels, 0.2)) == pytest.approx(read_aloud(z, labels, 0.2), rel=1e-12)


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 0, 2], [5, 5, 5, 5, 5, 5], [0, 1, 2, 3, 4, 4]])
def test_gradcheck(labels: list[int]) -> None:
    z = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    assert torch.autograd.gradcheck(lambda rows: supervised_contrastive(rows, torch.tensor(labels), 0.5), (z,))


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(2, 60),
    classes=st.integers(1, 8),
    temperature=st.floats(0.02, 2),
    seed=st.integers(0, 2**31),
)
def test_bounds_and_symmetries(n: int, classes: int, temperature: float, seed: int) -> None:
    """Gamma <= loss <= Gamma + log(2N - 1) <= Gamma + log 2N, equations (3) to (5), 2N being the rows."""
    z, labels = batch(n, 4, classes, seed)
    labels[0] = labels[1]
    loss = float(supervised_contrastive(z, labels, temperature))
    lower = gamma(z, labels, temperature)
    slack = 1e-9 / temperature
    assert lower - slack <= loss <= lower + math.log(n - 1) + slack <= lower + math.log(n) + slack

    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    turn = torch.linalg.qr(batch(4, 4, 1, seed)[0]).Q
    for rows, names in ((z[order], labels[order]), (z, 1000 - 7 * labels), (z @ turn, labels)):
        assert float(supervised_contrastive(rows, names, temperature)) == pytest.approx(loss, abs=1e-9)


def test_an_anchor_without_positives_is_left_out_but_remains_a_negative() -> None:
    z, labels = batch(9, 4, classes=1)
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 2, 3, 4])
    with_loners = float(supervised_contrastive(z, labels, 0.3))
    assert with_loners == pytest.approx(read_aloud(z, labels, 0.3), rel=1e-12)
    assert with_loners > float(supervised_contrastive(z[:6], labels[:6], 0.3))


def test_small_temperatures_neither_overflow_nor_vanish() -> None:
    z, labels = batch(40, 8, classes=4, dtype=torch.float32)
    rows = z.clone().requires_grad_()
    loss = supervised_contrastive(rows, labels, 1e-3)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(whole_matrix(z.double(), labels, 1e-3)), rel=1e-5)
    assert rows.grad is not None
    assert bool(rows.grad.isfinite().all())


def test_autocast_and_half_precision_rows_are_computed_in_float32() -> None:
    z, labels = batch(64, 16, classes=5, dtype=torch.float32)
    expected = supervised_contrastive(z, labels, 0.07)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(supervised_contrastive(z, labels, 0.07), expected)
    rows = z.bfloat16().requires_grad_()
    loss = supervised_contrastive(rows, labels, 0.07)
    loss.backward()
    assert torch.equal(loss, supervised_contrastive(rows.float(), labels, 0.07))
    assert rows.grad is not None
    assert rows.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("n", [512, 1500])
def test_less_than_one_similarity_matrix_is_allocated(n: int) -> None:
    z, labels = batch(n, 128, classes=10, dtype=torch.float32)
    z.requires_grad_()
    supervised_contrastive(z, labels, 0.07).backward()
    z.grad = None
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        supervised_contrastive(z, labels, 0.07).backward()
    changes = [event for event in trace.profiler.kineto_results.events() if event.name() == "[memory]"]
    held, highest = 0, 0
    for change in sorted(changes, key=lambda event: event.start_ns()):
        held += change.nbytes()
        highest = max(highest, held)
    assert n * 128 * 4 < highest <= n * n * 4


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_refuses_a_temperature_that_is_not_positive(temperature: float) -> None:
    with pytest.raises(ContrastiveError, match=r"temperature must be above 0 .* not "):
        supervised_contrastive(torch.eye(2), torch.tensor([0, 0]), temperature)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_refuses_a_batch_without_positives(n: int) -> None:
    with pytest.raises(ContrastiveError, match=f"none of the {n} rows shares its label .* two views"):
        supervised_contrastive(torch.ones(n, 3), torch.arange(n), 0.1)


def test_refuses_to_be_differentiated_twice() -> None:
    z, labels = batch(6, 3, classes=2)
    z.requires_grad_()
    with pytest.raises(ContrastiveError, match="can't be differentiated twice"):
        torch.autograd.grad(supervised_contrastive(z, labels, 0.5), z, create_graph=True)
