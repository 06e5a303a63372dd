"""A picture at every rate: what fits is the best there is, and what a receiver shows is what was counted."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import features

from laconic.picture import PictureCoder, PictureFormatError
from laconic.picture.ladder import CODECS, Ladder, climb, least_payload, shown

pytest.importorskip("pillow_heif")
HERE = {"avif": features.check("avif"), "bpg": shutil.which("bpgenc") is not None}
TRIED = [codec for codec in CODECS if HERE.get(codec, True)]


@pytest.fixture(scope="module", params=TRIED)
def ladder(request: pytest.FixtureRequest) -> Ladder:
    return climb(slope(), request.param, 300)


def slope() -> np.ndarray:
    y, x = np.mgrid[:20, :27]
    disc = 90 * ((x - 12) ** 2 + (y - 11) ** 2 < 40)
    return np.stack([2 * x + disc, 3 * y + disc, 160 - 2 * y + disc // 2], axis=-1).astype(np.uint8)


def test_longer_is_better(ladder: Ladder) -> None:
    lengths = [len(payload) for payload in ladder.payloads]
    assert len(lengths) > 5
    assert (np.diff(lengths) > 0).all()
    assert (np.diff(ladder.errors) < 0).all()
    assert lengths[-1] <= 300


def test_what_is_counted_is_what_is_shown(ladder: Ladder) -> None:
    for rung in (0, len(ladder.payloads) // 2, len(ladder.payloads) - 1):
        pixels = ladder.pixels(rung)
        assert (pixels.shape, pixels.dtype) == (slope().shape, np.uint8)
        assert np.square(pixels.astype(int) - slope()).sum() == ladder.errors[rung]


def test_zeros_after_a_payload_change_nothing(ladder: Ladder) -> None:
    """A packet of fixed length is filled up with them, and no length is sent."""
    for rung in range(0, len(ladder.payloads), 5):
        for zeros in (1, 2, 3, 40):
            found = shown(ladder.payloads[rung] + bytes(zeros), ladder.codec, ladder.shape)
            assert np.array_equal(found, ladder.pixels(rung))


def test_the_best_that_fits(ladder: Ladder) -> None:
    for budget in range(1, 301):
        rung = ladder.rung(budget)
        assert all(len(payload) > budget for payload in ladder.payloads[rung + 1 :])
        assert rung == -1 or len(ladder.payloads[rung]) <= budget
    assert ladder.rung(0) == -1


@pytest.mark.parametrize(("width", "height", "channels", "spread"), [(32, 32, 3, 20), (9, 24, 1, 127), (17, 5, 3, 60)])
def test_never_worse_than_the_sent_pictures_coder(width: int, height: int, channels: int, spread: int) -> None:
    """PictureCoder looks for the same by bisection, one budget at a time."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(40, 200, width)[:, None] + rng.integers(-spread, spread + 1, (height, width, channels))
    pixels = ramp.clip(0, 255).astype(np.uint8)
    found = climb(pixels, "jpeg", 400)
    for budget in (8, 20, 60, 150, 400):
        coder = PictureCoder(width, height, channels, budget, ("jpeg",))
        theirs = np.square(coder.decode(coder.encode(pixels)).astype(int) - pixels).sum()
        assert found.errors[found.rung(budget)] <= theirs


def test_a_jpeg_payload_is_a_sent_pictures_own() -> None:
    """Codec, quality and scale stand in the header byte as `docs/format.md` has it."""
    found, coder = climb(slope(), "jpeg", 300), PictureCoder(27, 20, 3, 300)
    for rung, payload in enumerate(found.payloads):
        assert np.array_equal(coder.decode(payload), found.pixels(rung))
        assert np.array_equal(shown(payload, "jpeg", (20, 27, 3)), found.pixels(rung))


def test_nothing_so_small() -> None:
    found = climb(slope(), "webp", 3)
    assert found.payloads == ()
    assert found.rung(1000) == -1


def test_wrong_uses_are_named() -> None:
    with pytest.raises(PictureFormatError, match=f"a codec among {', '.join(CODECS)} wanted, got 'gif'"):
        climb(slope(), "gif", 100)
    for pixels in (slope()[:, :, :2], slope()[:0]):
        with pytest.raises(PictureFormatError, match=r"uint8 pixels \[height, width, 1 or 3\] wanted, got "):
            climb(pixels, "jpeg", 100)
    with pytest.raises(PictureFormatError, match=r"a codec among .* wanted, got 'gif'"):
        least_payload("gif", 3)
    with pytest.raises(PictureFormatError, match="1 or 3 channels wanted, got 2"):
        least_payload("jpeg", 2)


@pytest.mark.parametrize("codec", TRIED)
def test_the_least_is_a_pictures_own(codec: str) -> None:
    point = np.full((1, 1, 1), 128, np.uint8)
    least = least_payload(codec, 1)
    assert climb(point, codec, least - 1).payloads == ()
    assert len(climb(np.concatenate([point // 255, point]), codec, 500).payloads[0]) >= least
