"""PSNR, SSIM and MS-SSIM against their formulas, picture by picture; means over groups; distances of features."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import config
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from laconic.geometry import LayerError
from laconic.score.activity import ScoreError
from laconic.score.fidelity import fidelity, per_group
from laconic.score.perceptual import FeatureDistance, Lpips, perceptual_distance


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pair(*shape: int) -> tuple[Tensor, Tensor]:
    sent = torch.rand(*shape, generator=seeded(1))
    return (sent + 0.1 * torch.randn(*shape, generator=seeded(2))).clamp(0, 1), sent


def ssim_of(received: np.ndarray, sent: np.ndarray) -> float:
    """Wang et al., 2004, equation (13), with a Gaussian window of 11 x 11 and deviation 1.5; borders are mirrored."""

    def blurred(x: np.ndarray) -> np.ndarray:
        return np.asarray(gaussian_filter(x, 1.5, radius=5, mode="mirror", axes=(1, 2)))

    x, y = received.astype(np.float64), sent.astype(np.float64)
    mean_x, mean_y = blurred(x), blurred(y)
    var_x, var_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    both = blurred(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    ratio = (2 * mean_x * mean_y + c1) * (2 * both + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return float(ratio.mean())


def test_psnr_and_ssim_are_their_formulas_for_each_picture_alone() -> None:
    received, sent = pair(3, 3, 16, 20)
    received[1] = sent[1].roll(3, dims=2)
    measured = fidelity(received, sent)
    for n in range(3):
        error = float((received[n] - sent[n]).double().square().mean())
        assert float(measured.psnr_db[n]) == pytest.approx(-10 * math.log10(error), rel=1e-5)
        assert measured.ssim is not None
        assert float(measured.ssim[n]) == pytest.approx(ssim_of(received[n].numpy(), sent[n].numpy()), abs=1e-5)


def test_what_arrives_as_it_was_sent_is_perfect() -> None:
    _, sent = pair(2, 1, 11, 11)
    measured = fidelity(sent, sent)
    assert measured.psnr_db.tolist() == [math.inf, math.inf]
    assert measured.ssim is not None
    assert measured.ssim.tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(("side", "ssim", "ms_ssim"), [(8, False, False), (11, True, False), (175, True, False)])
def test_what_a_window_does_not_fit_into_is_not_measured(side: int, ssim: bool, ms_ssim: bool) -> None:
    measured = fidelity(*pair(1, 1, side, side))
    assert (measured.ssim is not None, measured.ms_ssim is not None) == (ssim, ms_ssim)


def test_ms_ssim_of_large_pictures_weighs_ssim_at_five_scales() -> None:
    received, sent = pair(2, 1, 176, 176)
    received[1] = sent[1]
    measured = fidelity(received, sent)
    assert measured.ssim is not None
    assert measured.ms_ssim is not None
    assert float(measured.ms_ssim[1]) == pytest.approx(1)
    # white noise is averaged away from scale to scale, so the coarser ones see less of it
    assert float(measured.ssim[0]) < float(measured.ms_ssim[0]) < 1


def test_groups_have_the_mean_of_their_users() -> None:
    values, groups = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]), torch.tensor([[0, 0, 1], [1, 0, 1]])
    assert per_group(values, groups, 2).tolist() == [[1.5, 3.0], [5.0, 6.5]]
    with pytest.raises(ScoreError, match="group 2 of cell 0 has no user to take a mean of"):
        per_group(values, groups, 3)
    with pytest.raises(ScoreError, match="users are of groups 0 to 0, not of 0 to 1"):
        per_group(values, groups, 1)


@pytest.fixture
def shapes_unchecked() -> Iterator[None]:
    """As outside of tests, where laconic itself must refuse."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("shapes_unchecked")
def test_refuses_pictures_that_cannot_be_compared() -> None:
    received, sent = pair(2, 1, 12, 12)
    with pytest.raises(ScoreError, match=r"one to one, at least one; these are \[2, 1, 12, 12\] and \[1, 1, 12, 12\]"):
        fidelity(received, sent[:1])
    with pytest.raises(ScoreError, match="at least one"):
        fidelity(received[:0], sent[:0])
    with pytest.raises(ScoreError, match="values of pictures go from 0 to 1, these from 0 to 2; scale or clip them"):
        fidelity(torch.zeros_like(sent), torch.full_like(sent, 2))
    with pytest.raises(ScoreError, match="from nan to nan"):
        fidelity(received * torch.nan, sent)


