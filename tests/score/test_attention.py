"""Where a unit looks: a backbone of known places, the mean of the map as the feature, and an encoder left as it was."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from laconic.encoder import FeatureEncoder, build_backbone
from laconic.score import ScoreError
from laconic.score.attention import attention, feature_map


def encoder(backbone: nn.Module, **parts: object) -> FeatureEncoder:
    return FeatureEncoder(backbone, 1, (8, 8), **{"mask": "none", "mean": [0.0], "std": [1.0], **parts})  # type: ignore[arg-type]


class Quarters(nn.Module):
    """Unit 0 is the brightness of each quarter of the picture, unit 1 its darkness below 0.5."""

    def forward(self, pictures: Tensor) -> Tensor:
        pooled = nn.functional.avg_pool2d(pictures, 4)
        return torch.cat([pooled, 0.5 - pooled], dim=1)


def lit(row: int, column: int) -> Tensor:
    """A black picture with one white quarter."""
    image = torch.zeros(1, 8, 8, 1, dtype=torch.uint8)
    image[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 255
    return image


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_unit_looks_at_what_excites_it(row: int, column: int) -> None:
    maps = feature_map(encoder(Quarters()), lit(row, column))
    bright, dark = (attention(maps, unit, (8, 8))[0] for unit in (0, 1))
    corner = 7 * row, 7 * column
    assert bright[corner] == bright.max() == 1
    assert dark[corner] == dark.min() == 0
    torch.testing.assert_close(bright, 1 - 2 * dark)
    assert bright[7 - corner[0], 7 - corner[1]] == 0


def test_an_even_map_is_spread_evenly_and_size_may_be_any() -> None:
    maps = torch.full((2, 3, 2, 4), 0.25)
    assert attention(maps, 2, (7, 9)).eq(0.25).all()
    assert attention(maps, 2, (7, 9)).shape == (2, 7, 9)
    own = torch.rand(2, 3, 2, 4, generator=torch.Generator().manual_seed(0))
    assert attention(own, 1, (2, 4)).equal(own[:, 1])


@pytest.mark.parametrize("mask", ["none", "map", "vector"])
def test_the_maps_mean_times_the_mask_is_the_feature(mask: str) -> None:
    torch.manual_seed(0)
    network = encoder(build_backbone("cnnw8", 1, (8, 8)), mask=mask)
    images = torch.randint(0, 256, (5, 8, 8, 1), dtype=torch.uint8)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    maps = feature_map(network.train(), images)
    assert network.training
    assert not maps.requires_grad
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
    with torch.no_grad():
        features, factor = network.eval().features(network.pictures(images))
    torch.testing.assert_close(maps.mean((2, 3)) * factor, features)


def test_errors_say_what_is_wrong() -> None:
    flat = encoder(nn.Sequential(nn.Flatten(), nn.Linear(64, 4)))
    with pytest.raises(ScoreError, match="gives features without a map"):
        feature_map(flat, lit(0, 0))
    for unit in (-1, 3):
        with pytest.raises(ScoreError, match=f"units are 0 to 2, not {unit}"):
            attention(torch.ones(1, 3, 2, 2), unit, (8, 8))
