"""Between arrays and Pillow's images: opening with all that can go wrong named, and scaling."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from laconic.data.decoding import PictureError, opened
from laconic.picture.errors import PictureDecodeError


def open_as(name: str, data: bytes, size: tuple[int, int], mode: str) -> Image.Image:
    """The picture in a file's bytes, in mode `RGB` or `L`, if it has the format and size that were agreed on.

    Raises:
        PictureDecodeError: it is another, or none.
    """
    try:
        with opened(data) as image:
            if (image.format, image.size) != (name, size):
                raise PictureError(f"{name} of {size} pixels wanted, got {image.format} of {image.size}")
            return image.convert(mode)
    except PictureError as error:
        raise PictureDecodeError(f"what was sent is no picture: {error}; drop it") from error


def to_image(pixels: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    """As Pillow's image, in mode `L` or `RGB`."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def to_pixels(image: Image.Image) -> UInt8[np.ndarray, "height width channels"]:
    """The inverse of `to_image`."""
    return np.array(image).reshape(image.height, image.width, -1)


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """At another size (width, height), antialiased: Pillow's bicubic filter, both ways."""
    return image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)