def naive_distance(maps: list[Tensor], others: list[Tensor], weights: list[Tensor]) -> Tensor:
    """Zhang et al., 2018, equation (1), place by place."""
    totals = []
    for n in range(len(maps[0])):
        total = 0.0
        for one, other, weight in zip(maps, others, weights, strict=True):
            places = [(i, j) for i in range(one.shape[2]) for j in range(one.shape[3])]
            for i, j in places:
                x, y = one[n, :, i, j], other[n, :, i, j]
                apart = (x / x.norm() - y / y.norm()) ** 2
                total += float((weight * apart).sum()) / len(places)
        totals.append(total)
    return torch.tensor(totals)


def test_the_distance_is_its_equation() -> None:
    maps, others = ([torch.randn(2, c, 3, 2, generator=seeded(s + c)) for c in (4, 5)] for s in (0, 9))
    weights = [torch.rand(c, generator=seeded(c)) for c in (4, 5)]
    torch.testing.assert_close(perceptual_distance(maps, others, weights), naive_distance(maps, others, weights))
    ones = [torch.ones(c) for c in (4, 5)]
    torch.testing.assert_close(perceptual_distance(maps, others), naive_distance(maps, others, ones))
    assert perceptual_distance(maps, maps).tolist() == [0, 0]


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """Tensors named and shaped as published; the values are drawn."""
    plan, channels, index, found = "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512", 3, 0, {}
    for entry in plan.split():
        if entry == "M":
            index += 1
            continue
        width = int(entry)
        drawn = torch.randn(width, channels, 3, 3, generator=seeded(index)) / math.sqrt(4.5 * channels)
        found |= {f"features.{index}.weight": drawn, f"features.{index}.bias": torch.zeros(width)}
        channels, index = width, index + 2
    for n, width in enumerate((64, 128, 256, 512, 512)):
        found[f"lin{n}.model.1.weight"] = torch.rand(1, width, 1, 1, generator=seeded(n))
    return found


def test_lpips_takes_the_published_weights(weights: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(weights, tmp_path / "lpips.safetensors")
    lpips = Lpips(tmp_path / "lpips.safetensors")
    received, sent = pair(2, 3, 32, 32)
    received[1] = sent[1]
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])

    def maps(pictures: Tensor) -> list[Tensor]:
        x, found = ((2 * pictures - 1) - shift[:, None, None]) / scale[:, None, None], []
        for block in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
            for index in block:
                x = nn.functional.conv2d(x, weights[f"features.{index}.weight"], padding=1).relu()
            found.append(x)
            x = nn.functional.max_pool2d(x, 2)
        return found

    linear = [weights[f"lin{n}.model.1.weight"].flatten() for n in range(5)]
    distance = lpips(received, sent)
    torch.testing.assert_close(distance, perceptual_distance(maps(received), maps(sent), linear))
    assert float(distance[1]) == 0
    assert float(distance[0]) > 0
    assert lpips.name == "LPIPS (VGG-16)"
    grey = [each[:, :1] for each in (received, sent)]
    torch.testing.assert_close(lpips(*grey), lpips(*(each.expand(-1, 3, -1, -1) for each in grey)))
    with pytest.raises(ScoreError, match=r"16 pixels a side or more, not \[8, 8\]"):
        lpips(received[:, :, :8, :8], sent[:, :, :8, :8])


def test_refuses_other_weights_than_lpips(weights: dict[str, Tensor], tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file({"features.0.weight": weights["features.0.weight"]}, file)
    with pytest.raises(ScoreError, match=r"LPIPS needs features.0.bias of shape \[64\], the file has nothing"):
        Lpips(file)
    save_file({"features.0.weight": torch.zeros(64, 1, 3, 3)}, file)
    with pytest.raises(ScoreError, match=r"features.0.weight of shape \[64, 3, 3, 3\], the file has \[64, 1, 3, 3\]"):
        Lpips(file)


def test_a_stand_in_never_calls_itself_lpips() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3))
    distance = FeatureDistance(network, ["1", "2"], "features of two layers")
    assert distance.name == "features of two layers (not LPIPS)"
    received, sent = pair(3, 1, 12, 12)
    received[2] = sent[2]
    maps, others = ([layers[:2](each), layers(each)] for layers, each in ((network, received), (network, sent)))
    measured = distance(received, sent)
    torch.testing.assert_close(measured, perceptual_distance(maps, others))
    assert float(measured[2]) == 0
    with pytest.raises(LayerError, match="the network has no layer '3'"):
        FeatureDistance(network, ["3"], "features")(received, sent)
