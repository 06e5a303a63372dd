"""Brightness, contrast and detail: closed forms, and what a covered, a wet and a broken camera give."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.data import open_source
from laconic.data.look import is_usual, looks, usual_looks


def digits(split: str) -> np.ndarray:
    found = open_source("digits").split(split)
    return np.stack([found.picture(row) for row in range(len(found))])[..., None]


def test_closed_forms():
    checks = np.indices((4, 4)).sum(axis=0) % 2 * 200
    flat = np.full((4, 4), 50)
    found = looks(np.stack([checks, flat]).astype(np.uint8)[..., None])
    np.testing.assert_allclose(found[0], [100, np.log(101), np.log(200.01 / 101)])
    np.testing.assert_allclose(found[1], [50, 0, np.log(0.01)])
    assert looks(np.zeros((0, 4, 4, 3), np.uint8)).shape == (0, 3)
    assert np.isfinite(looks(np.zeros((2, 1, 1, 3), np.uint8))).all()


def test_colour_counts_by_its_mean_and_order_does_not_matter():
    pictures = np.random.default_rng(0).integers(0, 256, (1500, 5, 4, 3), np.uint8)
    whole = looks(pictures)
    np.testing.assert_allclose(looks(pictures[::-1])[::-1], whole)
    np.testing.assert_allclose(looks(pictures[..., [2, 0, 1]]), whole)
    np.testing.assert_allclose(looks(pictures[:, :, ::-1]), whole)


def test_test_pictures_look_as_training_pictures_do_and_broken_cameras_do_not():
    train, test = digits("train"), digits("test")
    usual = usual_looks(looks(train))
    assert is_usual(looks(test), usual).mean() > 0.99
    noise = np.random.default_rng(0).integers(0, 256, test.shape, np.uint8)
    assert is_usual(looks(noise), usual).mean() < 0.02
    blurred = np.repeat(test.mean(axis=(1, 2), keepdims=True), 8, axis=1).repeat(8, axis=2).astype(np.uint8)
    for strange in (np.zeros_like(test[:1]), np.full_like(test[:1], 255), blurred):
        assert not is_usual(looks(strange), usual).any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_of_the_three_is_looked_at(axis: int):
    usual = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    found = np.full((3, 3), 0.5)
    found[0, axis], found[1, axis] = -0.1, 1.1
    assert is_usual(found, usual).tolist() == [False, False, True]
