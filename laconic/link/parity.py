"""Parity bits and parity checks of a 5G graph by XOR alone, eight blocks a byte.

5G's parity bits follow from one another. Of the first four layers each parity block but the first enters two, the
first three, twice with the same shift: the sum of the four layers holds the first block alone. Then each layer gives
the one block that is new in it: layers 1 to 3 the blocks 2 to 4 (the fourth layer is then redundant), and each later
layer, at any order, its own (3GPP TS 38.212, tables 5.3.2-2 and 5.3.2-3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int32, UInt8

CORE = 4  # layers whose parity bits depend on one another
CHUNK = 4096  # blocks coded at once, so that their bits stay in the cache


@dataclass(frozen=True, eq=False)
class Step:
    """Variables `targets`, each the XOR of a row of `sources`; rows are filled up with a variable that is 0."""

    targets: Int32[np.ndarray, " rows"]
    sources: Int32[np.ndarray, "rows degree"]


def steps(matrix: Any, k: int, lifting: int) -> tuple[Step, ...]:
    """In which order a graph's parity bits follow from its first `k` variables.

    Args:
        matrix: scipy's sparse [checks, variables] of ones; the parity bits stand after the k bits, in the order of
            the checks.
        k: number of bits that aren't parity.
        lifting: Z, the number of checks in a layer.
    """
    core, z = np.arange(CORE * lifting).reshape(CORE, lifting), lifting
    total = sum(matrix[rows] for rows in core)
    total.data %= 2
    total.eliminate_zeros()
    later = np.arange(CORE * z, matrix.shape[0])
    layers = [core[0], core[1], core[2], later]
    targets = [None, core[1] + k, core[2] + k, core[3] + k, later + k]
    rows = [total, *(matrix[layer] for layer in layers)]
    return tuple(_step(some, target, k) for some, target in zip(rows, targets, strict=True) if some.shape[0])


def padded(matrix: Any) -> Int32[np.ndarray, "rows degree"]:
    """The columns of a sparse matrix's ones, by row, filled up with the number of columns."""
    matrix.sort_indices()
    degrees = np.diff(matrix.indptr)
    columns = np.full((matrix.shape[0], degrees.max()), matrix.shape[1], np.int32)
    columns[np.arange(degrees.max()) < degrees[:, None]] = matrix.indices
    return columns


def codewords(
    bits: UInt8[np.ndarray, "blocks k"], order: tuple[Step, ...], variables: int
) -> UInt8[np.ndarray, "blocks variables"]:
    """Every variable of the graph for each block of bits."""
    chunks = [_codewords(bits[start : start + CHUNK], order, variables) for start in range(0, len(bits), CHUNK)]
    return np.concatenate(chunks)


def satisfied(
    words: UInt8[np.ndarray, "blocks variables"], checks: Int32[np.ndarray, "checks degree"]
) -> Bool[np.ndarray, " blocks"]:
    """Whether H c = 0, for each word c."""
    packed = _packed(words, words.shape[1])
    wrong = np.bitwise_or.reduce(np.bitwise_xor.reduce(packed[checks], axis=1), axis=0)
    found: np.ndarray = np.unpackbits(wrong, count=len(words)) == 0
    return found


def recoverable(sent: Int32[np.ndarray, " n"], checks: Int32[np.ndarray, "checks degree"], variables: int) -> bool:
    """Whether the bits on the air, without noise, give all others: again and again by a check that lacks but one.

    Where they don't, no belief propagation finds a codeword at any SNR.
    """
    known = np.ones(variables + 1, np.bool_)  # and what rows are filled up with
    known[:variables] = np.isin(np.arange(variables), sent)
    while not known.all():
        lacking = ~known[checks]
        rows = lacking.sum(axis=1) == 1
        if not rows.any():
            return False
        known[checks[rows][lacking[rows]]] = True
    return True


def _codewords(bits: np.ndarray, order: tuple[Step, ...], variables: int) -> np.ndarray:
    packed = _packed(bits, variables)
    for step in order:
        packed[step.targets] = np.bitwise_xor.reduce(packed[step.sources], axis=1)
    words: np.ndarray = np.unpackbits(packed[:variables], axis=1, count=len(bits)).T
    return words


def _packed(words: np.ndarray, variables: int) -> np.ndarray:
    """Bits turned on their side [variables + 1, bytes]; what isn't in `words`, and the last row, is 0."""
    packed = np.zeros((variables + 1, -(-len(words) // 8)), np.uint8)
    packed[: words.shape[1]] = np.packbits(words, axis=0).T
    return packed


def _step(rows: Any, targets: np.ndarray | None, k: int) -> Step:
    """One layer's step; without targets, they are the one parity bit that each row has."""
    sources = padded(rows)
    if targets is None:
        new = (sources >= k) & (sources < rows.shape[1])
        targets = sources[new]
    else:
        new = sources == targets[:, None]
    sources[new] = rows.shape[1]
    return Step(targets.astype(np.int32), sources)
