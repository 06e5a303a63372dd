"""The Jaccard loss, forward and backward, against the two bare similarity products that it can't do without."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.ratio import Ratio, measure
from laconic.objective import jaccard_nt_xent

ROWS, DIM = 4096, 128
TEMPERATURE = 0.5
LIMIT = 1.6
REPEATS = 15


def run() -> list[Ratio]:
    """CPU time on one thread, BLAS's own precision for both sides."""
    generator = torch.Generator().manual_seed(0)
    rows = [F.normalize(torch.randn(ROWS, DIM, generator=generator), dim=1).requires_grad_() for _ in range(2)]
    upstream = torch.randn(ROWS, ROWS, generator=generator)
    work, floor = functools.partial(_loss, *rows), functools.partial(_products, *rows, upstream)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        value, spread = measure(work, floor, REPEATS)
    finally:
        torch.set_num_threads(threads)
    return [Ratio(f"Jaccard loss, {ROWS} rows: time over two Z Z^T's", value, spread, LIMIT)]


def _loss(first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(jaccard_nt_xent(first, second, TEMPERATURE), (first, second))


def _products(first: Tensor, second: Tensor, upstream: Tensor) -> tuple[Tensor, ...]:
    """A product each for s and for ds = 2 - 2 cos, and two more each for their gradients."""
    return torch.autograd.grad((first @ first.T, second @ second.T), (first, second), (upstream, upstream))


if __name__ == "__main__":
    print(*run(), sep="\n")
