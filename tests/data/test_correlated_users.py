"""Cells of correlated users: what a correlation of 0, 1 and between means, measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from laconic.data.correlated import SAME_VIEW, CorrelatedUsers, Views
from laconic.data.split import SourceError

SIDE = 4


def pictures(n: int = 60, low: int = 90, high: int = 166) -> np.ndarray:
    """Pixels with nothing in common, and far enough from 0 and 255 that no mixture is clipped."""
    noise = np.random.default_rng(0).integers(low, high, (n, SIDE, SIDE, 1), np.uint8)
    slope = np.arange(SIDE, dtype=np.uint8)[:, None, None]  # so that the mean picture is not flat
    return noise + slope


def cells(users: CorrelatedUsers, n: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = [users.cell(number) for number in range(n)]
    return np.stack([pixels for pixels, _ in drawn]).astype(float), np.stack([scene for _, scene in drawn])


def correlation(pixels: np.ndarray, pairs: np.ndarray) -> float:
    """Of the pixels of the chosen pairs of users [cells, users, users], about each pixel's own mean."""
    centred = (pixels - pixels.mean((0, 1))).reshape(*pixels.shape[:2], -1)
    products = np.einsum("ckp,clp->ckl", centred, centred) / centred.shape[2]
    return float(products[pairs].mean() / centred.var())


@pytest.mark.parametrize("chosen", [0.0, 0.3, 0.8, 1.0])
def test_users_of_a_scene_correlate_as_chosen_and_others_do_not(chosen: float) -> None:
    users = CorrelatedUsers(pictures(), chosen, users=6, scenes=3, views=SAME_VIEW)
    n = 200
    pixels, scene = cells(users, n)
    same = scene[:, :, None] == scene[:, None, :]
    other = ~same
    same[:, np.arange(6), np.arange(6)] = False
    # Pixels of one cell are independent draws; drawing none twice of 60 pictures correlates others by -1 / 59.
    tolerance = 4 / np.sqrt(n * SIDE * SIDE) + 1 / 59
    assert abs(correlation(pixels, same) - chosen) < tolerance
    assert abs(correlation(pixels, other)) < tolerance


def test_at_1_users_of_a_scene_have_the_same_picture_and_at_0_all_have_their_own() -> None:
    source = pictures()
    stored = {picture.tobytes() for picture in source}
    for chosen in (0.0, 1.0):
        pixels, scene = CorrelatedUsers(source, chosen, users=12, scenes=3, views=SAME_VIEW).cell(5)
        assert {picture.tobytes() for picture in pixels} <= stored
        together = [(pixels[k] == pixels[j]).all() == (scene[k] == scene[j]) for k in range(12) for j in range(k)]
        assert all(together) == (chosen == 1.0)
        assert len({picture.tobytes() for picture in pixels}) == (3 if chosen else 12)


def test_a_correlation_leaves_each_pixels_mean_and_variance() -> None:
    for chosen in (0.0, 0.5, 1.0):
        pixels, _ = cells(CorrelatedUsers(pictures(), chosen, users=6, scenes=6, views=SAME_VIEW), 150)
        expected = pictures().astype(float)
        drawn = pixels.reshape(-1, SIDE, SIDE, 1)
        error = 5 * expected.std() / np.sqrt(len(drawn) / 6)
        assert np.abs(drawn.mean(0) - expected.mean(0)).max() < error
        assert drawn.var() == pytest.approx(expected.var(), rel=0.05)


def test_views_move_brighten_and_blur_no_more_than_they_say() -> None:
    flat = np.full((8, 8, 1), 100.0)
    rng = np.random.default_rng(0)
    jittered = np.stack([Views(0, 0.1, 0.0).seen(flat, rng) for _ in range(300)]).astype(float)
    assert 90 <= jittered.min() < 91
    assert 109 < jittered.max() <= 110
    noisy = np.stack([Views(0, 0.0, 0.04).seen(flat, rng) for _ in range(300)]).astype(float)
    assert noisy.std() == pytest.approx(0.04 * 255, rel=4 / np.sqrt(2 * noisy.size))
    ramp = np.arange(8.0)[:, None, None] * 10 + np.arange(8.0)[None, :, None]
    moved = {Views(2, 0.0, 0.0).seen(ramp, rng)[4, 4, 0] for _ in range(600)}
    assert moved == {10 * (4 + down) + 4 + right for down in range(-2, 3) for right in range(-2, 3)}


