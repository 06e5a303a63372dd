"""The LDPC code against Sionna's on the same blocks: min-sum over boxplus-phi (flooding, 20 iterations), and encoding.

At the same Eb/N0 min-sum's block error rate is the lower one: docs/decisions/0008-ldpc-decoder.md.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.ratio import Ratio, measure
from laconic.link.ldpc import LDPC

BLOCKS, EB_N0_DB = 512, 2.0
DECODE, ENCODE = 1 / 35, 1 / 10  # of Sionna's time
REPEATS = 3, 15


def run() -> list[Ratio]:
    """CPU time on one thread. min-sum stops where a codeword is found, Sionna's decoder doesn't."""
    code = LDPC(k=512, n=1024)
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (BLOCKS, code.k), dtype=np.uint8)
    variance = 1 / (2 * code.code_rate * 10 ** (EB_N0_DB / 10))  # of each axis, where QPSK sends +-1
    received = 1 - 2.0 * code.encode(bits) + rng.normal(scale=math.sqrt(variance), size=(BLOCKS, code.n))
    llr = (2 / variance * received).astype(np.float32)
    encode, decode = _sionna(code, bits, llr)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        decoding = measure(functools.partial(code.decode, llr), decode, REPEATS[0])
        encoding = measure(functools.partial(code.encode, bits), encode, REPEATS[1])
    finally:
        torch.set_num_threads(threads)
    return [
        Ratio(f"LDPC decoding, {BLOCKS} blocks at {EB_N0_DB:g} dB: time over Sionna's", *decoding, DECODE),
        Ratio(f"LDPC encoding, {BLOCKS} blocks: time over Sionna's", *encoding, ENCODE),
    ]


def _sionna(code: LDPC, bits: np.ndarray, llr: np.ndarray) -> tuple[Callable[[], object], Callable[[], object]]:
    """Sionna's encoder, without its check of the bits, and its decoder, on what they work on."""
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder

        encoder = LDPC5GEncoder(code.k, code.n, code.bits_per_symbol, device="cpu", check_input=False)
        decoder = LDPC5GDecoder(encoder, num_iter=20, device="cpu")
    sent, logits = torch.from_numpy(bits).float(), torch.from_numpy(-llr)
    return functools.partial(encoder, sent), functools.partial(decoder, logits)


if __name__ == "__main__":
    print(*run(), sep="\n")
