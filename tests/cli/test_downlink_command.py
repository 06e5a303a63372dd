"""`laconic downlink`: trained, measured and chosen from the command line, and what is refused there."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import lamps
import pytest
from PIL import Image

from laconic.cli.main import main
from laconic.cli.parts import PartError, snr_between
from laconic.train.downlink import evaluate as evaluating

SMALL = "--users 4 --groups 2 --symbols 8 --width 0.03125 --learning-rate 1e-2 --cells 2 --precision fp32"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for LPIPS is trained for two steps."""
    monkeypatch.setattr(evaluating, "stand_in", partial(evaluating.stand_in, steps=2))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Downlinks of two common ratios, barely trained; the first tells classes, too."""
    folder = tmp_path_factory.mktemp("downlinks")
    for name, ratio, more in (("shared", 0.25, "--classify 0.1 --snr-aware"), ("own", 0, "")):
        asked = f"{SMALL} --common-ratio {ratio} --correlation 0.9 --steps 2 {more} --out {folder / name}"
        main(["downlink", "train", "digits", *asked.split()])
    return {name: folder / name for name in ("shared", "own")}


def test_training_leaves_a_folder_that_says_what_it_is(folders: dict[str, Path]) -> None:
    told = json.loads((folders["shared"] / "downlink.json").read_text())
    assert told["recipe"]["budget"] == {"users": 4, "groups": 2, "symbols": 8, "common": 4, "accounting": "pooled"}
    assert told["sharing"] == {"correlation": 0.9, "scenes": None}
    assert told["provenance"]["source"] == "digits"
    assert (told["provenance"]["pictures"], told["provenance"]["held"], told["provenance"]["steps"]) == (1167, 130, 2)
    assert 0 < told["measured"]["held_loss"] < 4  # of pictures, repulsion and 0.1 of the classes
    assert told["measured"]["psnr_db"] > 5
    assert not list(folders["shared"].with_name("shared.run").rglob("*.ckpt"))


def test_evaluating_tells_every_snr_and_leaves_a_page(laconic: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    asked = ("downlink", "evaluate", folders["shared"], "digits", "--snr-db", "12:18:6", "--cells", 2, "--report", page)
    ran = laconic(*asked, "--json")
    assert ran.code == 0, ran.err
    found = ran.answer
    assert [point["snr_db"] for point in found["points"]] == [12.0, 18.0]
    assert (found["private"], found["common"], found["spent"], found["correlation"]) == (6, 4, 32, 0.9)
    assert found["perceptual"] == "features of a small network for the classes of digits (not LPIPS)"
    assert all(0 <= point["accuracy"] <= 1 and point["perceptual"] > 0 for point in found["points"])
    assert found["warnings"] == []
    assert page.read_text().count("<h2>Sent and received at") == 2
    shown = laconic(*asked)
    assert "6 symbols are each user's own, 4 its group's; the cell spends 32" in shown.out
    assert shown.out.count(" dB") == 4
    again = laconic(*asked, "--json").answer
    assert again["points"] == found["points"]


def test_snrs_that_it_was_not_trained_at_are_told(laconic: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    asked = (folders["own"], "digits", "--snr-db", "0:12:12", "--cells", 1, "--channel", "rayleigh", "--json")
    ran = laconic("downlink", "evaluate", *asked, "--report", tmp_path / "page.html")
    warning = "trained at 12 to 18 dB, used at 0 to 12 dB; a network trained there would do better"
    assert ran.code == 0, ran.err
    assert ran.answer["warnings"] == [warning]
    assert f"warning: {warning}" in ran.err
    assert ran.answer["channel"] == "Rayleigh(block=True)"
    assert ran.answer["points"][0]["accuracy"] is None


def test_held_out_pictures_choose_and_test_pictures_measure(laconic: Any, folders: dict[str, Path]) -> None:
    names = [str(folder) for folder in folders.values()]
    asked = ("downlink", "choose", *names, "digits", "--snr-db", 15, "--cells", 2)
    found = laconic(*asked, "--json").answer
    (row,) = found["chosen"]
    assert row["chosen"] == max(names, key=lambda name: row["held_psnr_db"][name])
    assert set(row["test_psnr_db"]) == set(names)
    assert found["mean_test_psnr_db"] == found["mean_test_psnr_db_of"][row["chosen"]]
    assert found["common_ratio"] == dict(zip(names, (0.25, 0.0), strict=True))
    assert f"{row['test_psnr_db'][row['chosen']]:.2f}" in laconic(*asked).out


def test_a_choice_is_between_two_or_more(laconic: Any, folders: dict[str, Path]) -> None:
    ran = laconic("downlink", "choose", folders["own"], "digits")
    assert ran.code == 2
    assert "takes two Downlink folders or more, and last a SOURCE" in ran.err


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("--users 4 --groups 5", "4 users are divided into 1 to 4 groups, not 5"),
        ("--users 4 --groups 2 --symbols 1 --common-ratio 0.9", "leaves none of the user's own: the common part takes"),
        ("--common-ratio 1", "a ratio from 0 to below 1 of the symbols, not 1.0"),
        ("--symbols 8 --common-ratio 0.001", "is no whole common symbol; share 0 or more"),
        ("--size 12x8", "multiples of 8 pixels, not 8 x 12; resize them"),
        ("--width 0.01", "a width makes 128 channels a multiple of 4; 0.01 makes them 1.28"),
        ("--snr-db 18:12", "from a lower to a higher number of dB, not 18.0 to 12.0"),
        ("--snr-db a:b", "--snr-db takes A:B in dB, as in 0:18, or one finite number, not 'a:b'"),
        ("--leak 2", "0 to 1, not 2.0"),
        ("--correlation 1.5", "a correlation of users is from 0 to 1, not 1.5"),
        ("--scenes 5", "--scenes are those of --correlation R"),
        ("--correlation 0.5 --scenes 51", "50 users look at 1 to 50 scenes, not 51"),
        (
            "--channel fog",
            "channel is one of awgn, rayleigh, rician, rayleigh-fast, rician-fast or package.module:name",
        ),
        ("--channel lamps:picture", "channel lamps:picture: called as laconic.link's are called, it raised"),
        ("--users 2000 --groups 2", "2000 users and 1 scenes need 2001 pictures, not 1167"),
        ("--users 200", "of held-out pictures: 200 users and 1 scenes need 201 pictures, not 130"),
        ("--classify -1", "classify is a weight of 0 or more, not -1.0"),
        ("--learning-rate 0", "a learning rate above 0 wanted, not 0.1 and 0.0"),
        ("--steps 3 --epochs 2", "steps, epochs and minutes each say when the run ends; give one of them"),
        ("--minutes nan", "minutes is more than 0, not nan"),
        ("--cells 0", "a step takes 1 cell or more, not 0"),
        ("--validation 1", "validation is a fraction from 0 to 0.9, not 1.0"),
    ],
)
def test_what_cannot_be_trained_is_refused(asked: str, text: str, laconic: Any, tmp_path: Path) -> None:
    ran = laconic("downlink", "train", "digits", "--out", tmp_path / "downlink", *asked.split(), "--json")
    assert ran.code == 1
    assert text in ran.answer["error"]
    assert not (tmp_path / "downlink").exists()


def test_what_is_in_the_way_or_lacks_labels_is_refused(laconic: Any, tmp_path: Path) -> None:
    lamps.write(tmp_path / "codec")
    ran = laconic("downlink", "train", "digits", "--out", tmp_path / "codec")
    assert ran.code == 1
    assert "codec exists and is not a Downlink folder" in ran.err


def test_an_unfinished_run_is_not_overwritten_nor_continued_as_another(laconic: Any, tmp_path: Path) -> None:
    left = tmp_path / "downlink.run"
    left.mkdir()
    (left / "last.ckpt").touch()
    (left / "run.json").write_text('{"asked": {"width": 1.0}}')
    asked = ("downlink", "train", "digits", *SMALL.split(), "--out", tmp_path / "downlink")
    ran = laconic(*asked)
    assert ran.code == 1
    assert "downlink.run holds an unfinished run; continue it with --resume, or remove that folder" in ran.err
    ran = laconic(*asked, "--resume")
    assert ran.code == 1
    assert "downlink.run was started with other settings: " in ran.err
    assert "width was 1.0, is 0.03125" in ran.err


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("--cells 0", "at least one cell at one SNR is measured, not 0 at 9"),
        ("--snr-db 3:0:1", "a step above 0 that leads from A up to B"),
        ("--channel fog", "channel is one of awgn"),
        ("--lpips-weights no.safetensors", "a safetensors file with LPIPS's weights wanted"),
        ("--correlation nan", "a correlation of users is from 0 to 1, not nan"),
        ("--seed -1", "--seed is from 0 to"),
    ],
)
def test_what_cannot_be_measured_is_refused(asked: str, text: str, laconic: Any, folders: dict[str, Path]) -> None:
    ran = laconic("downlink", "evaluate", folders["shared"], "digits", *asked.split(), "--json")
    assert ran.code == 1
    assert text in ran.answer["error"]


def test_other_classes_and_other_folders_are_refused(laconic: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    for label, row in enumerate((0, 0, 1, 1)):
        (tmp_path / "rows" / str(row)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(lamps.picture(row)).save(tmp_path / "rows" / str(row) / f"{label}.png")
    ran = laconic("downlink", "evaluate", folders["shared"], f"folder:{tmp_path / 'rows'}")
    assert ran.code == 1
    assert "this downlink tells 10 classes apart" in ran.err
    ran = laconic("downlink", "evaluate", lamps.write(tmp_path / "codec"), "digits")
    assert ran.code == 1
    assert "codec is not a Downlink folder: downlink.json is missing" in ran.err


@pytest.mark.parametrize(
    ("command", "required"),
    [("train", "SOURCE"), ("evaluate", "DOWNLINK SOURCE"), ("choose", "DOWNLINK... SOURCE")],
)
def test_help_says_what_is_required_and_nothing_odd(command: str, required: str, laconic: Any) -> None:
    ran = laconic("downlink", command, "--help")
    assert ran.code == 0
    assert f" {required}" in ran.out.partition("\n")[0]
    assert "--json" in ran.out
    for odd in ("None", "--no-", "(default: )", "(default: False)", "STR ...", "act."):
        assert odd not in ran.out
    assert laconic("downlink", command).code == 2


def test_a_range_of_snrs_is_two_numbers_or_one() -> None:
    assert snr_between("-3:12") == (-3.0, 12.0)
    assert snr_between("7") == (7.0, 7.0)
    for text in ("", "1:2:3", "nan", "inf:3"):
        with pytest.raises(PartError, match="--snr-db takes A:B in dB"):
            snr_between(text)
