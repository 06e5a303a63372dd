"""Corruptions by weather, all drawn from noise: snow, frost, fog, daylight. Lengths in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Float32
from PIL import Image

from laconic.data.corruptions.blur import streaked

ICE_TINT = (0.80, 0.92, 1.0)
"""Red, green and blue of ice where it is thickest."""
CLOUD_DECAY, ICE_DECAY = 1.75, 1.5
"""By how much each halving of the wavelength divides the amplitude: the nearer to 1, the more ragged."""


def snow(
    picture: Float[np.ndarray, "height width channels"],
    share: float,
    flake: float,
    streak: float,
    whitening: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "height width channels"]:
    """Flakes of `flake` pixels over a `share` of the picture, drawn out over `streak` pixels as they fall, added to it.

    Before, the scene turns `whitening` of the way to what lies under a white sky: max(picture, 1.5 gray + 0.5).
    """
    field = smooth_noise(picture.shape[:2], flake, rng)
    flakes = (field > np.quantile(field, 1 - share)).astype(np.float32)[:, :, None]
    falling = streaked(flakes, streak, rng.uniform(math.pi / 4, 3 * math.pi / 4))
    white = np.maximum(picture, 1.5 * picture.mean(axis=2, keepdims=True) + 0.5)
    return np.asarray((1 - whitening) * picture + whitening * white + falling)


def frost(
    picture: Float[np.ndarray, "height width channels"], opacity: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Ice crystals on the lens hide the picture, by `opacity` where they are thickest.

    Hendrycks and Dietterich add photographs of frost to the picture. Here the ice is drawn: bright ridges where
    smooth noise crosses its mean, in every wavelength from the picture's size to two pixels.
    """
    ridges = [(1 - abs(2 * octave - 1)) ** 2 for octave in _octaves(picture.shape[:2], rng)]
    ice = opacity * _stretched(sum(ridge / ICE_DECAY**number for number, ridge in enumerate(ridges)))[:, :, None]
    tint = np.array(ICE_TINT if picture.shape[2] == 3 else [np.mean(ICE_TINT)], np.float32)
    return np.asarray((1 - ice) * picture + ice * tint)


def fog(
    picture: Float[np.ndarray, "height width channels"], thickness: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """(picture + thickness * clouds) / (1 + thickness), the clouds being fractal noise from 0 to 1.

    Hendrycks and Dietterich build the clouds by midpoint displacement, here they are a sum of octaves. Theirs keeps
    the picture's own maximum instead of 1, under which a black picture would stay black.
    """
    octaves = _octaves(picture.shape[:2], rng)
    clouds = _stretched(sum(octave / CLOUD_DECAY**number for number, octave in enumerate(octaves)))
    return np.asarray((picture + thickness * clouds[:, :, None]) / (1 + thickness))


def brightness(
    picture: Float[np.ndarray, "height width channels"], more: float
) -> Float[np.ndarray, "height width channels"]:
    """More daylight: the value of HSV (the largest channel) rises by `more`, to 1 at most; hue and saturation stay."""
    value = picture.max(axis=2, keepdims=True)
    brighter = np.minimum(value + more, 1)
    return np.asarray(np.where(value > 0, picture * (brighter / np.where(value > 0, value, 1)), brighter))


def smooth_noise(
    shape: tuple[int, ...], wavelength: float, rng: np.random.Generator
) -> Float32[np.ndarray, "height width"]:
    """Uniform values from 0 to 1 on a grid of `wavelength` pixels, bicubic between (so a little beyond 0 and 1)."""
    height, width = shape
    rows, columns = height / wavelength, width / wavelength
    coarse = rng.random((math.ceil(rows) + 1, math.ceil(columns) + 1), np.float32)
    return np.asarray(
        Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC, (0, 0, columns, rows)), np.float32
    )


def _octaves(shape: tuple[int, ...], rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Smooth noise in wavelengths from the longer side, halved each time, down to two pixels."""
    longest = max(*shape, 2)
    return (smooth_noise(shape, longest / 2**number, rng) for number in range(int(math.log2(longest))))


def _stretched(field: np.ndarray | float) -> np.ndarray:
    """The field moved and scaled to lie from 0 to 1; a constant one becomes 0."""
    low, high = np.min(field), np.max(field)
    return np.asarray((field - low) / (high - low if high > low else 1), np.float32)
