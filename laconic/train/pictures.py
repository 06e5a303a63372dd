"""What a run trains on: the source's pictures at the codec's size, held-out ones apart, duplicates counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64, UInt

from laconic.data import (
    AnyPreprocessing,
    DuplicateReport,
    Items,
    Preprocessing,
    Source,
    Split,
    TextPreprocessing,
    class_weights,
    find_duplicates,
    fits_in_memory,
    hold_out,
    load,
    read_pictures,
    suggest,
)
from laconic.data.sensor import noise_of_rows
from laconic.train.batches import InMemory, Noisy, Plain, Reader, Streaming
from laconic.train.recipe import Recipe

LONGEST_SIDE = 96  # pixels, of the default size: larger pictures are scaled down unless --size says otherwise
COMPARED = 100_000  # training pictures, at most, that test pictures are compared with
COMPARED_SIDE = 32  # pixels, where they don't lie in memory

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Pictures to learn from, two parts held out of these, and test pictures; `skipped` could not be read.

    `held` tunes and stops training; on `calibration` nothing is fitted or chosen. `unknown` are pictures of none of
    the classes.
    """

    read: Reader
    labels: Int64[np.ndarray, " n"]
    read_held: Reader
    held_labels: Int64[np.ndarray, " held"]
    held_groups: Int64[np.ndarray, " held"] | None
    read_calibration: Reader
    calibration_labels: Int64[np.ndarray, " calibration"]
    calibration_groups: Int64[np.ndarray, " calibration"] | None
    unknown: UInt[np.ndarray, " negatives *item"]
    read_test: Reader
    test_labels: Int64[np.ndarray, " test"]
    class_weights: Float64[np.ndarray, " classes"]
    skipped: int
    duplicates: DuplicateReport
    in_memory: bool


def choose_preprocessing(
    split: Split, size: str | None = None, fit: str = "squash", color: str | None = None
) -> Preprocessing:
    """What the user asked for; what was left open as the pictures have it, LONGEST_SIDE pixels at most."""
    own = suggest(split, LONGEST_SIDE)
    return Preprocessing.parse(size or f"{own.width}x{own.height}", fit, color or own.color)


def training_data(
    source: Source, preprocessing: AnyPreprocessing, recipe: Recipe, calibration: float = 0.0
) -> TrainingData:
    """The training split of a source, read or ready to be read, with stratified parts held out.

    `calibration` is the part that is kept for the thresholds of said-or-sent. A group (`?group=COLUMN`) stands on one
    side only. Unreadable and duplicate pictures are warned about.

    Raises:
        SourceError: the source can't be trained on.
    """
    source.check()
    train, read, lost = _readable(source.split("train"), preprocessing)
    test, read_test, lost_test = _readable(source.split("test"), preprocessing)
    if lost + lost_test:
        log.warning("%d %ss can't be read and are left out", lost + lost_test, preprocessing.noun)
    rows, fresh = _divided(train, np.arange(len(train)), calibration, np.random.default_rng([recipe.seed, 2]))
    rows, held = _divided(train, rows, recipe.validation, np.random.default_rng([recipe.seed, 1]))
    duplicates = _duplicates(read, len(train), read_test, len(test))
    if duplicates.warning:
        log.warning("%s", duplicates.warning)
    n_classes = len(source.class_names)
    return TrainingData(
        read=read.some(rows),
        labels=train.labels[rows],
        read_held=read.some(held),
        held_labels=train.labels[held],
        held_groups=None if train.groups is None else train.groups[held],
        read_calibration=read.some(fresh),
        calibration_labels=train.labels[fresh],
        calibration_groups=None if train.groups is None else train.groups[fresh],
        unknown=read_pictures(source.split("train").unknown, preprocessing).images,
        read_test=read_test,
        test_labels=test.labels,
        class_weights=class_weights(train.labels[rows], n_classes) if recipe.balance else np.ones(n_classes),
        skipped=lost + lost_test,
        duplicates=duplicates,
        in_memory=isinstance(read, InMemory),
    )


def sensed(data: TrainingData, recipe: Recipe) -> TrainingData:
    """The same pictures as the sensors that the recipe is for take them; the noise of each stays the same."""
    noise = recipe.sensor_noise
    if noise is None:
        return data
    seeds = [(recipe.seed, 4, part) for part in range(5)]
    parts = (data.read, data.read_held, data.read_calibration, data.read_test)
    read, held, fresh, test = (Noisy(part, noise, seed) for part, seed in zip(parts, seeds, strict=False))
    unknown = noise_of_rows(data.unknown, range(len(data.unknown)), noise, seeds[4])
    return replace(data, read=read, read_held=held, read_calibration=fresh, read_test=test, unknown=unknown)


def _divided(
    split: Split, rows: Int64[np.ndarray, " n"], fraction: float, rng: np.random.Generator
) -> tuple[Int64[np.ndarray, " kept"], Int64[np.ndarray, " held"]]:
    """Some rows of a split in two."""
    if not fraction:
        return rows, rows[:0]
    kept, held = hold_out(split.labels[rows], None if split.groups is None else split.groups[rows], fraction, rng)
    return rows[kept], rows[held]


def _readable(split: Split, preprocessing: AnyPreprocessing) -> tuple[Split, Plain, int]:
    """A split's pictures in memory if they fit, less those that can't be read; otherwise read when asked for."""
    if not fits_in_memory(split, preprocessing):
        return split, Streaming(split, preprocessing), 0
    loaded = load(split, preprocessing)
    return split.subset(loaded.rows), InMemory(loaded.images), len(loaded.failures)


def _duplicates(read: Plain, n: int, read_test: Plain, n_test: int) -> DuplicateReport:
    return find_duplicates(_some(read, n), _some(read_test, n_test))


def _some(read: Plain, n: int) -> Items:
    """All pictures, or where they don't lie in memory COMPARED of them, small (texts as they are)."""
    if isinstance(read, InMemory):
        return read.images
    rows = np.unique(np.linspace(0, n - 1, min(n, COMPARED)).astype(int)).tolist()
    return read(rows) if isinstance(read.preprocessing, TextPreprocessing) else read.small(COMPARED_SIDE)(rows)
