"""Amplitudes as n-bit levels: level 0 is silence, the others divide (0, top] evenly; 0 bits name the unit only."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32, Int64, UInt32

from laconic.language.errors import CodeError, WordError

MAX_UNIFORM_BITS = 8
TOP_PERCENTILE = 99.9
LEAST_TOP = 2**MAX_UNIFORM_BITS * float(np.finfo(np.float32).tiny)  # below it a level's value may round to silence
PATTERN_BITS = 32  # a level of 32 bits is the amplitude's float32 pattern itself


def check_level_bits(level_bits: int, least: int = 0) -> None:
    """Refuse a number of bits for which no table of values is kept.

    Raises:
        CodeError: not in `least`..8.
    """
    if not least <= level_bits <= MAX_UNIFORM_BITS:
        raise CodeError(f"uniform levels have {least}..{MAX_UNIFORM_BITS} bits, got level_bits={level_bits}")


def tops(features: Float32[np.ndarray, "batch units"]) -> Float32[np.ndarray, " units"]:
    """Where each unit's top level begins to saturate: the 99.9th percentile of its amplitudes when it fires.

    A unit that never fires gets the mean of the others, so that a first cry at run time still has a level. None is
    below LEAST_TOP.
    """
    fires = features > 0
    found = [
        np.percentile(column[on], TOP_PERCENTILE) if on.any() else np.nan
        for column, on in zip(features.T, fires.T, strict=True)
    ]
    top = np.array(found, dtype=np.float32)
    silent = np.isnan(top)
    top[silent] = top[~silent].mean(dtype=np.float64) if not silent.all() else 1.0
    return np.maximum(top, np.float32(LEAST_TOP))


def edge(top: np.ndarray, step: Any, level_bits: int) -> np.ndarray:
    """The largest amplitude of level `step` (a number or an array); the top level has none."""
    return top * np.asarray(step / max(1, 2**level_bits - 1), dtype=np.float32)


def to_levels(
    amplitudes: Float32[np.ndarray, "batch k"], top: Float32[np.ndarray, ...], level_bits: int
) -> UInt32[np.ndarray, "batch k"]:
    """Level 0 for silence, else 1..2^n - 1. `top` broadcasts against the amplitudes."""
    if level_bits == 0:
        return np.zeros(amplitudes.shape, dtype=np.uint32)
    levels = (amplitudes > 0).astype(np.uint32)
    for step in range(1, 2**level_bits - 1):
        levels += amplitudes > edge(top, step, level_bits)
    return levels


def mean_values(
    units: np.ndarray,
    levels: UInt32[np.ndarray, "batch k"],
    amplitudes: Float32[np.ndarray, "batch k"],
    top: Float32[np.ndarray, " units"],
    level_bits: int,
) -> Float32[np.ndarray, "units levels"]:
    """What a (unit, level) stands for: the mean of the amplitudes said so, or the bin's centre if none were.

    A mean never leaves its bin, so a value's level is the level it stands for.
    """
    n_levels = 2**level_bits
    at = (units.astype(np.int64) * n_levels + levels).reshape(-1)
    size = len(top) * n_levels
    count = np.bincount(at, minlength=size).reshape(-1, n_levels)
    total = np.bincount(at, weights=amplitudes.reshape(-1), minlength=size).reshape(-1, n_levels)
    values = np.zeros((len(top), n_levels), dtype=np.float32)
    if level_bits == 0:
        said = (count > 0) & (total > 0)
        return np.where(said, total / np.maximum(count, 1), top[:, None]).astype(np.float32)
    for level in range(1, n_levels):
        centre = edge(top, level - 0.5, level_bits)
        mean = np.where(count[:, level] > 0, total[:, level] / np.maximum(count[:, level], 1), centre)
        values[:, level] = mean
    return values


def from_pattern(levels: UInt32[np.ndarray, "batch k"]) -> Float32[np.ndarray, "batch k"]:
    """Amplitudes from their float32 patterns.

    Raises:
        WordError: a pattern is not a finite amplitude of at least 0.
    """
    if levels.size and levels.max() >= 0x7F800000:
        raise WordError(f"a 32-bit level is a finite float32 of at least 0, got the pattern {levels.max():#010x}")
    return levels.view(np.float32)


def frequent(features: Float32[np.ndarray, "batch units"], threshold: float) -> Int64[np.ndarray, " chosen"]:
    """The units that fire in more than `threshold` of the pictures (paper 001, equation 13).

    The paper's printed threshold contradicts itself; its figures use 0.0455, two standard deviations' tail.

    Raises:
        CodeError: no unit does.
    """
    rates = (features > 0).mean(axis=0)
    chosen = np.flatnonzero(rates > threshold)
    if not len(chosen):
        raise CodeError(
            f"no unit fires in more than {threshold:.2%} of the pictures, the busiest in {rates.max():.2%}; "
            "lower the threshold or train with less sparsity"
        )
    return chosen
