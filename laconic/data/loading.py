"""Many pictures as one uint8 array; those that cannot be read are left out and reported."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64

from laconic.data.decoding import ItemError, Picture, PictureError, opened, orientation_of
from laconic.data.intake import AnyPreprocessing, Items
from laconic.data.preprocessing import Preprocessing
from laconic.data.split import Pictures, SourceError, Split
from laconic.data.text import TextPreprocessing

# A split with more unreadable pictures than this has something else wrong with it.
MAX_UNREADABLE = 0.01

_BLOCK = 64  # pictures that a thread takes at once
_LOOKS = 16  # pictures that `suggest` looks at


@dataclass(frozen=True)
class Failure:
    """A picture that was left out: its place in what was read, and why."""

    row: int
    reason: str


class Loaded(NamedTuple):
    """Pictures as the encoder takes them, and which of those asked for they are."""

    images: Items
    rows: Int64[np.ndarray, " n"]  # images[j] is picture rows[j]
    failures: tuple[Failure, ...]


def read_pictures(
    pictures: Sequence[Picture] | Pictures,
    preprocessing: AnyPreprocessing,
    on_error: Literal["raise", "skip"] = "skip",
    progress: bool = False,
) -> Loaded:
    """Decode pictures (paths, bytes, PIL, arrays) with one thread a core; the order stays.

    Raises:
        PictureError: with `on_error="raise"`, the first picture that cannot be read.
    """
    return _read(len(pictures), pictures.__getitem__, preprocessing, on_error, progress)


def load(
    split: Split, preprocessing: AnyPreprocessing, progress: bool = False, max_unreadable: float = MAX_UNREADABLE
) -> Loaded:
    """A whole split in memory; `split.labels[loaded.rows]` are its labels.

    Raises:
        SourceError: more than the fraction `max_unreadable` of the pictures cannot be read, or they are texts where
            pictures are wanted, or the other way round.
    """
    check_kind(split, preprocessing)
    loaded = _read(len(split), split.picture, preprocessing, "skip", progress)
    if len(loaded.failures) > max_unreadable * len(split):
        first = loaded.failures[0]
        raise SourceError(
            f"{len(loaded.failures)} of {len(split)} {preprocessing.noun}s of {split.name} cannot be read; the first "
            f"is row {first.row}: {first.reason}"
        )
    return loaded


def check_kind(split: Split, preprocessing: AnyPreprocessing) -> None:
    """Refuse texts where pictures are wanted, and pictures where texts are.

    Raises:
        SourceError: they are.
    """
    texts = split.holds_texts
    if len(split) and texts != isinstance(preprocessing, TextPreprocessing):
        held, wanted = ("texts", "pictures") if texts else ("pictures", "texts")
        raise SourceError(f"{split.name} holds {held}, and {wanted} are wanted here")


def fits_in_memory(split: Split, preprocessing: AnyPreprocessing, limit_bytes: int = 2 * 2**30) -> bool:
    """Whether the split as one array keeps the limit; if not, let workers call `split.picture(i)`."""
    return len(split) * int(np.prod(preprocessing.shape)) * np.dtype(preprocessing.dtype).itemsize <= limit_bytes


def suggest(split: Split, max_side: int = 160) -> Preprocessing:
    """The preprocessing that changes least: the pictures' own colour and size, no side above `max_side`.

    Sixteen pictures evenly spaced over the split are looked at (their headers only); of several sizes the
    middle one counts, and the others are squashed to it.

    Raises:
        SourceError: none of them can be read.
    """
    if split.holds_texts:
        raise SourceError(f"{split.name} holds texts, which have no size and colour")
    sizes, grey = [], []
    for row in np.unique(np.linspace(0, len(split) - 1, min(len(split), _LOOKS)).astype(int)):
        try:
            with opened(split.picture(int(row))) as image:
                sizes.append(image.size if orientation_of(image) < 5 else image.size[::-1])
                grey.append(image.mode in ("1", "L") or image.mode.startswith("I"))
        except PictureError:
            continue
    if not sizes:
        raise SourceError(f"none of the pictures of {split.name} that were looked at can be read")
    width, height = sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
    scale = min(1.0, max_side / max(width, height))
    color = "gray" if all(grey) else "rgb"
    return Preprocessing(max(1, round(scale * width)), max(1, round(scale * height)), "squash", color)


def _read(
    n: int, picture_at: Callable[[int], Picture], preprocessing: AnyPreprocessing, on_error: str, progress: bool
) -> Loaded:
    images = np.empty((n, *preprocessing.shape), preprocessing.dtype)

    def read_block(start: int) -> list[Failure]:
        failures = []
        for i in range(start, min(start + _BLOCK, n)):
            try:
                images[i] = preprocessing.apply(picture_at(i))
            except ItemError as error:
                if on_error == "raise":
                    raise
                failures.append(Failure(i, str(error)))
        return failures

    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    starts = range(0, n, _BLOCK)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(read_block, starts)
        blocks = tqdm(found, f"{preprocessing.noun}s", len(starts), disable=not progress, leave=False)
        failures = tuple(chain.from_iterable(blocks))
    rows = np.setdiff1d(np.arange(n), [failure.row for failure in failures])
    return Loaded(images[rows] if failures else images, rows, failures)
