"""AugMix on a batch: its operations against Pillow's, its mixtures, and that all draws are the generator's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor

from laconic.encoder import augmix as module
from laconic.encoder.augment import SHIFT_FLIP
from laconic.encoder.augmix import augmix


def pictures(batch: int = 8, channels: int = 3, height: int = 16, width: int = 24) -> Tensor:
    draw = torch.Generator().manual_seed(7)
    values = torch.randint(20, 230, (batch, height, width, channels), generator=draw)
    return values.permute(0, 3, 1, 2) / 255


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_shape_range_layout_and_draws(channels: int) -> None:
    given = pictures(channels=channels)
    copy, state = given.clone(), torch.get_rng_state()
    view = augmix(given, seeded())
    assert view.shape == given.shape
    assert 0 <= float(view.min()) <= float(view.max()) <= 1 + 1e-6
    assert view.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(given, copy)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(view, augmix(given, seeded()))
    assert not torch.equal(view, augmix(given, seeded(1)))
    plain = augmix(given.contiguous(), seeded())
    assert plain.is_contiguous()
    assert torch.equal(plain, view)


def test_a_picture_of_one_value_stays_where_no_operation_changes_it() -> None:
    """The lowest value is neither stretched nor solarised, keeps its bits, and looks the same from everywhere."""
    black = torch.zeros(64, 3, 8, 8)
    assert torch.equal(augmix(black, seeded()), black)


def test_mixtures_stay_near_their_pictures_and_differ_from_each_other() -> None:
    """E[m] = 1/2: the mean view lies half as far from the picture as the chains do, which a shift-flip is not near."""
    given = pictures(batch=200, height=12, width=12).expand(200, 3, 12, 12)
    view = augmix(given, seeded())
    moved = (view - given).square().mean((1, 2, 3)).sqrt()
    assert float(moved.mean()) < float((SHIFT_FLIP(given, seeded()) - given).square().mean().sqrt()) / 2
    assert float((moved > 1e-3).float().mean()) > 0.9


def toned(picture: np.ndarray, operation: int, strength: float) -> np.ndarray:
    """One operation of ours on one gray picture, as uint8."""
    whole = torch.from_numpy(picture.astype(np.int64))
    counts = torch.bincount(whole.flatten(), minlength=256).float()[None, None]
    table = module._table(counts, torch.tensor([[operation]]), torch.tensor([[strength]]))
    return np.rint(255 * table[0, 0][whole].numpy())


@pytest.mark.parametrize("strength", [0.01, 0.1, 0.25, 0.3])
def test_tones_are_pillows(strength: float) -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(110, 30, (256, 256)).clip(10, 245).astype(np.uint8)
    pillow = Image.fromarray(picture)
    bits, threshold = 4 - int(4 * strength), 256 - int(256 * strength)
    exact = {
        module.POSTERIZE: ImageOps.posterize(pillow, bits),
        module.SOLARIZE: ImageOps.solarize(pillow, threshold),
    }
    for operation, wanted in exact.items():
        np.testing.assert_array_equal(toned(picture, operation, strength), np.asarray(wanted))
    rounded = {module.AUTOCONTRAST: ImageOps.autocontrast(pillow), module.EQUALIZE: ImageOps.equalize(pillow)}
    for operation, wanted in rounded.items():  # Pillow rounds down, and equalises by whole steps of 1/255
        difference = toned(picture, operation, strength) - np.asarray(wanted, float)
        assert np.abs(difference).max() <= 2
    nothing = toned(picture, module.NOTHING, strength)
    np.testing.assert_array_equal(nothing, picture)


def test_equalising_ranks_pixels_however_few() -> None:
    """Pillow leaves a picture of fewer than 255 pixels as it is."""
    picture = np.array([[3, 3], [9, 200]], np.uint8)
    np.testing.assert_array_equal(toned(picture, module.EQUALIZE, 0.1), np.rint([[0, 0], [255 * 2 / 3, 255]]))
    flat = np.full((4, 4), 77, np.uint8)
    for operation in (module.EQUALIZE, module.AUTOCONTRAST):
        np.testing.assert_array_equal(toned(flat, operation, 0.1), flat)


def test_tones_follow_each_other() -> None:
    """Solarised after posterised is not posterised after solarised; each is Pillow's in that order."""
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    counts = torch.ones(1, 1, 256)
    for order in ((module.POSTERIZE, module.SOLARIZE), (module.SOLARIZE, module.POSTERIZE)):
        wanted = Image.fromarray(picture)
        for operation in order:
            wanted = ImageOps.posterize(wanted, 3) if operation == module.POSTERIZE else ImageOps.solarize(wanted, 180)
        table = module._table(counts, torch.tensor(order)[:, None], torch.full((2, 1), 0.3))
        np.testing.assert_array_equal(np.rint(255 * table.numpy()).reshape(16, 16), np.asarray(wanted))


def warp(operation: int, amount: float, aspect: float = 1.0) -> np.ndarray:
    found = module._warps(torch.tensor([[[operation]]]), torch.tensor([[[amount]]]), aspect)
    return np.asarray(found[0, 0])


def test_warps_are_the_strengths_of_the_paper() -> None:
    np.testing.assert_allclose(warp(module.NOTHING, 0.3), [[1, 0, 0], [0, 1, 0]])
    cos, sin = np.cos(np.deg2rad(9)), np.sin(np.deg2rad(9))
    np.testing.assert_allclose(warp(module.ROTATE, 0.3), [[cos, -sin, 0], [sin, cos, 0]], rtol=1e-6)
    np.testing.assert_allclose(warp(module.SHEAR_X, 0.3), [[1, 0.09, 0], [0, 1, 0]], rtol=1e-6)
    np.testing.assert_allclose(warp(module.SHEAR_Y, -0.3), [[1, 0, 0], [-0.09, 1, 0]], rtol=1e-6)
    np.testing.assert_allclose(warp(module.TRANSLATE_X, 0.3), [[1, 0, 0.2], [0, 1, 0]], rtol=1e-6)  # a tenth of 2
    np.testing.assert_allclose(warp(module.TRANSLATE_Y, 0.3), [[1, 0, 0], [0, 1, 0.2]], rtol=1e-6)


def test_a_turn_of_a_wide_picture_is_a_turn() -> None:
    """In pixels, not in parts of the sides: lengths stay."""
    linear = warp(module.ROTATE, 0.2, aspect=3.0)[:, :2]
    pixels = np.diag([3.0, 1.0]) @ linear @ np.diag([1 / 3, 1.0])
    np.testing.assert_allclose(pixels @ pixels.T, np.eye(2), atol=1e-6)
