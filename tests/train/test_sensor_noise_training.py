"""A codec for noisy sensors: its views, tables and figures are of noisy pictures, and the folder says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from laconic.codec.overlap import trained_on
from laconic.data import Preprocessing, load, open_source
from laconic.encoder import FeatureEncoder, build_backbone
from laconic.encoder.augment import NONE
from laconic.encoder.sensor import sensor_noise
from laconic.train import Recipe, RecipeError, fit
from laconic.train.supervised import Supervised

DIGITS = Preprocessing(8, 8, color="gray")


def way(**asked: Any) -> Supervised:
    recipe = Recipe(objective="cross-entropy", sparsity="none", precision="fp32", sensor_noise=(0.0, 12.0), **asked)
    network = FeatureEncoder(build_backbone("cnnw4", 1, (8, 8)), 1, (8, 8))
    return Supervised(network, torch.ones(4), recipe, NONE, 10, 1)


def test_each_view_has_noise_of_its_own() -> None:
    images = torch.randint(0, 256, (6, 8, 8, 1), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    module, draw, again = way(), torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    first, second = module.views(images, draw, 2).chunk(2)
    for view in (first, second):
        assert torch.equal(view, sensor_noise(module.encoder.pictures(images), (0.0, 12.0), again))
    assert not torch.equal(first, second)
    three = way(augment="augmix")._three_views(images, torch.Generator().manual_seed(1))
    assert torch.equal((255 * three).round(), 255 * three)  # after mixing, which leaves no whole numbers


def test_the_codec_is_made_of_noisy_pictures_and_knows_clean_ones_again(tmp_path: Path) -> None:
    """Noise at -30 dB leaves nothing to see: what is told must be at chance, though the test pictures are clean."""
    common = {"encoder": "cnnw4", "epochs": 1, "batch_size": 128, "precision": "fp32", "sparsity": "none"}
    codec = fit("digits", tmp_path / "codec", recipe=Recipe(**common, sensor_noise=(-30.0, -30.0)))
    measured = codec.manifest["measured"]
    chance = 0.1 + 5 * np.sqrt(0.1 * 0.9 / measured["n"])
    assert measured["accuracy_full"] < chance
    assert json.loads(json.dumps(codec.manifest["provenance"]["recipe"]))["sensor_noise"] == [-30, -30]
    images = load(open_source("digits").split("train"), DIGITS).images
    assert trained_on(tmp_path / "codec", images).all()


def test_a_range_is_finite_and_the_lower_end_first() -> None:
    for wrong in ((24.0, 0.0), (0.0, float("inf")), (float("nan"), 1.0)):
        with pytest.raises(RecipeError, match="sensor_noise is a range of SNRs in dB, the lower first"):
            Recipe(sensor_noise=wrong)


def test_a_receivers_network_looks_at_pictures_as_they_came(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="leave out it, or sensor_noise"):
        fit("digits", tmp_path / "codec", recipe=Recipe(sensor_noise=(0.0, 24.0)), receiver_encoder="cnnw4")
