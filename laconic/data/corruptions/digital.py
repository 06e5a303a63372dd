"""Corruptions by handling: less contrast, warping, coarse pixels, JPEG. Lengths in pixels."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float
from PIL import Image

from laconic.extras import need


def contrast(
    picture: Float[np.ndarray, "height width channels"], kept: float
) -> Float[np.ndarray, "height width channels"]:
    """Each channel's distance from its mean over the picture, times `kept`."""
    mean = picture.mean(axis=(0, 1), keepdims=True)
    return np.asarray(mean + kept * (picture - mean))


def elastic_transform(
    picture: Float[np.ndarray, "height width channels"], distance: float, smoothness: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Small regions stretch or shrink: pixels move by `distance` (root mean square along each axis) in a smooth field.

    The field is uniform noise under a Gaussian filter of `smoothness` pixels. Hendrycks and Dietterich also shear the
    whole picture a little, by more where the field is weaker; here the field does it all, so that severity grows.
    """
    ndimage = need("scipy.ndimage", "data")
    height, width = picture.shape[:2]
    noise = rng.uniform(-1, 1, (2, height, width))
    field = np.stack([ndimage.gaussian_filter(axis, smoothness) for axis in noise])
    field *= distance / np.sqrt((field**2).mean(axis=(1, 2), keepdims=True))
    places = np.indices((height, width)) + field
    channels = [
        ndimage.map_coordinates(channel, places, order=1, mode="reflect") for channel in np.moveaxis(picture, 2, 0)
    ]
    return np.stack(channels, axis=2)


def pixelate(
    picture: Float[np.ndarray, "height width channels"], kept: float
) -> Float[np.ndarray, "height width channels"]:
    """The picture shrunk to `kept` of its width and height by averages, then enlarged by repetition."""
    image = _to_image(picture)
    small = [max(1, round(kept * side)) for side in image.size]
    coarse = image.resize((small[0], small[1]), Image.Resampling.BOX).resize(image.size, Image.Resampling.NEAREST)
    return _to_picture(coarse)


def jpeg_compression(
    picture: Float[np.ndarray, "height width channels"], quality: float
) -> Float[np.ndarray, "height width channels"]:
    """The picture after JPEG at `quality`, rounded to a whole number (libjpeg's, 1 to 95)."""
    file = io.BytesIO()
    _to_image(picture).save(file, "JPEG", quality=round(quality))
    with Image.open(file) as image:
        return _to_picture(image)


def _to_image(picture: np.ndarray) -> Image.Image:
    pixels = np.rint(255 * picture).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def _to_picture(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image, np.float32) / 255
    return pixels.reshape(*pixels.shape[:2], -1)
