"""AVIF, whole: its container takes some 270 bytes, so it pays for larger pictures only."""

from __future__ import annotations

import io

from PIL import Image

from laconic.picture.pixels import open_as

QUALITIES = tuple(range(0, 101, 10))  # Pillow's
SPEED = 8  # 0..10; what slower ones save is little, and takes a node's time


def encode(image: Image.Image, quality: int) -> bytes:
    """The file of a picture in mode `RGB` (4:2:0) or `L`, at a place 0..10 in QUALITIES."""
    file = io.BytesIO()
    options = {"quality": QUALITIES[quality], "speed": SPEED, "subsampling": "4:2:0", "max_threads": 1}
    image.save(file, "AVIF", **options)
    return file.getvalue()


def decode(body: bytes, size: tuple[int, int], mode: str, _quality: int) -> Image.Image:
    """The picture of a file, which says its quality itself.

    Raises:
        PictureDecodeError: it is none, or of another size than both ends agreed on.
    """
    return open_as("AVIF", body, size, mode)
