"""Pictures as a noisy sensor takes them: additive Gaussian noise at an SNR."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8


def sensor_noise(
    images: UInt8[np.ndarray, "n height width channels"], snr_db: float, rng: np.random.Generator
) -> UInt8[np.ndarray, "n height width channels"]:
    """White Gaussian noise in each value, rounded and clipped to 0..255 as a sensor's counter does.

    SNR is each picture's own: the mean of its squared values, over the noise's variance. Paper 001, section IV-I, adds
    noise "at different SNR levels" and doesn't define them.

    >>> grey = np.full((1, 64, 64, 1), 100, np.uint8)
    >>> noise = sensor_noise(grey, 20.0, np.random.default_rng(0)).astype(float) - 100
    >>> round(float(noise.std()))
    10
    """
    if not np.isfinite(snr_db):
        return images.copy()
    values = images.astype(np.float32)
    power = (values**2).mean(axis=(1, 2, 3), keepdims=True)
    noise = rng.standard_normal(images.shape, np.float32) * np.sqrt(power * np.float32(10 ** (-snr_db / 10)))
    return np.asarray(np.clip(np.rint(values + noise), 0, 255), np.uint8)
