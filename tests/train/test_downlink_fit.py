"""From pictures to a Downlink folder and back: resumed bit for bit, refused when damaged."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from laconic.codec.sealed import digest
from laconic.data import Preprocessing, SourceError, open_source
from laconic.data.correlated import CorrelatedUsers
from laconic.link import AWGN, Channel, Rayleigh, Received, Rician, SymbolBudget
from laconic.train import DownlinkRecipe, RecipeError, train_downlink
from laconic.train.downlink.choice import choose_downlink
from laconic.train.downlink.data import Sharing, cells_to_measure, training_cells
from laconic.train.downlink.folder import DownlinkError, TrainedDownlink
from laconic.train.downlink.run import held_loss, steps_per_epoch
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.stand_in import stand_in
from laconic.train.downlink.way import DownlinkWay, step_generator
from laconic.train.run import Run

BUDGET = SymbolBudget.from_ratio(4, 2, 8, 0.25)
RECIPE = DownlinkRecipe(
    BUDGET, width=1 / 32, learning_rate=1e-2, epochs=3, precision="fp32", snr_aware=True, classify=0.1
)
DIGITS = Preprocessing(8, 8, color="gray")


class OwnChannel:
    """No channel of this package."""

    def __call__(self, symbols: torch.Tensor, snr_db: float | torch.Tensor, *, generator: torch.Generator) -> Received:
        return AWGN()(symbols, snr_db, generator=generator)


@pytest.fixture(scope="module")
def users() -> CorrelatedUsers:
    digits = open_source("digits").split("train")
    pictures = np.stack([digits.pictures[row] for row in range(12)])[..., None]
    return CorrelatedUsers(np.asarray(pictures), 0.9, 4, 2, labels=digits.labels[:12])


@pytest.fixture(scope="module")
def trained(users: CorrelatedUsers) -> TrainedDownlink:
    way = train_downlink(users, RECIPE, users, classes=10)
    assert isinstance(way, DownlinkTraining)
    record = {"provenance": {"data": "x"}, "measured": {}}
    return TrainedDownlink(way, DIGITS, tuple("0123456789"), Sharing(0.9, 2), record)


@pytest.fixture
def folder(trained: TrainedDownlink, tmp_path: Path) -> Path:
    trained.save(tmp_path / "downlink")
    return tmp_path / "downlink"


def weights(way: DownlinkWay) -> torch.Tensor:
    return torch.cat([weights.detach().flatten() for weights in way.parameters()])


@pytest.mark.parametrize("cut", [1, 5])
def test_a_run_that_was_cut_ends_as_one_that_was_not(
    cut: int, users: CorrelatedUsers, trained: TrainedDownlink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps an epoch: cut before the first checkpoint, and in the midst of the second epoch."""
    assert steps_per_epoch(users, RECIPE) == 3
    run = Run.begin(tmp_path / "downlink", {}, resume=False)

    def power_cut(way: DownlinkWay, *_: object) -> None:
        if way.global_step == cut:
            raise SystemError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(DownlinkWay, "on_train_batch_start", power_cut)
        with pytest.raises(SystemError, match="power cut"):
            train_downlink(users, RECIPE, users, classes=10, run=run)
    assert run.checkpoint.exists() == (cut == 5)
    assert run.n_steps == 9
    resumed = train_downlink(users, RECIPE, users, classes=10, run=Run.begin(tmp_path / "downlink", {}, resume=True))
    assert torch.equal(weights(resumed), weights(trained.way))


def test_the_held_out_loss_is_equation_7_at_the_same_draws(users: CorrelatedUsers, trained: TrainedDownlink) -> None:
    loss = held_loss(trained.way, users)
    assert loss == held_loss(trained.way, users)
    parts = []
    for number in range(3):
        images, labels = torch.from_numpy(users.cell(number)[0])[None], torch.from_numpy(users.classes(number))[None]
        with torch.no_grad():
            part = trained.way.loss(images, step_generator(0, number, images.device, stream=1), labels)
        parts.append(float(part["reconstruction"] + 0.1 * part["repulsion"] + 0.1 * part["classes"]))
    assert loss == pytest.approx(sum(parts) / 3, rel=1e-5)