def test_views_of_one_scene_differ_and_are_clipped() -> None:
    bright = np.full((60, SIDE, SIDE, 3), 255, np.uint8)
    pixels, _ = CorrelatedUsers(bright, 1.0, users=4, scenes=1, views=Views(1, 0.2, 0.1)).cell(0)
    assert pixels.dtype == np.uint8
    assert pixels.max() == 255
    assert len({picture.tobytes() for picture in pixels}) == 4


def test_scenes_are_divided_evenly_and_in_no_order() -> None:
    users = CorrelatedUsers(pictures(), 0.5, users=11, scenes=4)
    orders = [users.cell(number)[1] for number in range(5)]
    assert all(sorted(np.bincount(scene)) == [2, 3, 3, 3] for scene in orders)
    assert len({scene.tobytes() for scene in orders}) > 1


def test_a_cell_follows_from_the_seed_and_its_number() -> None:
    users = CorrelatedUsers(pictures(), 0.5, users=6, scenes=3)
    first, again, other = users.cell(3)[0], users.cell(3)[0], users.cell(4)[0]
    assert (first == again).all()
    assert (first != other).any()
    assert (first != replace(users, seed=1).cell(3)[0]).any()


def test_refuses_what_makes_no_cell() -> None:
    for chosen in (-0.1, 1.1, np.nan):
        with pytest.raises(SourceError, match=f"a correlation of users is from 0 to 1, not {chosen}"):
            CorrelatedUsers(pictures(), chosen)
    for scenes in (0, 7):
        with pytest.raises(SourceError, match=f"6 users look at 1 to 6 scenes, not {scenes}"):
            CorrelatedUsers(pictures(), 0.5, users=6, scenes=scenes)
    with pytest.raises(SourceError, match=r"50 users and 11 scenes need 61 pictures, not 60; take fewer users or"):
        CorrelatedUsers(pictures(), 0.5, users=50, scenes=11)
    for views in ((-1, 0.0, 0.0), (0, 1.5, 0.0), (0, 0.0, -0.1)):
        with pytest.raises(SourceError, match="a shift and noise of 0 or more and a jitter from 0 to 1, not Views"):
            Views(*views)


@pytest.mark.parametrize(("chosen", "of"), [(0.0, "own"), (0.49, "own"), (0.5, "scene"), (1.0, "scene")])
def test_a_mixed_picture_has_the_class_of_its_larger_part(chosen: float, of: str) -> None:
    source = pictures()
    users = CorrelatedUsers(source, chosen, users=6, scenes=2, views=SAME_VIEW, labels=np.arange(60))
    pixels, scene = users.cell(3)
    labels = users.classes(3)
    assert all((labels[k] == labels[j]) == (scene[k] == scene[j]) for k in range(6) for j in range(k)) == (
        of == "scene"
    )
    weight = max(chosen, 1 - chosen)
    for picture, label in zip(pixels - users.mean, labels, strict=True):
        others = [float(((other - users.mean) * picture).mean()) for other in source]
        power = float(((source[label] - users.mean) ** 2).mean())
        assert others[label] > 0.5 * np.sqrt(weight) * power
    assert users.classes(3).tolist() == labels.tolist()
    assert replace(users, labels=None).classes(3).tolist() == [-1] * 6


def test_labels_are_one_a_picture() -> None:
    with pytest.raises(SourceError, match="a label for each of 60 pictures wanted, not 59"):
        CorrelatedUsers(pictures(), 0.5, users=6, scenes=3, labels=np.zeros(59, np.int64))
