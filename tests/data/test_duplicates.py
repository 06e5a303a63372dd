"""Duplicates across splits: equal, re-encoded and brighter copies are found, different pictures are not."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from laconic.data import DuplicateReport, find_duplicates, load, open_source, suggest
from laconic.data.duplicates import _cells, _nearest, _thumbnails


def photographs(seed: int, n: int, side: int = 32) -> np.ndarray:
    """Pictures with large and small structure, uint8 [n, side, side, 3]."""
    rng = np.random.default_rng(seed)
    pictures = [
        np.array(Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((side, side))) for _ in range(n)
    ]
    return np.stack(pictures)


def through_jpeg(image: np.ndarray, quality: int = 60) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    with Image.open(file) as copy:
        return np.array(copy)


def test_equal_pictures_are_exact():
    train = photographs(0, 20)
    report = find_duplicates(train, np.concatenate([photographs(1, 3), train[[4, 7]]]))
    assert report == DuplicateReport(5, 2, 0, ((3, 4), (4, 7)))
    assert find_duplicates(train, train) == DuplicateReport(20, 20, 0, tuple((i, i) for i in range(8)))


@given(st.integers(0, 2**32), st.integers(32, 64))
@settings(max_examples=25, deadline=None)
def test_copies_through_jpeg_and_a_level_brighter_are_near(seed: int, side: int):
    train = photographs(seed, 12, side)
    brighter = np.minimum(train[:3], 254) + np.uint8(1)
    copies = np.stack([*(through_jpeg(image) for image in train[3:6]), *brighter])
    report = find_duplicates(train, copies)
    assert (report.exact, report.near) == (0, 6)
    assert report.examples == ((0, 3), (1, 4), (2, 5), (3, 0), (4, 1), (5, 2))


@given(st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_different_pictures_are_not(seed: int):
    pictures = photographs(seed, 40)
    report = find_duplicates(pictures[:20], pictures[20:])
    assert (report.exact, report.near) == (0, 0)
    assert report.warning is None


def test_something_small_that_comes_into_view_makes_another_picture():
    train = photographs(2, 5, 64)
    test = train[:1].copy()
    test[0, 20:30, 20:30] //= 3
    assert find_duplicates(train, test).near == 0


def test_flat_pictures_differ_by_their_colour():
    train = np.full((1, 8, 8, 3), 100, np.uint8)
    test = np.stack([train[0] + np.uint8(step) for step in (0, 1, 3)])
    report = find_duplicates(train, test)
    assert (report.exact, report.near) == (1, 1)


def test_grey_pictures_smaller_than_a_thumbnail():
    train = np.arange(2 * 5 * 3, dtype=np.uint8).reshape(2, 5, 3, 1) * 8
    report = find_duplicates(train, np.stack([train[1], train[0] + np.uint8(1), 255 - train[0]]))
    assert report == DuplicateReport(3, 1, 1, ((0, 1), (1, 0)))


def test_handwritten_digits_are_different_from_each_other():
    digits = open_source("digits")
    preprocessing = suggest(digits.split("train"))
    train, test = (load(digits.split(name), preprocessing).images for name in ("train", "test"))
    report = find_duplicates(train, test)
    assert (report.exact, report.near) == (0, 0)


def test_empty_splits_have_no_duplicates():
    none = np.zeros((0, 4, 4, 1), np.uint8)
    some = np.zeros((2, 4, 4, 1), np.uint8)
    assert find_duplicates(none, some) == DuplicateReport(2, 0, 0, ())
    assert find_duplicates(some, none) == DuplicateReport(0, 0, 0, ())


def test_the_warning_says_how_many_and_which():
    warning = DuplicateReport(50, 2, 1, ((3, 4), (9, 7))).warning
    assert warning is not None
    assert warning.startswith("2 exact and 1 near duplicates of training pictures among 50 test pictures (6.0 %)")
    assert warning.endswith("3=4, 9=7")


@pytest.mark.parametrize(("n_pixels", "n_cells"), [(3, 3), (8, 8), (28, 8), (33, 8)])
def test_cells_are_means_over_all_pixels(n_pixels: int, n_cells: int):
    cells = _cells(n_pixels)
    assert cells.shape == (n_cells, n_pixels)
    assert cells.sum(axis=1) == pytest.approx(np.ones(n_cells), abs=1e-6)
    assert cells.sum(axis=0) == pytest.approx(np.full(n_pixels, n_cells / n_pixels), abs=1e-6)


def test_the_nearest_is_what_all_distances_say():
    keys, queries = (_thumbnails(photographs(seed, 300, 16)) for seed in (3, 4))
    distances = ((queries[:, None] - keys[None]) ** 2).sum(axis=2)
    assert np.array_equal(_nearest(queries, keys), distances.argmin(axis=1))


@pytest.mark.slow
def test_fifty_thousand_against_five_thousand_take_seconds():
    rng = np.random.default_rng(0)
    train = rng.integers(0, 256, (50_000, 32, 32, 3), np.uint8)
    start = time.process_time()
    assert find_duplicates(train, train[:5000]).exact == 5000
    assert find_duplicates(train, rng.integers(0, 256, (5000, 32, 32, 3), np.uint8)).near == 0
    assert time.process_time() - start < 20
