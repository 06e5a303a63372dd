"""Pictures that are no pictures: each is a PictureError with a reason, and nothing large is decoded."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from PIL import Image

from laconic.data import PictureError, Preprocessing, read_pictures
from laconic.data.decoding import MAX_PIXELS

SMALL = Preprocessing(8, 8)


def picture(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header states a size that its few bytes don't hold."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_500, 20_000, 65_000])
def test_a_bomb_is_refused_from_its_header_without_a_warning(side: int):
    assert side * side > MAX_PIXELS
    start = time.perf_counter()
    with pytest.raises(PictureError, match=f"{side} x {side} pixels: more than the limit of 80 million"):
        SMALL.apply(png_claiming(side, side))
    assert time.perf_counter() - start < 0.5


def test_pillow_keeps_its_own_limit():
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PictureError):
        SMALL.apply(png_claiming(20_000, 20_000))
    assert before == Image.MAX_IMAGE_PIXELS
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(png_claiming(20_000, 20_000)))


def test_a_bomb_that_pillow_only_announces_is_refused():
    giant = Image.new("1", (20_000, 5_000))
    with pytest.raises(PictureError, match="PIL picture: 20000 x 5000 pixels: more than the limit"):
        SMALL.apply(giant)


def test_an_array_beyond_the_limit_is_refused():
    giant = np.broadcast_to(np.uint8(0), (10_000, 10_000))
    with pytest.raises(PictureError, match="more than the limit"):
        SMALL.apply(giant)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", r"picture of 0 bytes: no picture format begins with the bytes \(none\)"),
        (b"hello, this is text", "no picture format begins with the bytes 68656c6c6f"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture format begins with"),
        (b"%PDF-1.7", "no picture format begins with"),
        (b"\xff\xd8\xff\xe0", "picture of 4 bytes: "),
        (b"\x89PNG\r\n\x1a\n", "picture of 8 bytes: "),
        (b"BM" + bytes(60), "picture of 62 bytes: "),
        (b"P6 0 5 255\n", "picture of 11 bytes: "),
        (png_claiming(0, 5), "picture of .* bytes: "),
        (png_claiming(300, 300), "truncated"),
    ],
)
def test_bytes_that_are_no_picture(data: bytes, match: str):
    with pytest.raises(PictureError, match=match):
        SMALL.apply(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_half_a_file_is_truncated(kind: str, tmp_path: Path):
    data = picture(kind)
    path = tmp_path / f"half.{kind.lower()}"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(PictureError, match=f"half.{kind.lower()}: "):
        SMALL.apply(path)


def test_places_without_a_picture(tmp_path: Path):
    with pytest.raises(PictureError, match=r"gone\.png: cannot be read as a picture \(.*No such file"):
        SMALL.apply(tmp_path / "gone.png")
    with pytest.raises(PictureError, match="directory"):
        SMALL.apply(str(tmp_path))
    with pytest.raises(PictureError, match="null"):
        SMALL.apply("a\0b")


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.zeros((4, 4), np.float32), r"array of shape \(4, 4\), float32: wanted pixels of dtype uint8"),
        (np.zeros((4, 4, 3), np.uint16), "wanted pixels of dtype uint8"),
        (np.zeros((4, 4, 3), bool), "wanted pixels of dtype uint8"),
        (np.zeros(4, np.uint8), r"wanted a picture of shape \[height, width\]"),
        (np.zeros((3, 8, 8), np.uint8), r"wanted a picture of shape \[height, width\] or \[height, width, 3\]"),
        (np.zeros((4, 4, 4), np.uint8), "wanted a picture of shape"),
        (np.zeros((1, 4, 4, 3), np.uint8), "wanted a picture of shape"),
        (np.zeros((0, 4, 3), np.uint8), "4 x 0 pixels: there is no picture in it"),
        (np.zeros((4, 0), np.uint8), "0 x 4 pixels: there is no picture in it"),
    ],
)
def test_arrays_that_are_no_picture(array: np.ndarray, match: str):
    with pytest.raises(PictureError, match=match):
        SMALL.apply(array)


def test_an_empty_pillow_picture():
    with pytest.raises(PictureError, match="0 x 5 pixels: there is no picture in it"):
        SMALL.apply(Image.new("RGB", (0, 5)))


@pytest.mark.filterwarnings("ignore")  # Pillow tells of odd metadata in warnings
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000"])
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files_are_a_picture_or_a_picture_error(kind: str, data: st.DataObject):
    damaged = bytearray(picture(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        out = SMALL.apply(bytes(damaged))
    except PictureError as error:
        assert str(error).startswith(f"picture of {len(damaged)} bytes: ")  # noqa: PT017
        assert not isinstance(error.__cause__, TypeCheckError)  # noqa: PT017 (our own code met what it wants)
    else:
        assert out.shape == (8, 8, 3)


@given(st.binary(max_size=200))
def test_noise_is_a_picture_error(data: bytes):
    with pytest.raises(PictureError):
        SMALL.apply(data)


def test_a_folder_with_hostile_files_is_read_as_far_as_it_goes(tmp_path: Path):
    contents = [picture("PNG"), b"", png_claiming(20_000, 20_000), picture("JPEG")[:200], picture("GIF")]
    paths = [tmp_path / f"{i}.png" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    loaded = read_pictures(paths, SMALL)
    assert loaded.rows.tolist() == [0, 4]
    assert [failure.row for failure in loaded.failures] == [1, 2, 3]
    assert np.array_equal(loaded.images[1], SMALL.apply(contents[4]))
