"""HEVC and AV1 without their containers: the very pixels of the whole file, and few bytes."""

from __future__ import annotations

import io
import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from laconic.contract import LaconicError
from laconic.picture import PictureDecodeError, PictureFormatError, av1, hevc
from laconic.picture.isobmff import opened
from laconic.picture.pixels import to_image, to_pixels

pillow_heif = pytest.importorskip("pillow_heif")
CODECS = [
    pytest.param(hevc, id="hevc"),
    pytest.param(av1, id="av1", marks=pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")),
]


def picture(seed: int, width: int, height: int, channels: int, spread: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    return to_image(rng.integers(128 - spread, 128 + spread, (height, width, channels), dtype=np.uint8))


def reopened(file: bytes, mode: str) -> np.ndarray:
    """By another way than decode's: Pillow's own opening, for which pillow-heif is a plugin."""
    pillow_heif.register_heif_opener()
    return to_pixels(Image.open(io.BytesIO(file)).convert(mode))


sides = st.integers(1, 70)
images = st.builds(picture, st.integers(0, 99), sides, sides, st.sampled_from([1, 3]), st.sampled_from([1, 9, 127]))


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=15)
@given(image=images, place=st.floats(0, 1))
def test_a_body_gives_the_pixels_of_the_whole_file(codec: ModuleType, image: Image.Image, place: float) -> None:
    quality = round(place * (len(codec.QUALITIES) - 1))
    file = codec._file(image, quality)
    body = codec.encode(image, quality)
    assert codec.whole(body, image.size, image.mode) == file
    assert np.array_equal(to_pixels(codec.decode(body, image.size, image.mode, quality)), reopened(file, image.mode))


@pytest.mark.parametrize(("codec", "taken_off"), [(hevc, 350), (av1, 280)])
def test_what_is_taken_off(codec: ModuleType, taken_off: int, blob: np.ndarray) -> None:
    """All but the slice or frame, which holds none of the container's names."""
    image = to_image(blob)
    body = codec.encode(image, 20)
    assert len(codec.whole(body, image.size, image.mode)) - len(body) > taken_off
    assert len(body) < 400
    assert not any(name in body for name in (b"ftyp", b"meta", b"iloc", b"hvcC", b"av1C", b"mdat"))


@pytest.mark.parametrize("codec", CODECS)
def test_qualities_rise(codec: ModuleType, blob: np.ndarray) -> None:
    image, places = to_image(blob), range(0, len(codec.QUALITIES), 12)
    bodies = [codec.encode(image, quality) for quality in places]
    shown = [to_pixels(codec.decode(body, (32, 32), "RGB", 0)).astype(int) for body in bodies]
    errors = [np.square(each - blob).mean() for each in shown]
    assert sorted(errors, reverse=True) == errors
    assert sorted(map(len, bodies)) == list(map(len, bodies))
    assert errors[0] > 50 > errors[-1]


def test_hevc_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(LaconicError, match=r"needs the package 'pillow_heif'; .* pip install 'laconic\[link\]'"):
        hevc.encode(Image.new("RGB", (7, 9)), 3)


def test_what_is_no_slice_is_named() -> None:
    for body in (b"", b"\0" * 9):
        with pytest.raises(PictureDecodeError, match=r"what was sent is no HEVC slice: .*; drop it"):
            hevc.decode(body, (32, 32), "RGB", 0)


def test_a_libheif_with_another_head_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (24, 24))
    hevc.encode(image, 3)  # the head is known from here on
    monkeypatch.setattr(hevc, "_OPTIONS", hevc._OPTIONS | {"x265:strong-intra-smoothing": "0"})
    with pytest.raises(PictureFormatError, match=r"a HEIF file of one slice, .* or leave hevc out"):
        hevc.encode(image, 3)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_a_pillow_with_another_head_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGB", (24, 24))
    av1.encode(image, 3)
    save = Image.Image.save
    monkeypatch.setattr(Image.Image, "save", lambda self, *a, **k: save(self, *a, **(k | {"subsampling": "4:4:4"})))
    with pytest.raises(PictureFormatError, match=r"an AVIF file of one frame, .* leave avif out"):
        av1.encode(image, 3)


def box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def test_a_shell_is_all_but_the_data() -> None:
    meta = box(b"meta", bytes(4) + box(b"iloc", b"before" + (3).to_bytes(4, "big")) + box(b"free", b"x"))
    file = box(b"ftyp", b"mif1") + meta + box(b"mdat", b"abc")
    shell, data = opened(file)
    assert data == b"abc"
    assert shell.around(data) == file
    longer = shell.around(b"abcde")
    assert opened(longer) == (shell, b"abcde")
    assert len(longer) == len(file) + 2


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (b"", "the boxes meta, iloc and mdat wanted, got "),
        (box(b"ftyp", b"") + box(b"mdat", b"abc"), "the boxes meta, iloc and mdat wanted, got ftyp, mdat"),
        (b"\0\0\0\x09ftyp", r"a box of 8\.\.8 bytes wanted at byte 0, got 9"),
        (b"\0\0\0\0ftyp", r"a box of 8\.\.8 bytes wanted at byte 0, got 0"),
        (
            box(b"meta", bytes(4) + box(b"iloc", (4).to_bytes(4, "big"))) + box(b"mdat", b"abc"),
            "its coded data in one piece at the end; got another",
        ),
        (
            box(b"meta", bytes(4) + box(b"iloc", (3).to_bytes(4, "big"))) + box(b"mdat", b"abc") + box(b"free", b""),
            "its coded data in one piece at the end; got another",
        ),
    ],
)
def test_other_files_are_named(file: bytes, text: str) -> None:
    with pytest.raises(PictureFormatError, match=text):
        opened(file)


@given(st.integers(0, 2**40))
def test_lengths_of_7_bits_a_byte(value: int) -> None:
    code = av1._leb128(value)
    assert av1._length(b"\xff" + code, 1) == (value, 1 + len(code))
    assert len(code) == max(1, -(-value.bit_length() // 7))


def test_nothing_is_registered_with_pillow(monkeypatch: pytest.MonkeyPatch, blob: np.ndarray) -> None:
    """Opening a user's pictures is the same before and after."""
    monkeypatch.setattr(Image, "register_open", lambda *_: pytest.fail("a global setting"))
    assert isinstance(hevc.encode(to_image(blob), 4), bytes)
