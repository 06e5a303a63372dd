"""The analog AWGN link, vectors to vectors, against what it can't do without: its noise, and one pass to add it."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from benchmarks.ratio import Ratio, measure
from laconic.link import AWGN, AnalogLink

PACKETS, REALS = 1024, 1024
SNR_DB = 10.0
LIMIT = 1.3
REPEATS = 31


def run() -> list[Ratio]:
    """CPU time on one thread, no gradient."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(PACKETS, REALS, generator=generator)
    torch.empty(4 * PACKETS, REALS)  # freed: the C library then keeps a batch's memory, and no round waits for pages
    link = AnalogLink(AWGN())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        value, spread = measure(
            functools.partial(link, vectors, SNR_DB, generator=generator),
            functools.partial(_noisy, vectors, generator),
            REPEATS,
        )
    finally:
        torch.set_num_threads(threads)
    return [Ratio(f"analog AWGN link, {PACKETS} packets: over drawing its noise", value, spread, LIMIT)]


def _noisy(vectors: Tensor, generator: torch.Generator) -> Tensor:
    return vectors + torch.randn(vectors.shape, generator=generator)


if __name__ == "__main__":
    print(*run(), sep="\n")
