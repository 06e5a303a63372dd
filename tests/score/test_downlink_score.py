"""What users receive, measured on senders whose damage is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from laconic.data.correlated import SAME_VIEW, CorrelatedUsers
from laconic.score import ScoreError
from laconic.score.downlink import downlink_points, sent_once

USERS, SIDE = 6, 16
HERE = torch.device("cpu")


@dataclass(frozen=True)
class Received:
    """As a downlink delivers."""

    pictures: Tensor
    groups: Tensor
    logits: Tensor | None = None


def cells(low: int = 100, high: int = 150) -> CorrelatedUsers:
    pictures = np.random.default_rng(0).integers(low, high, (20, SIDE, SIDE, 1), np.uint8)
    return CorrelatedUsers(pictures, 0.0, USERS, 1, SAME_VIEW, labels=np.arange(20) % 4)


def dims(images: Tensor, snr_db: float, _: torch.Generator) -> Received:
    """User k's picture is off by (k + 1) / 100 at 0 dB, a tenth of it at 20 dB; two users a group, the best first."""
    off = 10 ** (-snr_db / 20) * torch.arange(1, USERS + 1) / 100
    pictures = images.movedim(-1, 2) / 255 + off[:, None, None, None]
    return Received(pictures, torch.arange(USERS)[None] // 2)


def noisy(images: Tensor, snr_db: float, generator: torch.Generator) -> Received:
    pictures = images.movedim(-1, 2) / 255
    drawn = torch.randn(pictures.shape, generator=generator)
    return Received(
        (pictures + 10 ** (-snr_db / 20) * drawn / 10).clamp(0, 1), torch.zeros(1, USERS, dtype=torch.int64)
    )


def test_psnr_of_users_and_groups_is_the_closed_form() -> None:
    low, high = downlink_points(dims, cells(), 3, [0.0, 20.0])
    each = [40 - 20 * math.log10(k) for k in range(1, USERS + 1)]
    assert low.psnr_db == pytest.approx(sum(each) / USERS, abs=1e-3)
    pairs = [(each[k] + each[k + 1]) / 2 for k in (4, 2, 0)]
    assert low.groups_psnr_db == pytest.approx(pairs, abs=1e-3)
    assert high.psnr_db == pytest.approx(low.psnr_db + 20, abs=1e-2)
    assert low.psnr_low_db == pytest.approx(np.quantile(each * 3, 0.1), abs=1e-3)
    assert low.psnr_high_db == pytest.approx(np.quantile(each * 3, 0.9), abs=1e-3)
    assert low.ms_ssim is low.perceptual is low.accuracy is None
    assert low.ssim is not None
    assert 0.5 < low.ssim < 1


def test_a_cell_without_any_error_counts_as_100_db() -> None:
    def perfect(images: Tensor, snr_db: float, generator: torch.Generator) -> Received:
        return replace(dims(images, snr_db, generator), pictures=images.movedim(-1, 2).float() / 255)

    (point,) = downlink_points(perfect, cells(), 1, [0.0])
    assert point.psnr_db == point.psnr_low_db == 100.0
    assert point.ssim == pytest.approx(1.0)


def test_noise_is_drawn_by_seed_and_cell_and_is_the_same_at_each_snr() -> None:
    asked = (noisy, cells(), 2, [0.0, 10.0])
    first, again, other = (downlink_points(*asked, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    low, high = first
    assert high.psnr_db - low.psnr_db == pytest.approx(10.0, abs=0.01)  # one draw, scaled
    pictures = [sent_once(noisy, cells(), number, 0.0, 0, HERE)[1].pictures for number in (0, 0, 1)]
    assert torch.equal(pictures[0], pictures[1])
    assert not torch.equal(pictures[0], pictures[2])


def test_classes_are_compared_with_the_users_own_and_distances_are_means() -> None:
    users = cells()

    class Apart:
        name = "by eye"

        def __call__(self, received: Tensor, sent: Tensor) -> Tensor:
            return (received - sent).flatten(1).mean(1)

    def telling(images: Tensor, snr_db: float, generator: torch.Generator) -> Received:
        labels = torch.from_numpy(users.classes(0))
        told = torch.where(torch.arange(USERS) < 2, labels, (labels + 1) % 4)
        return replace(dims(images, snr_db, generator), logits=torch.nn.functional.one_hot(told, 4)[None].float())

    (point,) = downlink_points(telling, users, 1, [0.0], perceptual=Apart())
    assert point.accuracy == pytest.approx(2 / USERS)
    assert point.perceptual == pytest.approx(0.035, abs=1e-6)


def test_something_is_measured() -> None:
    with pytest.raises(ScoreError, match="at least one cell at one SNR is measured, not 0 at 1"):
        downlink_points(dims, cells(), 0, [0.0])
    with pytest.raises(ScoreError, match="at least one cell at one SNR is measured, not 1 at 0"):
        downlink_points(dims, cells(), 1, [])
