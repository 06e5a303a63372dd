"""The contrastive loss, forward and backward, against the bare matrix products that it can't do without."""

from __future__ import annotations

import functools
import itertools
import subprocess
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from benchmarks.ratio import Ratio, measure
from laconic.objective import supervised_contrastive

DIM = 128
TEMPERATURE = 0.07
CASES = ((512, 1.7, 100), (4096, 1.25, 15))  # rows, limit, repeats


def run() -> list[Ratio]:
    """Time and memory at 512 and 4096 rows, one thread, BLAS's own precision for both sides."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = [_time(*case) for case in CASES]
    finally:
        torch.set_num_threads(threads)
    return times + [ratio for rows, _, _ in CASES for ratio in _memory(rows)]


def _batch(rows: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    z = F.normalize(torch.randn(rows, DIM, generator=generator), dim=1).requires_grad_()
    return z, torch.randint(10, (rows,), generator=generator)


def _loss(z: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(supervised_contrastive(z, labels, TEMPERATURE), z)


def _products(z: Tensor, upstream: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(z @ z.T, z, upstream)


def _time(rows: int, limit: float, repeats: int) -> Ratio:
    z, labels = _batch(rows)
    upstream = torch.randn(rows, rows, generator=torch.Generator().manual_seed(0))
    work, floor = functools.partial(_loss, z, labels), functools.partial(_products, z, upstream)
    value, spread = measure(work, floor, repeats)
    return Ratio(f"contrastive loss, {rows} rows: time over Z Z^T's", value, spread, limit)


def _memory(rows: int) -> list[Ratio]:
    """Its tensors at the worst moment, and from 1024 rows on the growth of a fresh process, over N^2 floats.

    Under that a process's growth is mostly the libraries' own.
    """
    command = [sys.executable, "-m", "benchmarks.contrastive_loss", str(rows)]
    root = Path(__file__).resolve().parent.parent
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    tensors, process = (float(number) / (4 * rows**2) for number in said.stdout.split())
    ratios = [Ratio(f"contrastive loss, {rows} rows: tensors over N^2 floats", tensors, 0.0, 1.0)]
    if rows >= 1024 and process > 0:
        ratios.append(Ratio(f"contrastive loss, {rows} rows: process over N^2 floats", process, 0.0, 1.0))
    return ratios


def _peaks(rows: int) -> tuple[int, int]:
    """In a fresh process: bytes of tensors, and of resident memory (0 where Linux doesn't tell it)."""
    torch.set_num_threads(1)
    _loss(*_batch(64))  # the libraries' own memory is not the loss's
    z, labels = _batch(rows)
    before = _resident(reset=True)
    _loss(z, labels)
    growth = _resident() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        _loss(z, labels)
    changes = [event for event in trace.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes.sort(key=lambda event: event.start_ns())
    return max(itertools.accumulate(change.nbytes() for change in changes)), growth


def _resident(reset: bool = False) -> int:
    """The highest resident memory since the last reset, in bytes."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not clear.exists():
        return 0
    if reset:
        clear.write_text("5")
    lines = status.read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    print(*(_peaks(int(sys.argv[1])) if len(sys.argv) > 1 else run()), sep="\n")
