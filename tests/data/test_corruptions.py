"""Corruptions: closed forms of each, and for all fifteen severity, seeds, sizes and bad input."""

from __future__ import annotations

import colorsys
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_images

from laconic.data import SourceError
from laconic.data.corruptions import CORRUPTIONS, SEVERITIES, blur, corrupt, digital, noise, weather
from laconic.data.corruptions.scale import Scale
from laconic.data.site import SitePictures

NAMES = tuple(CORRUPTIONS)
RNG = np.random.default_rng


def photographs(side: int) -> np.ndarray:
    """Six square crops of the two photographs that scikit-learn brings, uint8 [6, side, side, 3]."""
    crops = [photo[:420, left : left + 420] for photo in load_sample_images().images for left in (0, 110, 220)]
    return np.stack([np.asarray(Image.fromarray(crop).resize((side, side), Image.Resampling.BOX)) for crop in crops])


def gray(images: np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(image).convert("L"))[:, :, None] for image in images])


def picture(seed: int = 0, side: int = 24, channels: int = 3) -> np.ndarray:
    return RNG(seed).random((side, side, channels), np.float32)


PHOTOGRAPHS = photographs(32)
SETS = {
    "32": PHOTOGRAPHS,
    "28 gray": gray(photographs(28)),
    "96": photographs(96),
    "224": photographs(224)[::3],
    "site": SitePictures(600, 0)[3][None],
}


def squared_error(images: np.ndarray, corrupted: np.ndarray) -> float:
    return float(((images.astype(float) - corrupted) ** 2).mean())


def test_there_are_fifteen() -> None:
    assert len(NAMES) == 15


