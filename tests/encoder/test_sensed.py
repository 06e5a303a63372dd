"""A training picture's sensor noise: the same as `laconic.data.sensor` makes, but for the draw."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from laconic.data import sensor
from laconic.encoder.sensor import sensor_noise


def pictures(n: int = 400) -> Tensor:
    levels = torch.linspace(60, 120, n).round() / 255
    return levels[:, None, None, None].repeat(1, 3, 8, 8).contiguous(memory_format=torch.channels_last)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_at_one_snr_it_is_the_sensors_noise() -> None:
    """Means and mean squares of 76,800 values each, compared within 5 standard errors of the difference."""
    clean = pictures()
    ours = 255 * sensor_noise(clean, (3.0, 3.0), seeded()).double().numpy()
    images = (255 * clean).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    theirs = sensor.sensor_noise(images, 3.0, np.random.default_rng(0)).astype(np.float64)
    np.testing.assert_allclose(ours, ours.round(), atol=1e-4)
    assert ours.min() == 0
    assert ours.max() == 255
    for power in (1, 2):
        a, b = ours.ravel() ** power, theirs.ravel() ** power
        assert abs(a.mean() - b.mean()) < 5 * np.sqrt((a.var() + b.var()) / a.size)


def test_each_picture_has_an_snr_from_the_range() -> None:
    clean = pictures()
    noise = (sensor_noise(clean, (12.0, 24.0), seeded()) - clean).double()
    snr_db = -10 * torch.log10(noise.square().mean((1, 2, 3)) / clean.square().mean((1, 2, 3)))
    assert 11 < float(snr_db.min()) < 13  # a mean square of 192 values has the relative error 0.1: 0.4 dB
    assert 23 < float(snr_db.max()) < 25
    assert abs(float(snr_db.mean()) - 18) < 4 * 12 / np.sqrt(12 * 400)


def test_the_generator_decides_and_memory_stays_as_it_was() -> None:
    clean = pictures(4)
    once = sensor_noise(clean, (0.0, 24.0), seeded())
    assert torch.equal(sensor_noise(clean, (0.0, 24.0), seeded()), once)
    assert not torch.equal(sensor_noise(clean, (0.0, 24.0), seeded(1)), once)
    assert once.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(clean, pictures(4))
