"""A noisy sensor's pictures: as much noise as was asked for, and the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.data.sensor import sensor_noise


@pytest.mark.parametrize("snr_db", [6.0, 12.0, 24.0])
def test_noise_has_the_power_that_the_snr_says(snr_db: float) -> None:
    """Of a grey that is far from black and white. A variance over n values has the relative error sqrt(2 / n)."""
    levels = np.array([60, 100], np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (2, 64, 64, 3)).copy()
    noise = sensor_noise(images, snr_db, np.random.default_rng(0)).astype(np.float64) - images
    wanted = levels.astype(np.float64) ** 2 / 10 ** (snr_db / 10) + 1 / 12  # and of rounding
    assert np.abs(noise.var(axis=(1, 2, 3)) / wanted - 1).max() < 5 * np.sqrt(2 / (64 * 64 * 3))
    assert np.abs(noise.mean(axis=(1, 2, 3))).max() < 5 * np.sqrt(wanted.max() / (64 * 64 * 3))


def test_each_picture_has_noise_of_its_own_that_the_seed_decides() -> None:
    images = np.full((2, 8, 8, 1), 90, np.uint8)
    once, again = (sensor_noise(images, 6.0, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert (once[0] != once[1]).any()
    assert (sensor_noise(images, 6.0, np.random.default_rng(2)) != once).any()


def test_without_noise_and_in_the_dark_pictures_stay_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), np.uint8)
    np.testing.assert_array_equal(sensor_noise(images, np.inf, np.random.default_rng(0)), images)
    assert not sensor_noise(np.zeros((1, 4, 4, 1), np.uint8), 0.0, np.random.default_rng(0)).any()


def test_too_bright_is_white_and_too_dark_is_black() -> None:
    bright = sensor_noise(np.full((1, 32, 32, 1), 250, np.uint8), 0.0, np.random.default_rng(0))
    assert (bright == 255).mean() > 0.4
    assert (bright == 0).any()