def test_minutes_become_steps_and_a_step_takes_cells(users: CorrelatedUsers, monkeypatch: pytest.MonkeyPatch) -> None:
    began = []
    monkeypatch.setattr(DownlinkWay, "on_train_batch_start", lambda way, *_: began.append(way.global_step))
    train_downlink(users, replace(RECIPE, epochs=None, minutes=1e-6, cells=2, classify=0.0))
    assert began == [*range(10)]  # 10 at least
    with pytest.raises(RecipeError, match="to classify, pictures have labels of two classes or more"):
        train_downlink(replace(users, labels=None), RECIPE, classes=10)
    with pytest.raises(RecipeError, match="give one of them"):
        replace(RECIPE, minutes=1.0)
    assert DownlinkRecipe(BUDGET).minutes == 15.0


def test_what_was_saved_is_read_again(trained: TrainedDownlink, folder: Path, users: CorrelatedUsers) -> None:
    again = TrainedDownlink.load(folder)
    assert again.recipe == trained.recipe
    assert (again.classes, again.preprocessing, again.sharing) == (trained.classes, DIGITS, Sharing(0.9, 2))
    assert torch.equal(weights(again.way), weights(trained.way))
    assert not again.way.training
    images = torch.from_numpy(users.cell(7)[0])[None]
    both = [one.way(images, 15.0, torch.Generator()).pictures for one in (trained, again)]
    assert torch.equal(*both)
    assert TrainedDownlink.load(folder, Rayleigh()).recipe == replace(trained.recipe, channel=Rayleigh())
    assert sorted(path.name for path in folder.iterdir()) == ["downlink.json", "weights.safetensors"]


@pytest.mark.parametrize("channel", [AWGN(), Rayleigh(block=False), Rician(2.0)])
def test_a_recipe_is_restored_from_its_record(channel: Channel) -> None:
    recipe = replace(RECIPE, channel=channel)
    assert DownlinkRecipe.restored(json.loads(json.dumps(recipe.record()))) == recipe


def test_an_own_channel_is_not_imported_because_a_folder_says_so() -> None:
    record = replace(RECIPE, channel=OwnChannel()).record()
    with pytest.raises(RecipeError, match=r"a channel of your own, .*:OwnChannel: say which to take, --channel"):
        DownlinkRecipe.restored(record)
    assert DownlinkRecipe.restored(record, AWGN()).channel == AWGN()


def edited(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / "downlink.json").read_text())
    manifest.pop("digest")
    manifest = {**manifest, **changes}
    (folder / "downlink.json").write_text(json.dumps({**manifest, "digest": digest(manifest)}))


def test_a_damaged_or_foreign_folder_is_refused(folder: Path, lamps_folder: Path, tmp_path: Path) -> None:
    def refused(where: Path, match: str) -> None:
        with pytest.raises(DownlinkError, match=match):
            TrainedDownlink.load(where)

    def copy(name: str) -> Path:
        return Path(shutil.copytree(folder, tmp_path / name))

    refused(tmp_path / "nowhere", "is not a Downlink folder: downlink.json is missing")
    refused(lamps_folder, "is not a Downlink folder")
    cut = copy("cut") / "weights.safetensors"
    cut.write_bytes(cut.read_bytes()[:-1])
    refused(
        cut.parent, r"weights.safetensors is not as it was written \(truncated or edited\); copy the downlink again"
    )
    cut.unlink()
    refused(cut.parent, "is incomplete: weights.safetensors is missing")
    text = copy("text") / "downlink.json"
    text.write_text(text.read_text().replace('"width": 8', '"width": 16'))
    refused(text.parent, r"downlink.json is not as it was written \(edited\)")
    text.write_text("{")
    refused(text.parent, r"is not JSON \(truncated or edited\)")
    edited(newer := copy("newer"), laconic_downlink=3)
    refused(newer, "has downlink format 3, this laconic reads 2; upgrade laconic")
    edited(older := copy("older"), laconic_downlink=1)
    refused(older, "has downlink format 1, this laconic reads 2; an older laconic made it: train it anew")
    edited(other := copy("other"), recipe={**RECIPE.record(), "width": 1 / 16})
    refused(other, "weights.safetensors is not what downlink.json describes")
    for strange in ({"recipe": {}}, {"preprocessing": {"width": 8}}, {"recipe": {**RECIPE.record(), "channel": 3}}):
        edited(bad := copy(str(strange)[:20]), **strange)
        refused(bad, "downlink.json does not describe a downlink")


