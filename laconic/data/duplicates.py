"""Test pictures that stand in the training split, too: exactly, or re-encoded, or a little brighter.

Exact ones have equal pixels. For near ones each test picture's nearest training picture is found among 8 x 8
grey thumbnails, all pairs by one matrix product (so there is no hash to tune), and confirmed on the full
pictures' grey values, so that a recoloured copy is found as well. Crops, mirror images and shifts are not
found.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt, UInt8

_SIDE = 8
_EXAMPLES = 8
_BLOCK = 256  # test rows whose distances to all training rows are held at once

# Of copies of photographs and of written digits through JPEG quality 60 (4:2:0), all but a few in ten
# thousand keep these limits; different pictures hardly ever do. A cell has a limit of its own because something
# small that comes into a view makes another picture of it, and in a dark view it takes less.
RMS_LEVELS = 10.5
CORRELATION = 0.965
CELL_LEVELS = (3.0, 12.0)
CELL_CONTRAST = 0.2  # between the two, this part of the picture's standard deviation
# Within this, in every colour, pictures are the same, even flat ones, whose correlation means nothing.
FLAT_RMS_LEVELS = 1.5

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class DuplicateReport:
    """How many of `n` test pictures stand in the training split: with equal pixels, or (others) nearly so.

    `examples` are up to eight pairs (test row, training row), exact ones first.
    """

    n: int
    exact: int
    near: int
    examples: tuple[tuple[int, int], ...]

    @property
    def warning(self) -> str | None:
        """One line for the user; None if there are no duplicates."""
        if not self.exact and not self.near:
            return None
        share = 100 * (self.exact + self.near) / self.n
        pairs = ", ".join(f"{test}={train}" for test, train in self.examples)
        return (
            f"{self.exact} exact and {self.near} near duplicates of training pictures among {self.n} test "
            f"pictures ({share:.1f} %): accuracy may flatter; test row=train row: {pairs}"
        )


def find_duplicates(
    train: UInt[np.ndarray, " n_train *item"],
    test: UInt[np.ndarray, " n_test *item"],
) -> DuplicateReport:
    """Compare two splits' pictures, as `Preprocessing` gives them; large sets come as small pictures.

    About 130 floating-point operations for each pair of a test and a training picture: a second or two for
    5,000 x 60,000. Of texts, which come as tokens, only exact ones are found.
    """
    if not len(train) or not len(test):
        return DuplicateReport(len(test), 0, 0, ())
    row_of = {_digest(image): row for row, image in reversed(list(enumerate(train)))}
    twins = {row: row_of.get(_digest(image)) for row, image in enumerate(test)}
    exact = [(row, twin) for row, twin in twins.items() if twin is not None]
    if train.dtype != np.uint8:
        return DuplicateReport(len(test), len(exact), 0, tuple(exact[:_EXAMPLES]))
    rest = np.array([row for row, twin in twins.items() if twin is None], np.int64)
    queries, keys = _thumbnails(test[rest]), _thumbnails(train)
    nearest = _nearest(queries, keys)
    worst = np.abs(queries - keys[nearest]).max(axis=1, initial=0)
    candidates = zip(rest.tolist(), nearest.tolist(), worst.tolist(), strict=True)
    near = [(row, other) for row, other, cell in candidates if _is_copy(test[row], train[other], cell)]
    return DuplicateReport(len(test), len(exact), len(near), tuple([*exact, *near][:_EXAMPLES]))


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def _is_copy(a: np.ndarray, b: np.ndarray, worst_cell: float) -> bool:
    if worst_cell > CELL_LEVELS[1]:
        return False
    if _rms(a.astype(np.float32) - b) <= FLAT_RMS_LEVELS and worst_cell <= FLAT_RMS_LEVELS:
        return True
    x, y = _grey(a), _grey(b)
    if _rms(x - y) > RMS_LEVELS or worst_cell > max(CELL_LEVELS[0], CELL_CONTRAST * float(x.std())):
        return False
    x, y = x - x.mean(), y - y.mean()
    return float(np.vdot(x, y)) >= CORRELATION * float(np.sqrt(np.vdot(x, x) * np.vdot(y, y))) > 0


def _rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def _grey(
    images: UInt8[np.ndarray, "*batch height width channels"],
) -> Float32[np.ndarray, "*batch height width"]:
    return images @ _LUMA if images.shape[-1] == 3 else images[..., 0].astype(np.float32)


def _nearest(
    queries: Float32[np.ndarray, "n_test cells"], keys: Float32[np.ndarray, "n_train cells"]
) -> Int64[np.ndarray, " n_test"]:
    """The row of the key nearest to each query: |q - k|^2 less |q|^2 is (-2 q, 1) . (k, |k|^2)."""
    extended = np.concatenate([keys, np.sum(keys**2, axis=1, keepdims=True)], axis=1).T
    sought = np.concatenate([-2 * queries, np.ones((len(queries), 1), np.float32)], axis=1)
    starts = range(0, len(sought), _BLOCK)
    blocks = [np.argmin(sought[i : i + _BLOCK] @ extended, axis=1) for i in starts]
    return np.concatenate([np.empty(0, np.int64), *blocks])


def _thumbnails(images: UInt8[np.ndarray, "n height width channels"]) -> Float32[np.ndarray, "n cells"]:
    """Grey means over 8 x 8 cells, less mid-grey so that squares stay small in float32."""
    down, across = _cells(images.shape[1]), _cells(images.shape[2])
    thumbnails = np.empty((len(images), len(down), len(across)), np.float32)
    for i in range(0, len(images), _BLOCK):
        thumbnails[i : i + _BLOCK] = down @ (_grey(images[i : i + _BLOCK]) - 128) @ across.T
    return thumbnails.reshape(len(images), len(down) * len(across))


def _cells(n_pixels: int) -> Float32[np.ndarray, "cells pixels"]:
    """What share each pixel of a line has in each cell's mean."""
    edges = np.linspace(0, n_pixels, min(_SIDE, n_pixels) + 1)[:, None]
    pixels = np.arange(n_pixels)
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return np.asarray(np.maximum(overlap, 0) / np.diff(edges, axis=0), np.float32)
