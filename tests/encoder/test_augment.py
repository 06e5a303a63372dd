"""Augmentation: exact where pixels only move, one draw a picture, nothing drawn but from the generator."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from laconic.encoder import augment
from laconic.encoder.augment import NONE, SHIFT, SHIFT_FLIP, STRONG, Augmentation, AugmentationError

PRESETS = [NONE, SHIFT, SHIFT_FLIP, STRONG, Augmentation(shift=0.25, rotation=10.0, jitter=1.0, gray=0.5)]


def pictures(batch: int = 64, channels: int = 3, height: int = 16, width: int = 24) -> Tensor:
    values = torch.rand(batch, height, width, channels, generator=torch.Generator().manual_seed(7))
    return values.permute(0, 3, 1, 2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("augmentation", PRESETS)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_shape_range_layout_and_draws(augmentation: Augmentation, channels: int) -> None:
    given_ = pictures(channels=channels)
    copy, state = given_.clone(), torch.get_rng_state()
    view = augmentation(given_, seeded())
    assert view.shape == given_.shape
    assert 0 <= float(view.min()) <= float(view.max()) <= 1 + 1e-6
    assert view.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(given_, copy)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(view, augmentation(given_, seeded()))
    if augmentation is not NONE:
        assert not torch.equal(view, augmentation(given_, seeded(1)))


@pytest.mark.parametrize("augmentation", PRESETS)
def test_both_memory_formats_give_the_same_view_in_their_own(augmentation: Augmentation) -> None:
    plain = pictures().contiguous()
    view = augmentation(plain, seeded())
    assert view.is_contiguous()
    torch.testing.assert_close(view, augmentation(pictures(), seeded()), rtol=0, atol=1e-6)


def test_all_off_is_the_identity() -> None:
    assert torch.equal(NONE(pictures(), seeded()), pictures())


def test_a_warp_and_a_colour_matrix_that_do_nothing_are_the_identity() -> None:
    whole = Augmentation(crop_scale=(1.0, 1.0), jitter=0.5, jitter_probability=0.0)
    square = pictures(height=16, width=16)
    kept = whole(square, seeded())
    changed = (kept - square).abs().amax((1, 2, 3)) > 1e-5
    aspect_one = Augmentation(rotation=1e-9, jitter=0.5, jitter_probability=0.0)
    torch.testing.assert_close(aspect_one(square, seeded()), square, rtol=0, atol=1e-5)
    assert bool(changed.any())  # a crop of the whole area still varies in aspect


def test_integer_shifts_are_those_of_padding_and_slicing() -> None:
    """Each view is one of the 5 x 7 windows of its reflected picture, and every window comes up."""
    given_ = pictures(batch=600)
    padded = F.pad(given_, (3, 3, 2, 2), mode="reflect")
    windows = padded.unfold(2, 16, 1).unfold(3, 24, 1)  # batch, channel, down, right, row, column
    view = SHIFT(given_, seeded())
    same = (windows == view[:, :, None, None]).all(-1).all(-1).all(1)
    assert same.shape == (600, 5, 7)
    assert same.sum((1, 2)).tolist() == [1] * 600
    assert bool(same.any(0).all())
    expected, deviation = 600 / 35, math.sqrt(600 * 34) / 35
    assert float((same.sum(0) - expected).abs().max()) < 5 * deviation


def test_flips_are_exact_and_of_half_of_the_pictures() -> None:
    given_ = pictures(batch=1000)
    view = Augmentation(flip=True)(given_, seeded())
    kept = (view == given_).flatten(1).all(1)
    turned = (view == given_.flip(3)).flatten(1).all(1)
    assert bool((kept ^ turned).all())
    assert abs(int(turned.sum()) - 500) < 5 * math.sqrt(1000 / 4)
    twice = Augmentation(flip=True)(view, seeded())
    assert torch.equal(twice, given_)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), shift=st.floats(0, 0.5))
def test_any_size_shifts(height: int, width: int, shift: float) -> None:
    given_ = pictures(8, 1, height, width)
    view = Augmentation(shift=shift, flip=True)(given_, seeded())
    for before, after in zip(given_, view, strict=True):
        assert set(after.flatten().tolist()) <= set(before.flatten().tolist())


def test_flip_commutes_with_the_warp() -> None:
    """Views of a ramp and of its mirror image have the same distribution, and so the mean of one is flat."""
    ramp = torch.linspace(0, 1, 32).expand(4000, 1, 8, 32).contiguous()
    mean = STRONG(ramp, seeded()).mean((0, 1, 2))
    torch.testing.assert_close(mean + mean.flip(0), torch.ones(32), rtol=0, atol=0.05)


def test_a_warp_by_whole_pixels_moves_whole_pixels() -> None:
    """Shift in the bilinear warp means the same pixels as the exact one (here with a crop of everything)."""
    given_ = pictures(batch=32)
    padded = F.pad(given_, (3, 3, 2, 2), mode="reflect")
    windows = padded.unfold(2, 16, 1).unfold(3, 24, 1)[:, :, :, :, 3:-3, 4:-4]
    view = Augmentation(shift=1 / 8, rotation=1e-9)(given_, seeded())[:, :, 3:-3, 4:-4]
    nearest = (windows - view[:, :, None, None]).abs().amax((1, 4, 5)).amin((1, 2))
    assert float(nearest.max()) < 1e-4


def test_rotation_by_a_quarter_turns_a_square_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augment, "_signed", lambda n, _: torch.ones(n))
    square = pictures(4, 3, 12, 12)
    view = Augmentation(rotation=90.0)(square, seeded())
    torch.testing.assert_close(view, square.rot90(1, (2, 3)), rtol=0, atol=1e-5)


def test_rotation_keeps_distances_in_oblong_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disc in the middle stays a disc, where a turn in relative coordinates would stretch it."""
    monkeypatch.setattr(augment, "_signed", lambda n, _: torch.ones(n))
    y, x = torch.meshgrid(torch.arange(20) - 9.5, torch.arange(40) - 19.5, indexing="ij")
    disc = (-(x**2 + y**2) / 20).exp().expand(1, 1, 20, 40).contiguous()
    view = Augmentation(rotation=35.0)(disc, seeded())
    inside = x**2 + y**2 < 9**2  # nothing there is reflected
    torch.testing.assert_close(view[0, 0, inside], disc[0, 0, inside], rtol=0, atol=0.02)
    assert float(disc[0, 0, inside].std()) > 0.2


