"""Layered normalised min-sum: a decoder of LDPC codes in machine code, many blocks side by side.

docs/decisions/0008-ldpc-decoder.md derives it and has what was measured.
"""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, no_type_check

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int32, UInt8

from laconic.extras import need
from laconic.link.sionna_code import CODES, Graph

FACTOR = 0.75  # by which the smallest magnitude is too sure of itself
LANES = 64  # blocks that are decoded side by side, one in each lane of the vector units
MAX_DEGREE = 32  # of a check; 5G's have at most 19
MAX_MESSAGE = 1e6  # a check's message grows no larger, so that nothing overflows; soft bits may, to infinity

inlined = need("numba", "link").njit(error_model="numpy")


class Words(NamedTuple):
    """Hard decisions on all variables, whether they are a codeword, and after how many passes over the graph."""

    words: UInt8[np.ndarray, "blocks variables"]
    converged: Bool[np.ndarray, " blocks"]
    passes: Int32[np.ndarray, " blocks"]


def decode(graph: Graph, llr: Float32[np.ndarray, "blocks n"], iterations: int, factor: float = FACTOR) -> Words:
    """The words that soft bits log p(0) / p(1) mean, by at most `iterations` passes.

    Every pass takes the checks in turn. A check m tells its variable v the least magnitude among what its other
    variables say, less than which it can't doubt them all, with the sign that makes the parity even:

        q_j = p_j - r_mj,    r_mv = factor * min_{j != v} |q_j| * prod_{j != v} sign(q_j),    p_v = q_v + r_mv

    where p are the variables' posteriors and r the check's messages of the pass before. A block ends where the
    signs of p are a codeword and no p is 0. What a block gives doesn't depend on those beside it. As many threads
    work as torch uses (`torch.set_num_threads`).
    """
    run, (starts, edges), blocks = compiled().run, schedule(graph), len(llr)
    found = Words(np.empty((blocks, graph.variables), np.uint8), np.empty(blocks, np.bool_), np.empty(blocks, np.int32))

    def work(part: slice) -> None:
        run(starts, edges, graph.sent, llr[part], iterations, np.float32(factor), *(each[part] for each in found))

    threads = min(torch.get_num_threads(), -(-blocks // LANES))
    bounds = [blocks * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, itertools.starmap(slice, itertools.pairwise(bounds))))
    return found


@lru_cache(CODES)
def schedule(graph: Graph) -> tuple[Int32[np.ndarray, " starts"], Int32[np.ndarray, " edges"]]:
    """The checks in the order of a pass, layers from the last to the first: check m has edges[starts[m]:starts[m + 1]].

    The first four layers join the bits that are never sent, of which two in one check leave it nothing to say.
    """
    layers = range(0, len(graph.checks), graph.lifting)
    checks = np.concatenate([graph.checks[layer : layer + graph.lifting] for layer in reversed(layers)])
    real = checks < graph.variables
    return np.concatenate([[0], np.cumsum(real.sum(axis=1))]).astype(np.int32), checks[real]


@dataclass(frozen=True, eq=False)
class Compiled:
    """The decoder in machine code: how many seconds it took to make or, if `from_disk`, to load."""

    run: Any
    seconds: float
    from_disk: bool


@cache
def compiled() -> Compiled:
    """The decoder, compiled by numba once a machine and kept in `__pycache__`, or else in the user's cache folder.

    Where numba can write to neither, it is compiled once a process.
    """
    numba = need("numba", "link")
    began = time.perf_counter()
    options = {"error_model": "numpy", "nogil": True}
    try:
        run = numba.njit(cache=True, **options)(_decode)
    except RuntimeError:  # no folder to cache in
        run = numba.njit(**options)(_decode)
    int32, bits, soft = numba.int32[::1], numba.uint8[:, ::1], numba.types.Array(numba.float32, 2, "C", readonly=True)
    fixed = numba.types.Array(numba.int32, 1, "C", readonly=True)
    signature = (fixed, fixed, fixed, soft, numba.int64, numba.float32, bits, numba.boolean[::1], int32)
    run.compile(signature)
    run.disable_compile()  # for arrays that may be written to, too, the one signature serves
    return Compiled(run, time.perf_counter() - began, bool(run.stats.cache_hits))


@no_type_check  # here and below: what numba compiles isn't wrapped in checks of its shapes, which it couldn't compile
def _decode(starts, edges, sent, llr, iterations, factor, words, converged, passes):
    """Blocks enter a lane as it falls free. The edges of check m are edges[starts[m]:starts[m + 1]]."""
    variables = words.shape[1]
    posterior = np.zeros((variables, LANES), np.float32)
    messages = np.zeros((len(edges), LANES), np.float32)
    kept = np.ones(LANES, np.float32)  # 0 in a lane whose messages are of the block before
    block, done = np.full(LANES, -1), np.zeros(LANES, np.int32)
    entered = min(LANES, len(llr))
    left = len(llr)
    for lane in range(entered):
        block[lane] = lane
        _enter(posterior, lane, sent, llr[lane])
    while left:
        _sweep(starts, edges, posterior, messages, kept, factor)
        wrong = _unsatisfied(starts, edges, posterior)
        for lane in range(LANES):
            kept[lane] = 1
            done[lane] += 1
            if block[lane] < 0:
                continue
            found = not wrong[lane] and _decided(posterior, lane)
            if not found and done[lane] < iterations:
                continue
            for v in range(variables):
                words[block[lane], v] = posterior[v, lane] < 0
            converged[block[lane]], passes[block[lane]] = found, done[lane]
            left -= 1
            block[lane], done[lane], kept[lane] = -1, 0, 0
            if entered < len(llr):
                block[lane] = entered
                _enter(posterior, lane, sent, llr[entered])
                entered += 1


@inlined
@no_type_check
def _enter(posterior, lane, sent, llr):
    for v in range(len(posterior)):
        posterior[v, lane] = 0
    for j in range(len(sent)):
        posterior[sent[j], lane] = llr[j]


@inlined
@no_type_check
def _sweep(starts, edges, posterior, messages, kept, factor):
    least, second, sign = np.empty(LANES, np.float32), np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    incoming = np.empty((MAX_DEGREE, LANES), np.float32)
    for check in range(len(starts) - 1):
        first, degree = starts[check], starts[check + 1] - starts[check]
        for lane in range(LANES):
            least[lane], second[lane], sign[lane] = MAX_MESSAGE, MAX_MESSAGE, factor
        for j in range(degree):
            p, r, q = posterior[edges[first + j]], messages[first + j], incoming[j]
            for lane in range(LANES):
                q[lane] = p[lane] - r[lane] * kept[lane]
                size = abs(q[lane])
                larger = max(least[lane], size)
                sign[lane] = sign[lane] if q[lane] >= 0 else -sign[lane]
                second[lane] = larger if larger < second[lane] else second[lane]
                least[lane] = size if size < least[lane] else least[lane]
        for j in range(degree):
            p, r, q = posterior[edges[first + j]], messages[first + j], incoming[j]
            for lane in range(LANES):
                size = second[lane] if abs(q[lane]) == least[lane] else least[lane]
                size *= sign[lane]
                r[lane] = size if q[lane] >= 0 else -size
                p[lane] = q[lane] + r[lane]


@inlined
@no_type_check
def _unsatisfied(starts, edges, posterior):
    """Whether any check of a lane's signs is odd."""
    wrong, parity = np.zeros(LANES, np.uint8), np.empty(LANES, np.uint8)
    for check in range(len(starts) - 1):
        parity[:] = 0
        for j in range(starts[check], starts[check + 1]):
            p = posterior[edges[j]]
            for lane in range(LANES):
                parity[lane] ^= np.uint8(p[lane] < 0)
        for lane in range(LANES):
            wrong[lane] |= parity[lane]
    return wrong


@inlined
@no_type_check
def _decided(posterior, lane):
    """Whether no bit of a lane is as likely 0 as 1: soft bits that say nothing aren't the codeword of zeros."""
    return np.all(posterior[:, lane] != 0)
