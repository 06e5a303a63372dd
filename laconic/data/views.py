"""One thing seen by several sensors, each in its own way: what else than noise tells their pictures apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

from laconic.data.split import SourceError

CROP = 0.75  # of each side is in a sensor's window
COVER = 0.5  # of each side is behind what stands before a sensor
GREY = 128
BLUR = 0.08  # of the shorter side: the deviation of the strongest blur
DEAD = 0.2  # of a sensor's pictures show nothing


def views(
    images: UInt8[np.ndarray, "n height width channels"], kind: str, rng: np.random.Generator
) -> UInt8[np.ndarray, "n height width channels"]:
    """The pictures as one sensor sees them; drawn anew for each picture, and for each sensor by another call.

    `same`: as they are; `crop`: through a window of 3/4 of each side, somewhere in the picture; `occlusion`: behind a
    grey thing of half of each side, somewhere; `blur`: out of focus, by a Gaussian whose deviation is up to 8 % of the
    shorter side; `dead`: black in one of five, which the sensor doesn't notice; `mixed`: each picture in one of these
    four ways.

    Raises:
        SourceError: there is no such kind.
    """
    if kind == "mixed":
        which = rng.integers(len(WAYS), size=len(images))
        seen = images.copy()
        for i, way in enumerate(WAYS):
            seen[which == i] = views(images[which == i], way, rng)
        return seen
    if kind == "same":
        return images.copy()
    if kind not in WAYS:
        raise SourceError(f"views are one of {', '.join(KINDS)}, not {kind!r}")
    return np.stack([WAYS[kind](image, rng) for image in images]) if len(images) else images.copy()


def _crop(
    image: UInt8[np.ndarray, "height width channels"], rng: np.random.Generator
) -> UInt8[np.ndarray, "height width channels"]:
    height, width = image.shape[:2]
    left, top = rng.uniform(0, 1 - CROP, 2) * (width, height)
    box = (left, top, left + CROP * width, top + CROP * height)
    return _each(image, lambda plane: plane.resize((width, height), Image.Resampling.BILINEAR, box))


def _occlusion(
    image: UInt8[np.ndarray, "height width channels"], rng: np.random.Generator
) -> UInt8[np.ndarray, "height width channels"]:
    height, width = (max(1, round(COVER * side)) for side in image.shape[:2])
    top, left = rng.integers(0, np.array(image.shape[:2]) - (height, width) + 1)
    seen = image.copy()
    seen[top : top + height, left : left + width] = GREY
    return seen


def _blur(
    image: UInt8[np.ndarray, "height width channels"], rng: np.random.Generator
) -> UInt8[np.ndarray, "height width channels"]:
    deviation = rng.uniform(0, BLUR) * min(image.shape[:2])
    return _each(image, lambda plane: plane.filter(ImageFilter.GaussianBlur(deviation)))


def _dead(
    image: UInt8[np.ndarray, "height width channels"], rng: np.random.Generator
) -> UInt8[np.ndarray, "height width channels"]:
    return np.zeros_like(image) if rng.random() < DEAD else image


def _each(
    image: UInt8[np.ndarray, "height width channels"], change: Callable[[Image.Image], Image.Image]
) -> UInt8[np.ndarray, "height width channels"]:
    """Each channel by itself: Pillow knows no picture of two."""
    planes = [np.asarray(change(Image.fromarray(image[..., i]))) for i in range(image.shape[2])]
    return np.stack(planes, axis=-1)


WAYS: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "crop": _crop,
    "occlusion": _occlusion,
    "blur": _blur,
    "dead": _dead,
}
KINDS = ("same", *WAYS, "mixed")
