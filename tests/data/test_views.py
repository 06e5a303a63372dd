"""What several sensors see of one thing: what each way keeps of a picture, and that it is drawn anew for each."""

from __future__ import annotations

import math

import numpy as np
import pytest

from laconic.data import SourceError
from laconic.data.views import COVER, DEAD, GREY, KINDS, WAYS, views

SLOPE = np.add.outer(6 * np.arange(16), 8 * np.arange(12)).astype(np.uint8)[None, :, :, None].repeat(40, axis=0)


def seen(images: np.ndarray, kind: str, seed: int = 0) -> np.ndarray:
    return views(images, kind, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_their_size_and_sensors_see_differently(kind: str, channels: int) -> None:
    images = np.repeat(SLOPE, channels, axis=3)
    before = images.copy()
    found = seen(images, kind)
    assert (found.shape, found.dtype) == (images.shape, np.uint8)
    assert np.array_equal(images, before)
    assert np.array_equal(found, seen(images, kind))
    assert (found == found[..., :1]).all()
    assert np.array_equal(found, seen(images, kind, 1)) == (kind == "same")
    assert views(images[:0], kind, np.random.default_rng(0)).shape == images[:0].shape


def test_as_it_is() -> None:
    assert np.array_equal(seen(SLOPE, "same"), SLOPE)


def test_a_window_magnifies_a_slope_by_four_thirds() -> None:
    found = seen(SLOPE, "crop")[..., 0].astype(float)
    steps = np.diff(found, axis=2)[:, 2:-2, 2:-2]
    assert steps.mean() == pytest.approx(8 * 0.75, abs=0.1)
    assert len(np.unique(found[:, 8, 6])) > 10  # somewhere else in each picture


def test_what_stands_before_a_sensor_hides_a_quarter() -> None:
    black = np.zeros((200, 16, 12, 1), np.uint8)
    hidden = seen(black, "occlusion")[..., 0] == GREY
    assert (hidden.sum(axis=(1, 2)) == COVER**2 * 16 * 12).all()
    assert hidden.any(axis=0).all()


def test_blur_keeps_the_light_and_lowers_the_contrast() -> None:
    checks = np.zeros((30, 24, 24, 1), np.uint8)
    checks[:, ::4, ::4] = 240
    found = seen(checks, "blur").astype(float)
    assert found.mean() == pytest.approx(checks.mean(), rel=0.1)
    deviation = found.std(axis=(1, 2, 3))
    assert (deviation <= checks.std() + 1e-9).all()
    assert deviation.min() < 0.3 * checks.std()


def test_one_of_five_pictures_is_black_and_no_other_is_changed() -> None:
    light = np.full((2000, 2, 2, 1), 9, np.uint8)
    found = seen(light, "dead")[:, 0, 0, 0]
    assert set(found.tolist()) == {0, 9}
    assert abs((found == 0).mean() - DEAD) < 4 * math.sqrt(DEAD * (1 - DEAD) / 2000)


def test_mixed_views_are_those_of_every_way() -> None:
    light = np.full((400, 8, 8, 1), 60, np.uint8)
    found = seen(light, "mixed")
    covered = (found == GREY).any(axis=(1, 2, 3)).mean()
    black = (found == 0).all(axis=(1, 2, 3)).mean()
    assert abs(covered - 1 / len(WAYS)) < 4 * math.sqrt(0.25 * 0.75 / 400)
    assert abs(black - DEAD / len(WAYS)) < 4 * math.sqrt(0.05 * 0.95 / 400)


def test_no_such_views() -> None:
    with pytest.raises(SourceError, match="views are one of same, crop, occlusion, blur, dead, mixed, not 'upside'"):
        seen(SLOPE, "upside")
