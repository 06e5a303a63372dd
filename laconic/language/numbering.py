"""Arrangements of units as whole numbers: subsets by the combinatorial number system, orders by Lehmer's code."""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import partial

import numpy as np
from jaxtyping import Int32, Int64


def subset(rank: int, n_units: int, k: int) -> list[int]:
    """The k ascending units whose C(u_j, j + 1), j from 0, sum to `rank`."""
    units = []
    for size in reversed(range(1, k + 1)):
        unit = bisect_right(range(n_units), rank, key=partial(_choose, size)) - 1
        rank -= math.comb(unit, size)
        units.append(unit)
    return units[::-1]


def _choose(size: int, n: int) -> int:
    return math.comb(n, size)


def digits_of(units: Int32[np.ndarray, "batch k"]) -> Int64[np.ndarray, "batch k"]:
    """Each unit's place among the units that the word has not named yet (Lehmer's code)."""
    digits = units.astype(np.int64)
    for j in range(1, units.shape[1]):
        digits[:, j] -= (units[:, :j] < units[:, j : j + 1]).sum(axis=1)
    return digits


def units_of(digits: Int64[np.ndarray, "batch k"]) -> Int32[np.ndarray, "batch k"]:
    """The inverse of `digits_of`."""
    units = digits.copy()
    for j in range(1, digits.shape[1]):
        for named in np.sort(units[:, :j], axis=1).T:
            units[:, j] += units[:, j] >= named
    return units.astype(np.int32)
