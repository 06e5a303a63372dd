"""Faster float32 matrix products on processors where they cost no precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch

MAX_RELATIVE_ERROR = 2e-6
"""What a product may lose. Float32 loses 3e-7 at the sizes below, a product of bfloat16 factors 2e-3."""

_MKLDNN: Any = torch.backends.mkldnn


@contextmanager
def fast_matmul() -> Iterator[bool]:
    """Send float32 matrix products to oneDNN where that is free of charge; yields whether it is.

    `torch.backends.mkldnn.matmul.fp32_precision = "bf16"` takes products from BLAS to oneDNN, which may
    round their factors to bfloat16. On one processor with AVX-512 it was found to stay at float32 and to be
    twice as fast; on one with AMX it really rounds. So a sample product is checked first, once a process,
    and nothing is changed if its error is more than float32's. The setting is torch's own, for all threads;
    leaving restores it.
    """
    with _precision("bf16" if _holds() else _MKLDNN.matmul.fp32_precision):
        yield _holds()


@contextmanager
def _precision(precision: str) -> Iterator[None]:
    before = _MKLDNN.matmul.fp32_precision
    _MKLDNN.matmul.fp32_precision = precision
    try:
        yield
    finally:
        _MKLDNN.matmul.fp32_precision = before


@cache
def _holds() -> bool:
    return bool(_MKLDNN.is_available()) and relative_error("bf16") <= MAX_RELATIVE_ERROR


def relative_error(precision: str) -> float:
    """The error of float32 products under oneDNN's `precision`, relative to the product (Frobenius norms).

    It is the worst of several shapes, since oneDNN chooses its method by the shape.
    """
    with _precision(precision):
        return max(_product_error(n, d) for n, d in ((64, 128), (256, 256), (512, 128), (512, 512)))


def _product_error(rows: int, inner: int) -> float:
    left, right = torch.randn(2, rows, inner, generator=torch.Generator().manual_seed(rows))
    exact = left.double() @ right.double().T
    return float((left @ right.T - exact).norm() / exact.norm())
