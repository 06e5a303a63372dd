"""JPEG without its constant part, and WebP without what the receiver knows: the very pixels of the whole file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from laconic.picture import PictureDecodeError, PictureFormatError, jpeg, webp
from laconic.picture.pixels import to_image, to_pixels

ANNEX_K_FIRST_ROWS = ([16, 11, 10, 16, 24, 40, 51, 61], [17, 18, 24, 47, 99, 99, 99, 99])


def noise(seed: int, width: int, height: int, channels: int, spread: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    return to_image(rng.integers(128 - spread, 128 + spread, (height, width, channels), dtype=np.uint8))


def written(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def pixels(data: bytes, mode: str) -> np.ndarray:
    return to_pixels(Image.open(io.BytesIO(data)).convert(mode))


sides = st.integers(1, 50)
images = st.builds(noise, st.integers(0, 99), sides, sides, st.sampled_from([1, 3]), st.sampled_from([1, 9, 127]))


@given(images, st.integers(0, 23))
def test_a_scan_gives_the_pixels_of_pillows_whole_jpeg(image: Image.Image, quality: int) -> None:
    tables = [jpeg.quantiser(quality, i).tolist() for i in range(len(image.getbands()))[:2]]
    subsampling = {"RGB": {"subsampling": "4:2:0"}, "L": {}}[image.mode]
    whole = written(image, "JPEG", qtables=tables, **subsampling)
    body = jpeg.encode(image, quality)
    assert jpeg.whole(body, image.size, image.mode, quality) == whole
    assert len(whole) - len(body) >= (623 if image.mode == "RGB" else 328) + 2
    assert np.array_equal(to_pixels(jpeg.decode(body, image.size, image.mode, quality)), pixels(whole, image.mode))


@given(images, st.integers(0, 50))
def test_a_frame_gives_the_pixels_of_pillows_whole_webp(image: Image.Image, quality: int) -> None:
    whole = written(image.convert("RGB"), "WEBP", quality=webp.QUALITIES[quality], method=webp.METHOD)
    body = webp.encode(image, quality)
    assert len(whole) - len(body) >= 27
    assert np.array_equal(to_pixels(webp.decode(body, image.size, image.mode, quality)), pixels(whole, image.mode))


def test_the_quantisers_are_annex_ks_in_percent() -> None:
    libjpeg_at_50 = Image.open(io.BytesIO(written(Image.new("RGB", (8, 8)), "JPEG", quality=50))).quantization
    for table in (0, 1):
        annex_k = np.array(libjpeg_at_50[table])
        assert annex_k[:8].tolist() == ANNEX_K_FIRST_ROWS[table]
        for quality, percent in enumerate(jpeg.COARSENESS):
            wanted = [min(max((step * percent + 50) // 100, 1), 255) for step in annex_k.tolist()]
            assert jpeg.quantiser(quality, table).tolist() == wanted


def test_qualities_rise() -> None:
    image = noise(0, 32, 32, 3, 60)
    errors = [
        np.square(to_pixels(jpeg.decode(jpeg.encode(image, q), image.size, "RGB", q)).astype(int) - to_pixels(image))
        for q in range(24)
    ]
    assert errors[0].mean() > errors[12].mean() > errors[23].mean()
    assert len(jpeg.COARSENESS) == 24
    assert sorted(jpeg.COARSENESS, reverse=True) == list(jpeg.COARSENESS)


@given(st.binary(max_size=200), st.integers(0, 23))
def test_no_scan_holds_a_marker(body: bytes, quality: int) -> None:
    """Every FF is followed by 00: no frame, table or size of a forger's can stand in a body."""
    scan = jpeg.whole(body, (8, 8), "L", quality)[len(jpeg.head((8, 8), "L", quality)) : -2]
    assert scan.replace(b"\xff\x00", b"").count(b"\xff") == 0
    assert scan.replace(b"\xff\x00", b"\xff") == body


def test_a_cut_scan_is_grey_where_it_ends() -> None:
    image = noise(0, 64, 8, 1, 127)
    body = jpeg.encode(image, 20)
    found = to_pixels(jpeg.decode(body[: len(body) // 2], image.size, "L", 20))
    assert (found[:, :16] == to_pixels(jpeg.decode(body, image.size, "L", 20))[:, :16]).all()
    assert len(np.unique(found[:, -8:])) == 1


def test_a_pillow_with_other_tables_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    save = Image.Image.save
    monkeypatch.setattr(Image.Image, "save", lambda self, *a, **k: save(self, *a, **(k | {"optimize": True})))
    with pytest.raises(PictureFormatError, match=r"Annex K's Huffman tables wanted.* leave jpeg out of the formats"):
        jpeg.encode(Image.new("L", (16, 16)), 3)


def test_a_pillow_with_another_webp_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    save = Image.Image.save
    monkeypatch.setattr(Image.Image, "save", lambda self, *a, **k: save(self, *a, **(k | {"lossless": True})))
    with pytest.raises(PictureFormatError, match=r"one lossy frame wanted, .* leave webp out"):
        webp.encode(Image.new("L", (16, 16)), 3)


def test_a_webp_body_without_its_tag_is_named() -> None:
    with pytest.raises(PictureDecodeError, match="at least 3 bytes wanted, got 2; drop it"):
        webp.decode(b"\0\0", (8, 8), "L", 0)
