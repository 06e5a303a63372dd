"""Many pictures at once: order kept, the unreadable left out and counted, limits said."""

from __future__ import annotations

import io
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laconic.data import (
    PictureError,
    Preprocessing,
    SourceError,
    Split,
    fits_in_memory,
    load,
    open_source,
    read_pictures,
    suggest,
)

TINY = Preprocessing(2, 2, color="gray")


def split_of(pictures: list) -> Split:
    rows = np.arange(len(pictures))
    return Split("train", pictures, rows, rows % 2)


def png(width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "PNG", **options)
    return file.getvalue()


def test_load_is_apply_for_each_row_in_order():
    pictures = [np.full((2, 2), i % 256, np.uint8) for i in range(1000)]
    split = split_of(pictures).subset(np.arange(999, -1, -1))
    loaded = load(split, TINY)
    assert loaded.failures == ()
    assert np.array_equal(loaded.images[:, 0, 0, 0], np.arange(999, -1, -1) % 256)
    assert np.array_equal(loaded.rows, np.arange(1000))


def test_load_of_generated_pictures_is_what_a_worker_gets():
    split = open_source("site?n=120").split("test")
    preprocessing = Preprocessing(16, 12)
    loaded = load(split, preprocessing)
    worker = pickle.loads(pickle.dumps(split))
    assert np.array_equal(loaded.images[7], preprocessing.apply(worker.picture(7)))


def test_what_cannot_be_read_is_left_out_and_told():
    pictures: list = [png(2, 2)] * 300
    pictures[70] = b"broken"
    loaded = load(split_of(pictures), TINY)
    assert len(loaded.images) == len(loaded.rows) == 299
    assert 70 not in loaded.rows
    assert [(f.row, f.reason[:18]) for f in loaded.failures] == [(70, "picture of 6 bytes")]


def test_too_many_of_them_are_an_error():
    pictures: list = [png(2, 2)] * 98 + [b"broken"] * 2
    with pytest.raises(SourceError, match="2 of 100 pictures of train cannot be read; the first is row 98: "):
        load(split_of(pictures), TINY)
    assert len(load(split_of(pictures), TINY, max_unreadable=0.02).images) == 98


def test_reading_files_raises_or_skips(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png(2, 2))
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    assert read_pictures(paths, TINY).rows.tolist() == [0]
    with pytest.raises(PictureError, match=r"b\.png"):
        read_pictures(paths, TINY, on_error="raise")


def test_nothing_and_nothing_readable():
    assert read_pictures([], TINY).images.shape == (0, 2, 2, 1)
    loaded = read_pictures([b"", b""], TINY)
    assert loaded.images.shape == (0, 2, 2, 1)
    assert loaded.rows.tolist() == []


def test_an_error_of_another_kind_is_not_swallowed():
    class Broken:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int, /) -> bytes:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_pictures(Broken(), TINY)


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str]):
    read_pictures([png(2, 2)] * 3, TINY, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "pictures" in captured.err
    assert threading.active_count() < 20


@pytest.mark.parametrize(("limit", "fits"), [(99 * 12, False), (100 * 12, True)])
def test_the_memory_limit_is_the_arrays_size(limit: int, fits: bool):
    split = split_of([b""] * 100)
    assert fits_in_memory(split, Preprocessing(2, 2), limit) is fits


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([png(28, 28, "L")] * 3, Preprocessing(28, 28, color="gray")),
        ([np.zeros((8, 9), np.uint8)] * 3, Preprocessing(9, 8, color="gray")),
        ([png(28, 28, "L"), png(28, 28)], Preprocessing(28, 28)),
        ([png(640, 480)] * 2, Preprocessing(160, 120)),
        ([png(10, 10), png(20, 10), png(30, 30)], Preprocessing(20, 10)),
        ([b"broken", png(5, 5, "I;16")], Preprocessing(5, 5, color="gray")),
        ([png(2000, 1)], Preprocessing(160, 1)),
    ],
)
def test_suggest_takes_the_pictures_as_they_are(pictures: list, expected: Preprocessing):
    assert suggest(split_of(pictures)) == expected


def test_suggest_knows_that_exif_turns_pictures():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert suggest(split_of([png(30, 20, exif=exif)])) == Preprocessing(20, 30)


def test_suggest_needs_one_that_can_be_read():
    with pytest.raises(SourceError, match="none of the pictures of train that were looked at can be read"):
        suggest(split_of([b"", b""]))
