"""InfoNCE against its closed forms, its bounds (Theorem 1) and PyTorch's cross-entropy."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from laconic.objective import ContrastiveError, info_nce, momentum_contrast, nt_xent


def unit_rows(n: int, dim: int = 6, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64), dim=1)


@pytest.mark.parametrize("negatives", [0, 1, 7])
def test_equal_similarities_give_log_of_their_number(negatives: int) -> None:
    loss = info_nce(torch.full((3,), 0.4), torch.full((3, negatives), 0.4), 0.5)
    assert float(loss) == pytest.approx(math.log(1 + negatives), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.05, 0.5])
def test_two_views_are_softmax_classification_of_the_other_view(temperature: float) -> None:
    z = unit_rows(10)
    logits = (z @ z.T / temperature).fill_diagonal_(-math.inf)
    expected = F.cross_entropy(logits, torch.arange(10).roll(5))
    assert float(nt_xent(z, temperature)) == pytest.approx(float(expected), abs=1e-12)


def test_momentum_contrast_is_softmax_classification_of_the_key() -> None:
    queries, keys, queue = unit_rows(4), unit_rows(4, seed=1), unit_rows(9, seed=2)
    logits = torch.stack([torch.cat([(q @ k)[None], queue @ q]) for q, k in zip(queries, keys, strict=True)]) / 0.2
    expected = F.cross_entropy(logits, torch.zeros(4, dtype=torch.long))
    assert float(momentum_contrast(queries, keys, queue, 0.2)) == pytest.approx(float(expected), abs=1e-12)


def test_without_negatives_there_is_nothing_to_learn() -> None:
    queries = unit_rows(4).requires_grad_()
    loss = momentum_contrast(queries, unit_rows(4, seed=1), unit_rows(0), 0.2)
    loss.backward()
    assert float(loss.detach()) == 0
    assert queries.grad is not None
    assert float(queries.grad.abs().max()) == 0


@given(
    similarities=st.lists(st.floats(-1, 1), min_size=2, max_size=20),
    temperature=st.floats(0.01, 5),
)
def test_theorem_1_the_loss_bounds_the_mean_triplet_loss(similarities: list[float], temperature: float) -> None:
    """L_co >= max(0, s_1 - s+, ..., s_n - s+) >= mean max(0, s_j - s+), the similarities being over t."""
    positive, *negative = (torch.tensor(similarities, dtype=torch.float64) / temperature).tolist()
    triplets = [max(0.0, s - positive) for s in negative]
    rows = torch.tensor([similarities], dtype=torch.float64)
    loss = float(info_nce(rows[:, 0], rows[:, 1:], temperature))
    slack = 1e-12 / temperature
    assert loss + slack >= max(triplets) >= sum(triplets) / len(triplets) - slack
    assert loss <= max(triplets) + math.log(len(similarities)) + slack  # how smoothly it approximates the largest


@pytest.mark.parametrize("rows", [0, 3])
def test_refuses_rows_that_are_no_two_views(rows: int) -> None:
    with pytest.raises(ContrastiveError, match=f"two views of each picture make 2, 4, 6, .* rows, not {rows}"):
        nt_xent(unit_rows(rows), 0.5)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_refuses_a_temperature_that_is_not_positive(temperature: float) -> None:
    with pytest.raises(ContrastiveError, match=r"temperature must be above 0 .* not "):
        info_nce(torch.ones(2), torch.ones(2, 2), temperature)
