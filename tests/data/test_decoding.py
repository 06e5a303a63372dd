"""The kinds of picture file that there are: depth, colour model, transparency, orientation, animation."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from laconic.data import PictureError, Preprocessing
from laconic.data.decoding import name_of

RGB = Preprocessing(4, 4)
GRAY = Preprocessing(4, 4, color="gray")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_keep_the_high_byte(kind: str):
    deep = np.arange(16, dtype=np.uint16).reshape(4, 4) * 4369
    out = GRAY.apply(saved(Image.fromarray(deep), kind))
    assert np.array_equal(out[:, :, 0], deep >> 8)


def test_integers_count_as_sixteen_bits_and_beyond_are_refused():
    assert (GRAY.apply(Image.new("I", (4, 4), 0x1234)) == 0x12).all()
    with pytest.raises(PictureError, match="pixels from 70000 to 70000: wanted 0 to 65535"):
        GRAY.apply(Image.new("I", (4, 4), 70000))


def test_floating_point_has_no_range():
    with pytest.raises(PictureError, match="floating-point pixels have no stated range"):
        GRAY.apply(saved(Image.new("F", (4, 4), 0.5), "TIFF"))


def test_cmyk_becomes_rgb():
    out = RGB.apply(saved(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF"))
    assert out[0, 0].tolist() == [255, 0, 0]


def test_cmyk_jpeg_becomes_rgb():
    red, green, blue = RGB.apply(saved(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG", quality=95))[0, 0]
    assert red > 250
    assert green < 5
    assert blue < 5


@pytest.mark.parametrize("transparency", [None, 1, b"\xff\x00"])
def test_a_palette_is_looked_up(transparency: int | bytes | None):
    image = Image.new("P", (4, 4))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    out = RGB.apply(saved(image, "PNG", **({} if transparency is None else {"transparency": transparency})))
    assert out[0, 0].tolist() == [10, 20, 30]
    assert out[0, 1].tolist() == ([200, 100, 50] if transparency is None else [0, 0, 0])


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (200, 100, 50, 128)), ("LA", (200, 128))])
def test_transparency_is_on_black(mode: str, colour: tuple[int, ...]):
    out = RGB.apply(saved(Image.new(mode, (4, 4), colour), "PNG"))
    expected = np.array(colour[:-1]) * 128 / 255
    assert np.abs(out[0, 0] - expected).max() <= 1


def test_one_bit_is_black_and_white():
    assert (GRAY.apply(saved(Image.new("1", (4, 4), 1), "PNG")) == 255).all()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_of_an_animation_counts(kind: str):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    out = RGB.apply(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert np.abs(out[0, 0].astype(int) - [250, 0, 0]).max() <= 12


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied(orientation: int, kind: str):
    coarse = np.random.default_rng(0).integers(0, 256, (3, 2), np.uint8)
    image = Image.fromarray(coarse).resize((32, 48), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image, kind, exif=exif, **({"quality": 100} if kind == "JPEG" else {}))
    with Image.open(io.BytesIO(data)) as opened:
        upright = ImageOps.exif_transpose(opened)
    out = Preprocessing(*upright.size, color="gray").apply(data)[:, :, 0]
    assert np.array_equal(out, np.asarray(upright))
    assert (out.shape == (32, 48)) == (orientation >= 5)


def test_a_damaged_exif_block_leaves_the_picture():
    plain = saved(Image.new("RGB", (4, 4), (9, 9, 9)), "PNG")
    broken = saved(Image.new("RGB", (4, 4), (9, 9, 9)), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(RGB.apply(broken), RGB.apply(plain))


def test_a_pillow_picture_stays_open_and_as_it_was(tmp_path: Path):
    Image.new("RGB", (64, 64), (1, 2, 3)).save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        first = RGB.apply(image)
        assert image.size == (64, 64)  # no draft mode for what is not ours
        assert image.mode == "RGB"
        assert np.array_equal(RGB.apply(image), first)


def test_pictures_are_called_by_their_names(tmp_path: Path):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert name_of(image) == str(tmp_path / "a.png")
    assert name_of(Image.new("RGB", (2, 2))) == "PIL picture"
    assert name_of("b.jpg") == "b.jpg"
    assert name_of(b"123") == "picture of 3 bytes"
    assert name_of(np.zeros((2, 2), np.uint8)) == "array of shape (2, 2), uint8"
