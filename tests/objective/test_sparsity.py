"""The sparsity penalties: their sums by hand, their gradients by the paper's equations (9) and (11)."""

from __future__ import annotations

import pytest
import torch

from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity

ROWS = torch.tensor([[1.0, 0.0, 2.5], [0.5, 0.0, 0.0]])


@pytest.mark.parametrize("penalty", [feature_sparsity, mask_sparsity, weighted_sparsity])
def test_sum_over_units_mean_over_pictures(penalty) -> None:
    assert float(penalty(ROWS)) == 2.0
    assert float(penalty(-ROWS)) == 2.0
    assert float(penalty(ROWS.repeat(7, 1))) == 2.0


@pytest.mark.parametrize("penalty", [feature_sparsity, weighted_sparsity])
def test_the_gradient_is_the_sign_of_what_is_penalised(penalty) -> None:
    """Equations (9) and (11), of one picture: 1 for every active unit, however weak, and else 0."""
    rows = ROWS[:1].clone().requires_grad_()
    penalty(rows).backward()
    assert rows.grad is not None
    assert rows.grad.tolist() == [[1.0, 0.0, 1.0]]


def test_the_mask_penalty_does_not_see_the_features() -> None:
    features, mask = ROWS.clone().requires_grad_(), (ROWS > 0).float().requires_grad_()
    (mask_sparsity(mask) + 0 * (features * mask).sum()).backward()
    assert mask.grad is not None
    assert features.grad is not None
    assert mask.grad.tolist() == [[0.5, 0.0, 0.5], [0.5, 0.0, 0.0]]
    assert not features.grad.any()


def test_the_weighted_penalty_presses_each_feature_by_its_mask() -> None:
    features, mask = torch.full((1, 3), 2.0, requires_grad=True), torch.tensor([[0.0, 0.25, 3.0]])
    weighted_sparsity(features * mask).backward()
    assert features.grad is not None
    assert features.grad.tolist() == [[0.0, 0.25, 3.0]]
