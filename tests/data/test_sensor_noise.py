"""A noisy sensor's pictures: as much noise as was asked for, and the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.data.sensor import noise_of_rows, sensor_noise


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


def test_one_snr_for_each_picture() -> None:
    images = np.full((2, 64, 64, 1), 100, np.uint8)
    both = sensor_noise(images, np.array([20.0, np.inf]), np.random.default_rng(0)).astype(np.float64) - 100
    assert both[0].std() == pytest.approx(10, rel=5 / np.sqrt(2 * 64 * 64))
    assert not both[1].any()


def test_a_rows_noise_is_its_own_whenever_it_is_read() -> None:
    images = np.full((3, 16, 16, 1), 100, np.uint8)
    whole = noise_of_rows(images, [4, 5, 6], (0.0, 24.0), (1, 2))
    np.testing.assert_array_equal(noise_of_rows(images[:1], [6], (0.0, 24.0), (1, 2))[0], whole[2])
    assert (noise_of_rows(images, [4, 5, 6], (0.0, 24.0), (1, 3)) != whole).any()
    assert noise_of_rows(images[:0], [], (0.0, 24.0), (1, 2)).shape == (0, 16, 16, 1)
    many = noise_of_rows(np.full((400, 16, 16, 1), 100, np.uint8), range(400), (12.0, 24.0), (0,)).astype(np.float64)
    snr_db = -20 * np.log10((many - 100).std(axis=(1, 2, 3)) / 100)
    assert 11 < snr_db.min() < 13  # a deviation over 256 values has the relative error 0.044: 0.4 dB
    assert 23 < snr_db.max() < 25
    assert abs(snr_db.mean() - 18) < 4 * 12 / np.sqrt(12 * 400)
