"""Planted noise: how much, which, what is kept, and that it is the same again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from laconic.data import Preprocessing, SourceError, Split, load
from laconic.data.noise import planted


def split(n: int = 40, color: bool = True) -> Split:
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 9, (6, 5, 3) if color else (6, 5), np.uint8) for _ in range(n)]
    return Split("train", pictures, np.arange(n), np.arange(n) % 4)


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("kind", ["noise", "permuted"])
def test_a_fraction_is_replaced_and_the_rest_stays(kind: str, color: bool) -> None:
    clean = split(color=color)
    noisy, bad = planted(clean, 0.3, kind, seed=1)
    assert bad.sum() == 12
    assert (noisy.labels == clean.labels).all()
    for row in range(len(clean)):
        before, after = np.asarray(clean.picture(row)), np.asarray(noisy.picture(row))
        assert after.shape == before.shape
        assert (before != after).any() == bad[row]
        if kind == "permuted":
            pixels = [np.sort(picture.reshape(30, -1), axis=0) for picture in (before, after)]
            assert (pixels[0] == pixels[1]).all()
        elif bad[row]:
            assert after.max() > 200


def test_a_colour_pixel_moves_as_one() -> None:
    noisy, bad = planted(split(), 1.0, "permuted", seed=0)
    assert bad.all()
    before = {tuple(pixel) for pixel in np.asarray(split().picture(3)).reshape(-1, 3).tolist()}
    assert {tuple(pixel) for pixel in np.asarray(noisy.picture(3)).reshape(-1, 3).tolist()} == before


def test_noise_is_uniform() -> None:
    """The mean of n uniform pixels lies within 4 standard errors of 127.5."""
    noisy, _ = planted(split(200), 1.0, "noise", seed=0)
    pixels = np.stack([np.asarray(noisy.picture(row)) for row in range(200)]).astype(float)
    assert abs(pixels.mean() - 127.5) < 4 * np.sqrt((256**2 - 1) / 12 / pixels.size)
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_the_seed_alone_decides_wherever_it_is_read() -> None:
    images = [
        load(planted(split(), 0.5, "noise", seed)[0], Preprocessing(5, 6, "squash", "rgb")).images for seed in (1, 1, 2)
    ]
    assert (images[0] == images[1]).all()
    assert (images[0] != images[2]).any()
    noisy, bad = planted(split(), 0.5, "noise", 1)
    elsewhere = pickle.loads(pickle.dumps(noisy.pictures))
    row = int(bad.argmax())
    assert (elsewhere[row] == noisy.picture(row)).all()
    assert noisy.fingerprint != split().fingerprint


def test_a_part_of_a_split_keeps_its_noise() -> None:
    noisy, bad = planted(split(), 0.5)
    rows = np.flatnonzero(bad)[[3, 1]]
    assert (np.asarray(noisy.subset(rows).picture(0)) == np.asarray(noisy.picture(int(rows[0])))).all()


def test_refuses_other_fractions_and_kinds() -> None:
    with pytest.raises(SourceError, match=r"from 0 to 1, not 1\.5"):
        planted(split(), 1.5)
    with pytest.raises(SourceError, match="one of noise, permuted, not 'snow'"):
        planted(split(), 0.5, "snow")
