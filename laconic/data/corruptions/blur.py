"""Corruptions by blur: out of focus, behind frosted glass, moved, nearing. Lengths in pixels; edges are mirrored."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from PIL import Image

from laconic.extras import need

MAX_TILT = math.pi / 4
"""A camera moves mostly sideways: motion is drawn within 45 degrees of the horizontal."""


def defocus_blur(
    picture: Float[np.ndarray, "height width channels"], radius: float
) -> Float[np.ndarray, "height width channels"]:
    """A lens out of focus spreads each point over a disc of `radius` pixels."""
    y, x = _offsets(radius)
    return convolved(picture, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def glass_blur(
    picture: Float[np.ndarray, "height width channels"], sigma: float, reach: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Frosted glass: each pixel shows one up to `reach` pixels away in each direction, between two Gaussian blurs.

    Hendrycks and Dietterich swap neighbours one after the other; here each pixel draws by itself, all at once.
    """
    gaussian_filter = need("scipy.ndimage", "data").gaussian_filter
    height, width = picture.shape[:2]
    move = np.rint(rng.uniform(-reach, reach, (2, height, width))).astype(int)
    rows = np.clip(np.arange(height)[:, None] + move[0], 0, height - 1)
    columns = np.clip(np.arange(width) + move[1], 0, width - 1)
    soft = gaussian_filter(picture, (sigma, sigma, 0))
    return np.asarray(gaussian_filter(soft[rows, columns], (sigma, sigma, 0)))


def motion_blur(
    picture: Float[np.ndarray, "height width channels"], length: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """A camera that moves by `length` pixels while it looks, in a direction within 45 degrees of the horizontal."""
    return streaked(picture, length, rng.uniform(-MAX_TILT, MAX_TILT))


def zoom_blur(
    picture: Float[np.ndarray, "height width channels"], growth: float
) -> Float[np.ndarray, "height width channels"]:
    """A camera that nears while it looks: the mean of the picture magnified about its centre by 1 to 1 + `growth`.

    Magnifications are so close that no point moves by more than two pixels from one to the next.
    """
    height, width, channels = picture.shape
    zooms = np.linspace(1, 1 + growth, 2 + math.ceil(growth * max(height, width) / 4))
    total = np.zeros_like(picture)
    for zoom in zooms:
        left, top = width * (1 - 1 / zoom) / 2, height * (1 - 1 / zoom) / 2
        window = (left, top, width - left, height - top)
        for channel in range(channels):
            image = Image.fromarray(picture[:, :, channel])
            total[:, :, channel] += image.resize((width, height), Image.Resampling.BILINEAR, window)
    return total / len(zooms)


def streaked(
    picture: Float[np.ndarray, "height width channels"], length: float, angle: float
) -> Float[np.ndarray, "height width channels"]:
    """The picture drawn out over a line of `length` pixels at `angle` radians from the horizontal."""
    y, x = _offsets(length / 2)
    along = np.clip(x * math.cos(angle) + y * math.sin(angle), -length / 2, length / 2)
    distance = np.hypot(x - along * math.cos(angle), y - along * math.sin(angle))
    return convolved(picture, np.clip(1 - distance, 0, 1))


def convolved(
    picture: Float[np.ndarray, "height width channels"], kernel: Float[np.ndarray, "size size"]
) -> Float[np.ndarray, "height width channels"]:
    """Each channel convolved with the kernel, which has an odd size and is scaled to the sum 1; edges mirrored."""
    margin = len(kernel) // 2
    wide = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), "symmetric")
    weights = (kernel / kernel.sum()).astype(picture.dtype)[:, :, None]
    return np.asarray(need("scipy.signal", "data").convolve(wide, weights, "valid"))


def _offsets(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """How far each cell of a kernel that reaches `radius` lies from its middle: down, right."""
    reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    return reach[:, None], reach[None, :]