def test_only_a_downlink_is_replaced(
    trained: TrainedDownlink, folder: Path, lamps_folder: Path, tmp_path: Path
) -> None:
    (folder / "note.txt").write_text("of the old one")
    trained.save(folder)
    assert not (folder / "note.txt").exists()
    shutil.copytree(lamps_folder, tmp_path / "codec")
    with pytest.raises(DownlinkError, match="exists and is not a Downlink folder; choose another --out or remove it"):
        trained.save(tmp_path / "codec")


def test_cells_are_of_held_out_pictures_or_of_the_others() -> None:
    source = open_source("digits")
    data = training_cells(source, DIGITS, RECIPE, Sharing())
    assert data.held is not None
    assert (len(data.train.pictures), len(data.held.pictures), data.skipped) == (1167, 130, 0)
    assert data.train.correlation == 0.0
    pixels, _ = data.held.cell(0)  # without a correlation they are as the source has them
    assert {picture.tobytes() for picture in pixels} <= {picture.tobytes() for picture in data.held.pictures}
    alike, skipped = cells_to_measure(source, DIGITS, BUDGET, Sharing(0.8), seed=3)
    assert (alike.scenes, alike.seed, skipped, len(alike.pictures)) == (2, 3, 0, 500)
    assert training_cells(source, DIGITS, replace(RECIPE, validation=0.0), Sharing()).held is None
    many = replace(RECIPE, budget=SymbolBudget.from_ratio(128, 8, 8, 0.25))
    with pytest.raises(
        SourceError, match=r"of held-out pictures: 128 users and 8 scenes need 136 pictures, not 130; .*"
    ):
        training_cells(source, DIGITS, many, Sharing(0.5))


def test_sharing_can_be_changed_but_not_made_of_scenes_alone() -> None:
    assert Sharing(0.5, 3).over(None, None) == Sharing(0.5, 3)
    assert Sharing().over(0.9, 4) == Sharing(0.9, 4)
    with pytest.raises(SourceError, match="scenes are of users whose pictures have a correlation"):
        Sharing().over(None, 4)


def test_only_downlinks_that_are_alike_are_chosen_from(trained: TrainedDownlink) -> None:
    source = open_source("digits")
    others = {
        "other users": replace(trained, sharing=Sharing(0.5, 2)),
        "other picture size": replace(trained, preprocessing=Preprocessing(16, 8)),
    }
    for what, other in others.items():
        with pytest.raises(DownlinkError, match=f"b has {what} than a"):
            choose_downlink({"a": trained, "b": other}, source, [15.0])
    with pytest.raises(DownlinkError, match="digits is not what these downlinks were trained on"):
        choose_downlink({"a": trained, "b": trained}, source, [15.0])


def test_what_stands_in_for_lpips_tells_classes_and_is_the_same_each_time() -> None:
    digits = open_source("digits").split("train")
    images = np.stack([digits.pictures[row] for row in range(64)])[..., None]
    state = torch.get_rng_state()
    first, second = (stand_in(np.asarray(images), digits.labels[:64], 10, "digits", steps=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    sent = torch.from_numpy(images).movedim(-1, 1).float() / 255
    far = first(sent.flip(0), sent)
    assert torch.equal(far, second(sent.flip(0), sent))
    assert float(far.min()) > float(first(sent, sent).max()) == 0.0
    assert first.name == "features of a small network for the classes of digits (not LPIPS)"
