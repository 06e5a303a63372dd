"""The Jensen-Shannon term: its closed forms, its bounds, and SciPy's as an oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from laconic.objective import jensen_shannon


def logits(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_views_that_agree_cost_nothing() -> None:
    one = logits(5, 4)
    assert float(jensen_shannon([one, one, one + 7])) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_sure_views_of_different_classes_cost_most(n: int) -> None:
    views = [1e3 * torch.eye(n, dtype=torch.float64)[i : i + 1] for i in range(n)]
    assert float(jensen_shannon(views)) == pytest.approx(math.log(n), rel=1e-12)


def test_two_views_are_scipys() -> None:
    first, second = logits(2, 6, 4)
    wanted = np.mean(jensenshannon(first.softmax(1).numpy(), second.softmax(1).numpy(), axis=1) ** 2)
    assert float(jensen_shannon([first, second])) == pytest.approx(wanted, rel=1e-10)


def test_order_does_not_count_and_gradients_are_right() -> None:
    views = logits(3, 4, 5).requires_grad_()
    assert float(jensen_shannon(list(views)).detach()) == pytest.approx(
        float(jensen_shannon(list(views.flip(0))).detach()), rel=1e-12
    )
    assert torch.autograd.gradcheck(lambda x: jensen_shannon(list(x)), (views,))
