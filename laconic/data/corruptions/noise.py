"""Corruptions by noise: of a warm sensor, of too little light, of broken pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def gaussian_noise(
    picture: Float[np.ndarray, "height width channels"], sigma: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Independent Gaussian noise of standard deviation `sigma` (1 is the range from black to white) in each value."""
    return np.asarray(picture + sigma * rng.standard_normal(picture.shape, np.float32))


def shot_noise(
    picture: Float[np.ndarray, "height width channels"], photons: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Counted light: each value is Poisson, where white means `photons` on average; the fewer, the noisier."""
    return rng.poisson(picture * photons) / photons


def impulse_noise(
    picture: Float[np.ndarray, "height width channels"], share: float, rng: np.random.Generator
) -> Float[np.ndarray, "height width channels"]:
    """Salt and pepper in colour: a `share` of the values, each channel by itself, becomes 0 or 1 with even odds."""
    draws = rng.random(picture.shape, np.float32)
    return np.where(draws < share, draws < share / 2, picture).astype(picture.dtype)
