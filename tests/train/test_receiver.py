"""Training with limits: what is kept apart, the receiver's network, resuming it, and what is refused beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from laconic.codec import Codec
from laconic.codec.limits import Limits
from laconic.codec.overlap import trained_on
from laconic.codec.session import Session
from laconic.contract import Kind
from laconic.data import open_source, read_pictures
from laconic.picture import PictureBudgetError, PictureCoder
from laconic.receiver.binomial import CalibrationError
from laconic.train import Recipe, RecipeError, fit
from laconic.train.export import ExportError, export_onnx, prune_onnx
from laconic.train.receiver import coded

RECIPE = Recipe(batch_size=128, encoder="cnnw8", precision="fp32", epochs=2, k=2, sparsity_weight=1e-3)
LIMITS = Limits(0.3, confidence=0.8, picture_bytes=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run on digits that says or sends, with a network at the receiver."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("trained") / "codec"
    fit("digits", out, recipe=RECIPE, limits=LIMITS, calibration=0.2, receiver_encoder="cnnw4")
    return out


def test_thresholds_stand_on_pictures_that_nothing_was_learnt_from(folder: Path) -> None:
    codec = Codec.load(folder)
    assert codec.sending is not None
    assert len(codec.sending.calibration) == codec.sending.guarantee["n"] == round(0.2 * 1297)
    assert len(codec.sending.tuning) == round(0.1 * 1038)
    pictures = read_pictures(open_source("digits").split("train").pictures, codec.preprocessing)
    train = open_source("digits").split("train")
    images = pictures.images[train.rows]
    known = trained_on(folder, images)
    assert (~known).sum() == 259
    features = codec.features(images[~known])
    word = codec.said.posterior(codec.said.say(features)).argmax(axis=1)
    np.testing.assert_array_equal(np.sort(word), np.sort(codec.sending.calibration.predicted))


def test_the_receivers_network_is_another_and_knows_sent_digits(folder: Path) -> None:
    codec = Codec.load(folder)
    assert codec.receiver is not None
    assert codec.receiver.units == 10
    assert codec.manifest["receiver"]["encoder"] == "cnnw4"
    assert codec.manifest["receiver"]["temperature"] > 0
    test = open_source("digits").split("test")
    images = np.stack([test.picture(row) for row in range(200)])[..., None]
    assert codec.sending is not None
    arrived = coded(codec.sending.coder, images)
    right = codec.look(arrived).argmax(axis=1) == test.labels[:200]
    assert right.mean() > 0.25  # chance is 0.1: seven standard errors
    meanings = codec.decode(codec.encode(list(images[..., 0])))
    assert {meaning.kind for meaning in meanings} <= {Kind.SAID, Kind.SENT}


def test_a_run_cut_in_the_receivers_training_goes_on_to_the_same_codec(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise SystemError("power cut")

    asked = {"recipe": RECIPE, "limits": LIMITS, "calibration": 0.2, "receiver_encoder": "cnnw4"}
    with monkeypatch.context() as patch:
        patch.setattr("laconic.train.receiver._temperature", power_cut)
        with pytest.raises(SystemError, match="power cut"):
            fit("digits", tmp_path / "cut", **asked)
    assert not (tmp_path / "cut").exists()
    with pytest.raises(RecipeError, match="receiver_encoder was 'cnnw4', is 'cnnw8'"):
        fit("digits", tmp_path / "cut", **{**asked, "receiver_encoder": "cnnw8"}, resume=True)
    with pytest.raises(RecipeError, match="started with other settings: limits was"):
        fit("digits", tmp_path / "cut", **{**asked, "limits": Limits(0.2)}, resume=True)
    fit("digits", tmp_path / "cut", **asked, resume=True)
    for name in ("weights.safetensors", "speeches.safetensors", "sending.safetensors", "receiver.onnx"):
        assert (tmp_path / "cut" / name).read_bytes() == (folder / name).read_bytes(), name
    assert not list((tmp_path / "cut.run").rglob("*.ckpt"))
    shutil.rmtree(tmp_path / "cut.run")


def test_pictures_arrive_as_the_coder_leaves_them() -> None:
    coder = PictureCoder(8, 8, 1, 20, ("jpeg",))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    arrived = coded(coder, images)
    for image, there in zip(images, arrived, strict=True):
        np.testing.assert_array_equal(there, coder.decode(coder.encode(image)))
    assert coded(coder, images[:0]).shape == (0, 8, 8, 1)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"limits": None, "receiver_encoder": "cnnw4"}, "looks at sent pictures: give --max-error"),
        ({"recipe": Recipe(epochs=1, validation=0.0)}, "fixed on held-out pictures: --validation above 0 is wanted"),
    ],
)
def test_limits_that_could_not_be_kept_are_refused_before_training(
    asked: dict[str, object], text: str, tmp_path: Path
) -> None:
    given = {"recipe": RECIPE, "limits": LIMITS, **asked}
    with pytest.raises(RecipeError, match=text):
        fit("digits", tmp_path / "codec", **given)  # type: ignore[arg-type]
    assert not (tmp_path / "codec.run").exists()


def test_too_few_pictures_and_too_small_budgets_are_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"130 independent calibration pictures can't show .* it takes 299;"):
        fit("digits", tmp_path / "codec", recipe=RECIPE, limits=Limits(0.01))
    with pytest.raises(PictureBudgetError, match="a picture budget of"):
        fit("digits", tmp_path / "codec", recipe=RECIPE, limits=Limits(0.3, picture_bytes=1))
    assert not (tmp_path / "codec.run").exists()


class Small(nn.Module):
    """uint8 [n, 6, 5, 1] to 7 features."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(30, 7)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = torch.relu(self.linear(images.flatten(1).float() / 255))
        return features


def test_a_pruned_network_equals_one_exported_with_these_units_bit_for_bit() -> None:
    torch.manual_seed(0)
    network, units = Small(), np.array([0, 3, 4, 6])
    pruned = prune_onnx(export_onnx(network, (6, 5, 1), torch.arange(7)), units)
    afresh = export_onnx(network, (6, 5, 1), torch.from_numpy(units))
    images = np.random.default_rng(0).integers(0, 256, (9, 6, 5, 1), np.uint8)
    one, other = Session(pruned), Session(afresh)
    assert one.units == other.units == 4
    np.testing.assert_array_equal(one(images), other(images))


def test_a_network_that_picks_no_units_is_not_pruned(lamps_folder: Path) -> None:
    with pytest.raises(ExportError, match="does not end by picking units"):
        prune_onnx((lamps_folder / "encoder.onnx").read_bytes(), np.array([0]))