@pytest.mark.parametrize("images", SETS.values(), ids=SETS)
@pytest.mark.parametrize("name", NAMES)
def test_error_grows_with_severity(name: str, images: np.ndarray) -> None:
    errors = [squared_error(images, corrupt(images, name, severity, rng=RNG(0))) for severity in SEVERITIES]
    assert errors[0] > 0
    assert errors == sorted(set(errors))


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_and_pictures_draw_by_themselves(name: str) -> None:
    """Equal pictures come out equal where nothing is drawn, different where something is."""
    same = np.repeat(PHOTOGRAPHS[:1], 3, axis=0)
    first, again, other = (corrupt(same, name, 3, rng=RNG(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    draws = CORRUPTIONS[name].draws
    assert (first != other).any() == draws
    assert (first[0] != first[1]).any() == draws


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_batch_come_out_as_the_whole(name: str) -> None:
    rng = RNG(7)
    parts = [corrupt(part, name, 4, rng=rng) for part in (PHOTOGRAPHS[:1], PHOTOGRAPHS[1:1], PHOTOGRAPHS[1:])]
    assert (np.concatenate(parts) == corrupt(PHOTOGRAPHS, name, 4, rng=RNG(7))).all()


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.sampled_from([1, 3]),
    level=st.sampled_from([0, 128, 255, None]),
    severity=st.sampled_from(SEVERITIES),
)
def test_any_size_and_any_level(
    name: str, height: int, width: int, channels: int, level: int | None, severity: int
) -> None:
    """Black, white, flat and random pictures of any size keep shape, dtype and the original untouched."""
    images = RNG(0).integers(0, 256, (2, height, width, channels), np.uint8)
    if level is not None:
        images[:] = level
    before = images.copy()
    corrupted = corrupt(images, name, severity, rng=RNG(0))
    assert corrupted.shape == images.shape
    assert corrupted.dtype == np.uint8
    assert (images == before).all()


def test_gaussian_noise_has_its_variance() -> None:
    """The mean square of n Gaussian values lies within 4 standard errors, sqrt(2 / n) each, of sigma squared."""
    gray = np.full((200, 200, 3), 0.5, np.float32)
    drawn = noise.gaussian_noise(gray, 0.1, RNG(0)) - gray
    assert (drawn.astype(float) ** 2).mean() == pytest.approx(0.01, rel=4 * np.sqrt(2 / gray.size))


def test_shot_noise_has_the_variance_of_counts() -> None:
    """Var = x / photons; the sample variance of n Poisson(30) values errs by sqrt((2 + 1 / 30) / n), 4 of them."""
    flat = np.full((200, 200, 3), 0.5, np.float32)
    drawn = noise.shot_noise(flat, 60.0, RNG(0))
    assert drawn.var() == pytest.approx(0.5 / 60, rel=4 * np.sqrt((2 + 1 / 30) / flat.size))


def test_impulse_noise_spoils_its_share_evenly() -> None:
    flat = np.full((200, 200, 3), 0.5, np.float32)
    drawn = noise.impulse_noise(flat, 0.1, RNG(0))
    error = 4 * np.sqrt(0.05 * 0.95 / flat.size)
    assert set(np.unique(drawn)) == {0, 0.5, 1}
    assert (drawn == 0).mean() == pytest.approx(0.05, abs=error)
    assert (drawn == 1).mean() == pytest.approx(0.05, abs=error)


def test_a_point_out_of_focus_is_a_disc() -> None:
    point = np.zeros((31, 31, 1), np.float32)
    point[15, 15] = 1
    disc = blur.defocus_blur(point, 5.0)[:, :, 0]
    y, x = np.mgrid[-15:16, -15:16]
    assert disc.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(disc, disc[15, 15] * (np.hypot(x, y) <= 5), atol=disc[15, 15])
    assert np.allclose(disc[np.hypot(x, y) <= 4.5], disc[15, 15])
    assert np.allclose(disc[np.hypot(x, y) >= 5.5], 0, atol=1e-7)


def test_a_point_in_motion_is_a_line() -> None:
    """Drawn out over 8 pixels at angle a, its covariance is along (cos a, sin a), near 8 squared / 12."""
    point = np.zeros((31, 31, 1), np.float32)
    point[15, 15] = 1
    y, x = np.mgrid[-15:16, -15:16]
    for angle in (0.0, 0.6, np.pi / 2):
        line = blur.streaked(point, 8.0, angle)[:, :, 0]
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        assert line.sum() == pytest.approx(1, abs=1e-5)
        assert (line * across**2).sum() < 0.5 < 8**2 / 12 < (line * along**2).sum() < 10**2 / 12


@pytest.mark.parametrize(
    "blurred",
    [
        lambda flat: blur.defocus_blur(flat, 3.0),
        lambda flat: blur.glass_blur(flat, 0.9, 3.0, RNG(0)),
        lambda flat: blur.motion_blur(flat, 9.0, RNG(0)),
        lambda flat: blur.zoom_blur(flat, 0.2),
        lambda flat: digital.elastic_transform(flat, 2.0, 3.0, RNG(0)),
        lambda flat: digital.contrast(flat, 0.1),
        lambda flat: digital.pixelate(flat, 0.3),
    ],
)
def test_a_flat_picture_cannot_be_blurred(blurred) -> None:
    flat = np.full((20, 26, 3), 102 / 255, np.float32)
    assert np.allclose(blurred(flat), flat, atol=1e-6)


def test_no_strength_is_no_change() -> None:
    clean = picture()
    assert np.allclose(blur.defocus_blur(clean, 0.0), clean, atol=1e-6)
    assert np.allclose(blur.streaked(clean, 0.0, 0.3), clean, atol=1e-6)
    assert np.allclose(blur.zoom_blur(clean, 0.0), clean, atol=1e-6)
    assert np.allclose(weather.fog(clean, 0.0, RNG(0)), clean)
    assert np.allclose(weather.frost(clean, 0.0, RNG(0)), clean)
    assert np.allclose(digital.contrast(clean, 1.0), clean, atol=1e-6)
    assert np.allclose(digital.pixelate(clean, 1.0), clean, atol=0.5 / 255 + 1e-6)


def test_glass_only_moves_pixels() -> None:
    """Without its Gaussian blurs every pixel shows one that stands at most `reach` away."""
    indices = np.arange(400, dtype=np.float32).reshape(20, 20, 1)
    rows, columns = np.divmod(blur.glass_blur(indices, 1e-6, 2.0, RNG(0))[:, :, 0], 20)
    away = np.maximum(abs(rows - np.arange(20)[:, None]), abs(columns - np.arange(20)))
    assert set(np.unique(away)) == {0, 1, 2}


def test_zoom_keeps_the_centre_and_moves_the_edge() -> None:
    """Averaged over magnifications z of 1 to 1.5, x turns into x mean(1 / z), measured from the centre."""
    ramp = np.tile(np.linspace(-1, 1, 41, dtype=np.float32)[None, :, None], (41, 1, 1))
    zooms = np.linspace(1, 1.5, 2 + int(np.ceil(0.5 * 41 / 4)))
    assert np.allclose(blur.zoom_blur(ramp, 0.5)[:, 3:-3], ramp[:, 3:-3] * (1 / zooms).mean(), atol=1e-3)


@pytest.mark.parametrize("more", [0.1, 0.5])
def test_brightness_is_that_of_hsv(more: float) -> None:
    clean = picture(side=5)
    clean[0, 0] = 0
    for before, after in zip(clean.reshape(-1, 3), weather.brightness(clean, more).reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*before.tolist())
        assert np.allclose(after, colorsys.hsv_to_rgb(hue, saturation, min(value + more, 1)), atol=1e-6)


def test_contrast_keeps_the_mean_and_scales_the_spread() -> None:
    clean = picture()
    flatter = digital.contrast(clean, 0.3)
    assert np.allclose(flatter.mean(axis=(0, 1)), clean.mean(axis=(0, 1)), atol=1e-6)
    assert np.allclose(flatter.std(axis=(0, 1)), 0.3 * clean.std(axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 60)])
def test_fog_and_frost_stay_between_the_picture_and_white(height: int, width: int) -> None:
    """A black picture shows the clouds, from 0 to t / (1 + t), and the ice, from 0 to its tint."""
    black = np.zeros((height, width, 3), np.float32)
    clouds, ice = weather.fog(black, 3.0, RNG(0)), weather.frost(black, 0.8, RNG(0))
    assert (clouds.min(), clouds.max()) == pytest.approx((0, 0.75))
    assert ice.min() == 0
    assert ice.max(axis=(0, 1)) == pytest.approx(0.8 * np.array(weather.ICE_TINT))


def test_snow_falls_over_its_share() -> None:
    """On black, without whitening or streak, the flakes are white and cover what was asked."""
    black = np.zeros((100, 100, 1), np.float32)
    flakes = weather.snow(black, 0.1, 2.0, 0.0, 0.0, RNG(0))
    assert flakes.mean() == pytest.approx(0.1, abs=1e-3)
    assert np.allclose(flakes * (1 - flakes), 0, atol=1e-6)


def test_elastic_moves_by_its_distance() -> None:
    """On a ramp of slope 1 the change of a value is the distance its pixel moved (away from the mirrored edges)."""
    ramp = np.tile(np.arange(200, dtype=np.float32)[:, None, None], (1, 200, 1))
    change = (digital.elastic_transform(ramp, 1.5, 4.0, RNG(0)) - ramp)[8:-8, 8:-8]
    assert np.sqrt((change.astype(float) ** 2).mean()) == pytest.approx(1.5, rel=0.1)


def test_pixelate_averages_blocks() -> None:
    clean = np.rint(255 * picture(side=12)) / np.float32(255)
    blocks = clean.reshape(4, 3, 4, 3, 3).mean(axis=(1, 3))
    expected = blocks.repeat(3, axis=0).repeat(3, axis=1)
    assert np.allclose(digital.pixelate(clean, 1 / 3), expected, atol=1 / 255)


@pytest.mark.parametrize("images", [PHOTOGRAPHS[:1], gray(PHOTOGRAPHS[:1])], ids=["colour", "gray"])
def test_jpeg_is_pillows(images: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(images[0].squeeze()).save(file, "JPEG", quality=40)
    expected = np.asarray(Image.open(file)).reshape(images[0].shape)
    assert (corrupt(images, "jpeg_compression", 5, rng=RNG(0))[0] == expected).all()


@pytest.mark.parametrize(("side", "value"), [(8, 2.0), (32, 2.0), (224, 8.0), (448, 16.0)])
def test_a_length_between_and_beyond_the_published_sizes(side: int, value: float) -> None:
    assert Scale((2,) * 5, (8,) * 5, pixels=True).at(3, side) == pytest.approx(value)
    assert Scale((2,) * 5, (8,) * 5).at(3, side) == pytest.approx(min(value, 8.0))


def test_half_way_between_the_sizes_is_the_geometric_mean() -> None:
    middle = Scale((2,) * 5, (8,) * 5).at(1, round(np.sqrt(32 * 224)))
    assert middle == pytest.approx(4, rel=0.01)


def test_refuses_what_it_cannot_corrupt() -> None:
    with pytest.raises(SourceError, match=r"one of gaussian_noise, shot_noise, .*, jpeg_compression, not 'rain'"):
        corrupt(PHOTOGRAPHS, "rain", 1, rng=RNG(0))
    for severity in (0, 6, -1):
        with pytest.raises(SourceError, match=f"whole number from 1 to 5, not {severity}"):
            corrupt(PHOTOGRAPHS, "fog", severity, rng=RNG(0))
    with pytest.raises(SourceError, match="with 1 or 3 channels can be corrupted, not with 2"):
        corrupt(PHOTOGRAPHS[:, :, :, :2], "fog", 1, rng=RNG(0))
    with pytest.raises(SourceError, match="pictures of 0 x 32 pixels"):
        corrupt(PHOTOGRAPHS[:, :, :0], "fog", 1, rng=RNG(0))
