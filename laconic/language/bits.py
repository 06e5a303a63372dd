"""Whole numbers as rows of bits, the most significant first, many at a time."""

from __future__ import annotations

import numpy as np
from bitarray import bitarray
from jaxtyping import UInt8


def to_bits(values: np.ndarray, width: int) -> UInt8[np.ndarray, "batch width"]:
    """Each whole number in `width` bits, the most significant first."""
    if values.dtype != object:
        shifts = np.arange(width - 1, -1, -1, dtype=np.int64)
        return ((values[:, None] >> shifts) & 1).astype(np.uint8)
    size = (width + 7) // 8
    raw = b"".join(value.to_bytes(size, "big") for value in values.tolist())
    return np.unpackbits(np.frombuffer(raw, dtype=np.uint8).reshape(len(values), size), axis=1)[:, 8 * size - width :]


def from_bits(bits: UInt8[np.ndarray, "batch width"]) -> np.ndarray:
    """The whole numbers that `to_bits` wrote: int64 up to 62 bits, Python's own beyond."""
    width = bits.shape[1]
    if width <= 62:
        return bits.astype(np.int64) @ (np.int64(1) << np.arange(width - 1, -1, -1, dtype=np.int64))
    packed = np.packbits(np.pad(bits, ((0, 0), (-width % 8, 0))), axis=1)
    return np.array([int.from_bytes(row.tobytes(), "big") for row in packed], dtype=object)


def to_bitarray(bits: UInt8[np.ndarray, " n_bits"]) -> bitarray:
    """Bits that are each a byte of 0 or 1, packed."""
    packed = bitarray()
    packed.pack(bits.tobytes())
    return packed


def to_array(bits: bitarray) -> UInt8[np.ndarray, " n_bits"]:
    """The inverse of `to_bitarray`; read-only."""
    return np.frombuffer(bits.unpack(), dtype=np.uint8)
