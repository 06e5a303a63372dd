"""Straight-through quantisers and the projector: values of the quantiser, gradients of the identity."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from laconic.encoder.projector import Projector
from laconic.encoder.straight_through import levels, named_units, straight_through, top_k
from laconic.language.levels import to_levels

ROWS = torch.tensor([[0.3, 0.0, 2.0, 0.7], [0.1, 0.2, 0.0, 0.05]])


@pytest.mark.parametrize("quantise", [lambda x: top_k(x, 2), lambda x: levels(x, 2, torch.ones(4))])
def test_the_gradient_is_that_of_the_identity(quantise) -> None:
    rows = ROWS.clone().requires_grad_()
    (quantise(rows) * torch.arange(8.0).view(2, 4)).sum().backward()
    assert rows.grad is not None
    assert rows.grad.tolist() == [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]


def test_top_k_keeps_the_strongest() -> None:
    assert top_k(ROWS, 1).tolist() == [[0.0, 0.0, 2.0, 0.0], [0.0, ROWS[1, 1], 0.0, 0.0]]
    assert top_k(ROWS, 2)[0].tolist() == [0.0, 0.0, 2.0, ROWS[0, 3]]
    assert torch.equal(top_k(ROWS, 4), ROWS)
    assert torch.equal(top_k(ROWS, 9), ROWS)


def test_levels_by_hand() -> None:
    features = torch.tensor([[0.0, 1e-6, 1.0, 1.1, 2.9, 3.0, 9.0]])
    assert levels(features, 2, torch.full((7,), 3.0)).tolist() == [[0.0, 0.5, 0.5, 1.5, 2.5, 2.5, 2.5]]
    assert levels(features, 1, torch.full((7,), 3.0)).tolist() == [[0.0] + [1.5] * 6]


@given(level_bits=st.integers(1, 8), top=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_levels_are_those_of_the_language(level_bits: int, top: float, seed: int) -> None:
    """The same bins as the receiver's tables know, away from their edges by more than rounding."""
    features = 1.3 * top * torch.rand(50, 1, generator=torch.Generator().manual_seed(seed))
    features[::5] = 0
    tops = np.full(1, top, dtype=np.float32)
    said = to_levels(features.numpy(), tops, level_bits)
    width = top / (2**level_bits - 1)
    quantised = levels(features, level_bits, torch.from_numpy(tops))
    away = (features / width - (features / width).round()).abs() > 1e-3
    np.testing.assert_allclose(quantised[away], ((said - 0.5).clip(0) * width)[away.numpy()], rtol=1e-5)
    assert not quantised[features == 0].any()
    assert bool((quantised[features > 0] > 0).all())


def test_straight_through_takes_any_quantiser_to_the_bit() -> None:
    features = torch.rand(50, 9, generator=torch.Generator().manual_seed(0)).mul(1e3).requires_grad_()
    quantised = features.detach().bfloat16().float()
    said = straight_through(features, quantised)
    assert torch.equal(said, quantised)
    said.sum().backward()
    assert features.grad is not None
    assert torch.equal(features.grad, torch.ones_like(features))


def test_projector_rows_have_unit_length_and_its_layers_the_given_widths() -> None:
    projector = Projector(20, dim=7)
    rows = projector(torch.rand(5, 20))
    assert rows.shape == (5, 7)
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(5))
    assert [tuple(p.shape) for p in projector.parameters()] == [(20, 20), (20,), (7, 20), (7,)]
    with torch.autocast("cpu", torch.bfloat16):
        assert projector(torch.rand(5, 20)).dtype == torch.float32


def test_named_units_are_the_one_bit_word_going_forward() -> None:
    features = torch.tensor([[0.0, 3.0, 1.0, 2.0], [0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]])
    wanted = [[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    assert named_units(features, 2).tolist() == wanted
    assert named_units(features, 9).tolist() == (features > 0).float().tolist()


def test_named_units_move_most_near_the_threshold() -> None:
    features = torch.tensor([[9.0, 1.1, 0.9, 0.0]], requires_grad=True)
    named_units(features, 2).sum().backward()
    far_above, named, missed, silent = features.grad[0].tolist()
    assert named > far_above >= 0
    assert missed > silent > 0
    assert named == pytest.approx(missed, rel=1e-5)
