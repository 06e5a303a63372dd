"""Any picture becomes the encoder's array: closed forms for each fit, and the same result whatever it came as."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from laconic.data import PictureError, Preprocessing, PreprocessingError
from laconic.data.preprocessing import COLORS, FITS

sizes = st.integers(1, 24)


def test_the_right_size_and_colour_costs_nothing():
    image = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)
    assert np.shares_memory(Preprocessing(5, 6).apply(image), image)
    stack = np.stack([image, image])
    assert Preprocessing(5, 6).batch(stack) is stack


def test_gray_arrays_need_no_channel_axis():
    image = np.arange(30, dtype=np.uint8).reshape(6, 5)
    preprocessing = Preprocessing(5, 6, color="gray")
    out = preprocessing.apply(image)
    assert out.shape == preprocessing.shape == (6, 5, 1)
    assert np.shares_memory(out, image)
    assert np.array_equal(preprocessing.apply(out), out)
    assert np.array_equal(preprocessing.batch(np.stack([image, image]))[1], out)


@given(sizes, sizes, sizes, sizes, st.sampled_from(FITS), st.sampled_from(COLORS), st.integers(0, 255))
def test_any_size_becomes_the_size_and_a_flat_picture_stays_flat(
    width: int, height: int, w: int, h: int, fit: str, color: str, level: int
):
    preprocessing = Preprocessing(w, h, fit, color)
    out = preprocessing.apply(np.full((height, width), level, np.uint8))
    assert out.shape == preprocessing.shape
    assert out.dtype == np.uint8
    assert set(np.unique(out)) <= ({0, level} if fit == "pad" else {level})


@given(st.integers(0, 2**32), sizes, sizes, st.sampled_from(FITS), st.sampled_from(COLORS))
@settings(max_examples=30)
def test_path_bytes_pillow_and_array_are_one_picture(
    tmp_path_factory: pytest.TempPathFactory, seed: int, width: int, height: int, fit: str, color: str
):
    array = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    image = Image.fromarray(array)
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    image.save(path)
    preprocessing = Preprocessing(9, 7, fit, color)
    out = preprocessing.apply(array)
    for same in (image, path, str(path), path.read_bytes()):
        assert np.array_equal(preprocessing.apply(same), out)
    assert np.array_equal(preprocessing.batch([array, path])[1], out)


def test_the_result_can_be_written_to(tmp_path: Path):
    Image.new("L", (3, 3)).save(tmp_path / "a.png")
    assert Preprocessing(2, 2).apply(tmp_path / "a.png").flags.writeable


def test_squash_averages_when_it_shrinks():
    checks = np.indices((64, 64)).sum(0).astype(np.uint8) % 2 * 255
    out = Preprocessing(8, 8, color="gray").apply(checks)
    assert np.abs(out.astype(int) - 127).max() <= 2  # without antialiasing: 0 or 255


def test_crop_keeps_the_centre_of_a_wide_picture():
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 255
    assert (Preprocessing(10, 10, "crop", "gray").apply(wide) == 255).all()
    halved = Preprocessing(5, 5, "crop", "gray").apply(wide.T)
    assert (halved[1:-1] == 255).all()  # the antialiasing filter looks over the edge


def test_pad_keeps_the_aspect_and_centres_on_black():
    out = Preprocessing(12, 12, "pad", "gray").apply(np.full((10, 20), 255, np.uint8))[:, :, 0]
    assert np.array_equal(out, np.pad(np.full((6, 12), 255), ((3, 3), (0, 0))))
    long = Preprocessing(4, 4, "pad", "gray").apply(np.full((1, 1000), 255, np.uint8))
    assert (long == 255).sum() == 4  # at least one line is left of it


@pytest.mark.parametrize("fit", FITS)
def test_a_mirrored_picture_gives_a_mirrored_result(fit: str):
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    preprocessing = Preprocessing(10, 8, fit)
    mirrored, straight = preprocessing.apply(image[:, ::-1]), preprocessing.apply(image)[:, ::-1]
    assert np.abs(mirrored.astype(int) - straight).max() <= 1


def test_grey_is_rec_601_luma():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert Preprocessing(3, 1, color="gray").apply(colours).ravel().tolist() == [76, 150, 29]


@pytest.mark.parametrize("fit", FITS)
def test_a_big_jpeg_decoded_in_part_looks_as_if_decoded_whole(fit: str):
    coarse = np.random.default_rng(2).integers(0, 256, (8, 6, 3), np.uint8)
    big = Image.fromarray(coarse).resize((1200, 1600), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    big.save(file, "JPEG", quality=95)
    preprocessing = Preprocessing(40, 30, fit)
    with Image.open(file) as whole:
        whole.load()
        expected = preprocessing.apply(np.array(whole))
    difference = preprocessing.apply(file.getvalue()).astype(int) - expected
    assert np.abs(difference).max() <= 6
    assert np.abs(difference).mean() < 1


def test_parse_reads_the_words_of_the_command_line():
    assert Preprocessing.parse("160x120", "crop", "gray") == Preprocessing(160, 120, "crop", "gray")
    assert Preprocessing.parse("8x8") == Preprocessing(8, 8, "squash", "rgb")


@pytest.mark.parametrize(
    ("size", "fit", "color", "match"),
    [
        ("160", "crop", "rgb", "wanted WIDTHxHEIGHT in pixels, as in 160x120"),
        ("-4x4", "crop", "rgb", "wanted WIDTHxHEIGHT"),
        ("0x4", "crop", "rgb", "wanted sides of 1 to 4096 pixels"),
        ("4x5000", "crop", "rgb", "wanted sides of 1 to 4096 pixels"),
        ("4x4", "stretch", "rgb", "wanted one of squash, crop, pad"),
        ("4x4", "pad", "grey", "wanted one of rgb, gray"),
    ],
)
def test_what_does_not_exist_is_named(size: str, fit: str, color: str, match: str):
    with pytest.raises(PreprocessingError, match=match):
        Preprocessing.parse(size, fit, color)


def test_one_bare_picture_is_no_batch():
    with pytest.raises(PictureError, match="put a single one in a list"):
        Preprocessing(4, 4).batch(np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(PictureError, match="put a single one in a list"):
        Preprocessing(4, 4).batch(np.zeros((9, 9), np.uint8))


def test_a_batch_says_which_picture_is_wrong():
    with pytest.raises(PictureError, match=r"^picture 1: picture of 3 bytes: "):
        Preprocessing(4, 4).batch([np.zeros((4, 4, 3), np.uint8), b"abc"])


def test_an_empty_batch_is_empty():
    assert Preprocessing(4, 3).batch([]).shape == (0, 3, 4, 3)
