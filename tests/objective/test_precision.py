"""The faster matrix products are used where they are float32 products, and only there."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from laconic.objective import precision
from laconic.objective.precision import fast_matmul, relative_error

SETTING: Any = torch.backends.mkldnn


def test_is_on_inside_if_and_only_if_it_holds_and_restored_outside() -> None:
    before = SETTING.matmul.fp32_precision
    with fast_matmul() as holds:
        assert holds == (relative_error("bf16") <= precision.MAX_RELATIVE_ERROR)
        assert SETTING.matmul.fp32_precision == ("bf16" if holds else before)
    assert SETTING.matmul.fp32_precision == before


@pytest.mark.parametrize("holds", [True, False])
def test_is_decided_by_the_check(monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    before = SETTING.matmul.fp32_precision
    monkeypatch.setattr(precision, "_holds", lambda: holds)
    with fast_matmul() as inside:
        assert inside == holds
        assert SETTING.matmul.fp32_precision == ("bf16" if holds else before)
    assert SETTING.matmul.fp32_precision == before


def test_is_restored_after_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SETTING.matmul.fp32_precision
    monkeypatch.setattr(precision, "_holds", lambda: True)
    with pytest.raises(ZeroDivisionError), fast_matmul():
        raise ZeroDivisionError
    assert SETTING.matmul.fp32_precision == before


def test_products_inside_have_the_precision_of_float32() -> None:
    left, right = torch.randn(2, 300, 300, generator=torch.Generator().manual_seed(3))
    exact = left.double() @ right.double()
    with fast_matmul():
        error = (left @ right - exact).norm() / exact.norm()
    assert float(error) < precision.MAX_RELATIVE_ERROR
    assert relative_error("ieee") < precision.MAX_RELATIVE_ERROR
