"""What a run trains on: the source's pictures at the codec's size, held-out ones apart, duplicates counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from laconic.data import (
    DuplicateReport,
    Preprocessing,
    Source,
    Split,
    class_weights,
    find_duplicates,
    fits_in_memory,
    hold_out,
    load,
    suggest,
)
from laconic.train.batches import InMemory, Reader, Streaming
from laconic.train.recipe import Recipe

LONGEST_SIDE = 96  # pixels, of the default size: larger pictures are scaled down unless --size says otherwise
COMPARED = 100_000  # training pictures, at most, that test pictures are compared with
COMPARED_SIDE = 32  # pixels, where they don't lie in memory

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Pictures to learn from, pictures held out of these, and test pictures; `skipped` could not be read."""

    read: Reader
    labels: Int64[np.ndarray, " n"]
    read_held: Reader
    held_labels: Int64[np.ndarray, " held"]
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


def training_data(source: Source, preprocessing: Preprocessing, recipe: Recipe) -> TrainingData:
    """The training split of a source, read or ready to be read, with a stratified part held out.

    A group (`?group=COLUMN`) stands on one side only. Unreadable and duplicate pictures are warned about.

    Raises:
        SourceError: the source can't be trained on.
    """
    source.check()
    train, read, lost = _readable(source.split("train"), preprocessing)
    test, read_test, lost_test = _readable(source.split("test"), preprocessing)
    if lost + lost_test:
        log.warning("%d pictures can't be read and are left out", lost + lost_test)
    rows, held = np.arange(len(train)), np.arange(0)
    if recipe.validation:
        rng = np.random.default_rng([recipe.seed, 1])
        rows, held = hold_out(train.labels, train.groups, recipe.validation, rng)
    duplicates = _duplicates(read, len(train), read_test, len(test))
    if duplicates.warning:
        log.warning("%s", duplicates.warning)
    n_classes = len(source.class_names)
    return TrainingData(
        read=read.some(rows),
        labels=train.labels[rows],
        read_held=read.some(held),
        held_labels=train.labels[held],
        read_test=read_test,
        test_labels=test.labels,
        class_weights=class_weights(train.labels[rows], n_classes) if recipe.balance else np.ones(n_classes),
        skipped=lost + lost_test,
        duplicates=duplicates,
        in_memory=isinstance(read, InMemory),
    )


def _readable(split: Split, preprocessing: Preprocessing) -> tuple[Split, Reader, int]:
    """A split's pictures in memory if they fit, less those that can't be read; otherwise read when asked for."""
    if not fits_in_memory(split, preprocessing):
        return split, Streaming(split, preprocessing), 0
    loaded = load(split, preprocessing)
    return split.subset(loaded.rows), InMemory(loaded.images), len(loaded.failures)


def _duplicates(read: Reader, n: int, read_test: Reader, n_test: int) -> DuplicateReport:
    return find_duplicates(_some(read, n), _some(read_test, n_test))


def _some(read: Reader, n: int) -> UInt8[np.ndarray, "some height width channels"]:
    """All pictures, or where they don't lie in memory COMPARED of them, small."""
    if isinstance(read, InMemory):
        return read.images
    rows = np.unique(np.linspace(0, n - 1, min(n, COMPARED)).astype(int)).tolist()
    return read.small(COMPARED_SIDE)(rows)
