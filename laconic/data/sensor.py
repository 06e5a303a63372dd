"""Pictures as a noisy sensor takes them: additive Gaussian noise at an SNR."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, UInt8


def sensor_noise(
    images: UInt8[np.ndarray, "n height width channels"],
    snr_db: float | Float64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> UInt8[np.ndarray, "n height width channels"]:
    """White Gaussian noise in each value, rounded and clipped to 0..255 as a sensor's counter does.

    SNR is each picture's own: the mean of its squared values, over the noise's variance. Paper 001, section IV-I, adds
    noise "at different SNR levels" and doesn't define them. `snr_db` is one for all or one for each; of an infinite
    one there is no noise.

    >>> grey = np.full((1, 64, 64, 1), 100, np.uint8)
    >>> noise = sensor_noise(grey, 20.0, np.random.default_rng(0)).astype(float) - 100
    >>> round(float(noise.std()))
    10
    """
    values = images.astype(np.float32)
    power = (values**2).mean(axis=(1, 2, 3), keepdims=True)
    ratio = np.asarray(10 ** (-np.asarray(snr_db) / 10), np.float32).reshape(-1, 1, 1, 1)
    noise = rng.standard_normal(images.shape, np.float32) * np.sqrt(power * ratio)
    return np.asarray(np.clip(np.rint(values + noise), 0, 255), np.uint8)


def noise_of_rows(
    images: UInt8[np.ndarray, "n height width channels"],
    rows: Sequence[int],
    snr_db: tuple[float, float],
    seed: tuple[int, ...],
) -> UInt8[np.ndarray, "n height width channels"]:
    """Noise at an SNR drawn evenly, in dB, from a range; a row's follows from its number and the seed alone."""
    each = [np.random.default_rng([*seed, row]) for row in rows]
    noisy = [sensor_noise(image[None], rng.uniform(*snr_db), rng) for image, rng in zip(images, each, strict=True)]
    return np.concatenate([images[:0], *noisy])