def test_gray_and_jitter_leave_grays_gray() -> None:
    gray = pictures(channels=1).expand(-1, 3, -1, -1)
    view = Augmentation(jitter=0.4, jitter_probability=1.0, gray=0.3)(gray, seeded())
    torch.testing.assert_close(view[:, :1].expand_as(view), view, rtol=0, atol=1e-5)
    colours = pictures()
    lost = Augmentation(gray=1.0)(colours, seeded())
    luma = (colours * torch.tensor(augment.LUMA)[:, None, None]).sum(1, keepdim=True)
    torch.testing.assert_close(lost, luma.expand_as(lost), rtol=0, atol=1e-5)


def test_each_factor_does_what_its_name_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brightness 1.1, contrast 0.9, saturation 1.2 and no hue, in this order, as torchvision has them."""
    draws = iter([torch.tensor([x]) for x in (0.5, -0.5, 1.0, 0.0)])
    monkeypatch.setattr(augment, "_signed", lambda _n, _g: next(draws))
    middle = 0.4 + 0.2 * pictures(1)
    view = Augmentation(jitter=0.2, jitter_probability=1.0)(middle, seeded())
    luma = torch.tensor(augment.LUMA)[:, None, None]
    bright = 1.1 * middle
    contrasted = 0.9 * bright + 0.1 * (bright * luma).sum(1).mean()
    saturated = 1.2 * contrasted - 0.2 * (contrasted * luma).sum(1, keepdim=True)
    torch.testing.assert_close(view, saturated, rtol=0, atol=1e-5)


def test_hue_turns_keep_luma_and_add_up() -> None:
    third = augment._hue(torch.tensor([1 / 3]))[0]
    torch.testing.assert_close(third @ third @ third, torch.eye(3), rtol=0, atol=1e-5)
    luma = torch.tensor(augment.TO_YIQ[0])
    torch.testing.assert_close(luma @ third, luma, rtol=0, atol=1e-4)
    assert float((third - torch.eye(3)).abs().max()) > 0.5


def test_the_same_views_from_a_generator_whatever_the_dtype() -> None:
    view = STRONG(pictures().double(), seeded())
    assert view.dtype == torch.float64
    torch.testing.assert_close(view.float(), STRONG(pictures(), seeded()), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shift", 0.6),
        ("shift", -0.1),
        ("rotation", 181.0),
        ("jitter", 1.5),
        ("gray", -1.0),
        ("gray", math.nan),
    ],
)
def test_refuses_values_outside_their_range(name: str, value: float) -> None:
    with pytest.raises(AugmentationError, match=f"{name} must be from 0 to .* not {value}"):
        Augmentation(**{name: value})


@pytest.mark.parametrize("scale", [(0.0, 1.0), (0.5, 0.2), (0.5, 1.5)])
def test_refuses_crops_that_are_not_parts(scale: tuple[float, float]) -> None:
    with pytest.raises(AugmentationError, match="0 < smallest <= largest <= 1"):
        Augmentation(crop_scale=scale)
