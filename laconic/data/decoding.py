"""Any picture becomes an 8-bit Pillow image, RGB or grey, upright; or a PictureError says why not.

What is decided here, the same in training and at the node:

- 16-bit grey keeps its high byte (`>> 8`); floating-point pixels have no stated range and are refused;
- transparency is composited on black, the colour that `pad` uses too; CMYK, palettes and the rest are
  converted by Pillow; of an animation the first frame counts; the orientation that EXIF states is applied;
- a picture of more than `MAX_PIXELS` is refused from its header, before anything is decoded.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from laconic.contract import LaconicError

Picture: TypeAlias = str | Path | bytes | Image.Image | np.ndarray

# Below Pillow's own 89 million, at which its later steps (crop) would begin to warn.
MAX_PIXELS = 80_000_000

# Raster formats only: others that Pillow opens start programs (EPS runs Ghostscript) or need system
# libraries.
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXIF_ORIENTATION = 0x0112


class ItemError(LaconicError):
    """A picture or a text that cannot be used."""


class PictureError(ItemError):
    """A picture that cannot be used: its name, and what is wrong with it."""


def name_of(picture: Picture) -> str:
    """How errors call a picture: its path, or what it is."""
    if isinstance(picture, str | Path):
        return str(picture)
    if isinstance(picture, bytes):
        return f"picture of {len(picture)} bytes"
    if isinstance(picture, np.ndarray):
        return f"array of shape {picture.shape}, {picture.dtype}"
    return str(getattr(picture, "filename", "") or "PIL picture")


@contextmanager
def opened(picture: Picture) -> Iterator[Image.Image]:
    """The picture with its header read and its size checked, its pixels not yet decoded.

    Whatever goes wrong inside the `with` block leaves it as a PictureError: Pillow's decoders meet damaged
    bytes with nearly every exception that there is.

    Raises:
        PictureError: unreadable, truncated, empty, larger than MAX_PIXELS, or an array of another dtype or
            shape.
    """
    try:
        if isinstance(picture, str | Path):
            with Path(picture).open("rb") as file:
                yield _check_size(_open(file))
        elif isinstance(picture, bytes):
            yield _check_size(_open(io.BytesIO(picture)))
        elif isinstance(picture, np.ndarray):
            check_array(picture)
            yield Image.fromarray(picture[:, :, 0] if picture.shape[2:] == (1,) else picture)
        else:
            yield _check_size(picture)
    except PictureError as error:
        raise PictureError(f"{name_of(picture)}: {error}") from error
    except Exception as error:
        raise PictureError(f"{name_of(picture)}: cannot be read as a picture ({error})") from error


def check_array(array: np.ndarray) -> None:
    """Refuse an array that is no picture.

    Raises:
        PictureError: not uint8, not [H, W], [H, W, 1] or [H, W, 3], or without pixels.
    """
    if array.dtype != np.uint8:
        raise PictureError("wanted pixels of dtype uint8, 0 to 255; scale them first")
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,)):
        raise PictureError("wanted a picture of shape [height, width] or [height, width, 3]")
    _check_pixels(array.shape[1], array.shape[0])


def to_mode(image: Image.Image, mode: str) -> Image.Image:
    """The upright image in mode `RGB` or `L`, 8 bits a channel.

    Raises:
        PictureError: floating-point pixels, or integers beyond 16 bits.
    """
    image.load()
    orientation = orientation_of(image)
    image = _flat(_eight_bits(image)).convert(mode)
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _open(file: io.BytesIO | io.BufferedReader) -> Image.Image:
    """As Image.open; but that warns above its own size limit, a global setting; we refuse above ours."""
    prefix = file.read(16)
    reasons = []
    for name in _FORMATS:
        if name not in Image.OPEN:
            Image.init()
        if name not in Image.OPEN:
            continue
        factory, accept = Image.OPEN[name]
        if accept is None or accept(prefix) is True:
            file.seek(0)
            try:
                return factory(file, "")
            except (SyntaxError, IndexError, TypeError, struct.error) as error:
                reasons.append(str(error))
    raise PictureError("; ".join(reasons) or f"no picture format begins with the bytes {prefix.hex() or '(none)'}")


def _check_size(image: Image.Image) -> Image.Image:
    _check_pixels(*image.size)
    return image


def _check_pixels(width: int, height: int) -> None:
    if width == 0 or height == 0:
        raise PictureError(f"{width} x {height} pixels: there is no picture in it")
    if width * height > MAX_PIXELS:
        millions = MAX_PIXELS // 1_000_000
        raise PictureError(f"{width} x {height} pixels: more than the limit of {millions} million; shrink it first")


def orientation_of(image: Image.Image) -> int:
    """What EXIF says, 1 to 8; from 5 on the sides are swapped. A damaged EXIF block counts as upright."""
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise PictureError("floating-point pixels have no stated range; save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 0xFFFF:
        raise PictureError(f"pixels from {pixels.min()} to {pixels.max()}: wanted 0 to 65535")
    return Image.fromarray((pixels >> 8).astype(np.uint8))


def _flat(image: Image.Image) -> Image.Image:
    """The image composited on black, where it has transparency."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    flat = Image.new("RGB", image.size)
    flat.paste(image, mask=image.getchannel("A"))
    return flat
