"""`laconic demo` and `laconic train`: what they print, where, and that what they refuse costs no time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.cli.demo import Demo
from laconic.cli.train import Train
from laconic.codec import Codec
from laconic.language.builtin import BUILTIN

KEYS = (
    *("dataset", "n_test", "accuracy_full", "accuracy_said", "bits_mean", "bits_formula", "entropy_bits"),
    *("packet_bytes_mean", "n1", "n2", "words", "seconds", "codec", "report"),
)


@pytest.fixture
def demo(trained: Any) -> dict[str, Any]:
    """What `laconic demo --json` answered."""
    found: dict[str, Any] = trained[1][0].answer
    return found


def test_demo_prints_one_object_with_its_figures(demo: dict[str, Any], trained: Any) -> None:
    assert set(KEYS) <= set(demo)
    assert (demo["dataset"], demo["n_test"]) == ("digits", 500)
    assert demo["accuracy_said"] > 0.4  # chance is 0.1
    assert demo["entropy_bits"] <= demo["bits_mean"] <= demo["entropy_bits"] + 1
    assert demo["packet_bytes_mean"] >= 3
    assert demo["n1"] >= 1
    assert demo["words"] >= 5
    assert "training on 1297 digits" in trained[1][0].err


def test_demo_shows_digits_with_their_packets(demo: dict[str, Any], digits_folder: Path) -> None:
    codec = Codec.load(digits_folder)
    assert len(demo["examples"]) == 5
    for example in demo["examples"]:
        (meaning,) = codec.decode([bytes.fromhex(example["packet"])])
        assert (meaning.name, meaning.confidence) == (example["name"], example["confidence"])
        assert example["digit"] in codec.classes


def test_demo_leaves_a_codec_and_a_page(demo: dict[str, Any], trained: Any) -> None:
    codec = Codec.load(trained[0] / demo["codec"])
    assert codec.manifest["measured"]["accuracy_said"] == demo["accuracy_said"]
    page = (trained[0] / demo["report"]).read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "laconic demo" in page


def test_demo_and_train_show_people_the_same(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    demo, train = trained[1]
    Demo().show(demo.answer)
    shown = capsys.readouterr().out
    assert f"{demo.answer['examples'][0]['packet']}  ->" in shown
    assert f"{100 * demo.answer['accuracy_said']:.1f} % right from {demo.answer['bits_mean']:.2f} bits" in shown
    assert shown.endswith(f"codec:  {demo.answer['codec']}\nreport: {demo.answer['report']}\n")
    Train("digits").show(train.answer)
    out, err = capsys.readouterr()
    assert out.startswith(f"codec: {100 * train.answer['accuracy_said']:.1f} % from ")
    assert err == "next: laconic evaluate codec digits\n"


@pytest.mark.parametrize("name", BUILTIN)
def test_a_codec_speaks_each_code_by_its_name(name: str, tmp_path: Path, laconic: Any) -> None:
    folder = tmp_path / "codec"
    shape = ("--encoder", "cnnw4", "--epochs", 1, "--batch-size", 128, "--k", 2)
    ran = laconic("train", "digits", *shape, "--code", name, "--out", folder, "--json")
    assert ran.code == 0, ran.err
    codec = Codec.load(folder)
    speech = codec.said
    assert isinstance(speech.language.code, BUILTIN[name])
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    symbols = speech.say(codec.features(pictures))
    packets = codec.encode(pictures)
    assert (speech.language.bits(symbols) <= [8 * len(packet) for packet in packets]).all()
    understood = speech.posterior(symbols).argmax(axis=1)
    assert [meaning.label for meaning in codec.decode(packets)] == understood.tolist()


@pytest.mark.slow
def test_demo_keeps_what_it_promises(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "laconic.cli", "demo", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert answer["accuracy_said"] >= answer["accuracy_full"] - 0.005
    assert answer["bits_mean"] <= min(4.2, answer["entropy_bits"] + 0.1)
    assert answer["packet_bytes_mean"] <= 3


def test_train_writes_a_codec_and_its_figures(trained: Any) -> None:
    folder, (_, ran) = trained
    assert ran.code == 0, ran.err
    assert ran.answer["codec"] == "codec"
    assert (ran.answer["n"], ran.answer["skipped"]) == (500, 0)
    assert {"accuracy_said", "accuracy_full", "bits_mean", "packet_bytes_mean", "n1", "n2", "seconds"} <= set(
        ran.answer
    )
    codec = Codec.load(folder / "codec")
    assert (codec.preprocessing.width, codec.preprocessing.height) == (8, 6)
    assert codec.said.language.code.alphabet.k == 2
    assert codec.manifest["provenance"]["recipe"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "'nothing' is no source; wanted digits, site, parquet:FOLDER"),
        (["folder:gone"], "gone is no folder"),
        (["folder:."], "no pictures|has no"),
        (["digits", "--code", "morse"], "code is one of maxamp, progressive, .* not 'morse'"),
        (["digits", "--code", "math:pi"], "breaks"),
        (["digits", "--encoder", "math:pi"], "a torch.nn.Module, or what makes one, wanted, got 3.14"),
        (["digits", "--encoder", "builtins:dict"], "a torch.nn.Module, or what makes one, wanted, got {}"),
        (["digits", "--objective", "hope"], "objective is one of joint"),
        (["digits", "--objective", "math:pi"], r"a function of \(features, labels\) wanted, got 3.14"),
        (["digits", "--objective", "math:no"], "there is no no in math"),
        (["digits", "--size", "big"], "wanted WIDTHxHEIGHT in pixels"),
        (["digits", "--epochs", "1", "--minutes", "1"], "give one of them"),
        (["digits", "--k", "0"], "k is at least 1, not 0"),
    ],
)
def test_what_cannot_be_trained_is_told_at_once(
    arguments: list[str], message: str, laconic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = laconic("train", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("laconic: ")
    assert re.search(message, ran.err)
    assert list(tmp_path.iterdir()) == []


def test_one_class_is_nothing_to_learn_and_the_old_codec_stays(tmp_path: Path) -> None:
    """In a process of its own: torch is imported, and its types are none of this test's."""
    lamps.write(tmp_path / "codec")
    before = {path: path.read_bytes() for path in (tmp_path / "codec").iterdir()}
    (tmp_path / "pictures/cat").mkdir(parents=True)
    for i in range(20):
        Image.fromarray(lamps.picture(i % 16)).save(tmp_path / "pictures/cat" / f"{i}.png")
    command = [sys.executable, "-m", "laconic.cli", "train", "folder:pictures"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "laconic: folder:pictures has one class, 'cat'; wanted two or more\n"
    assert {path: path.read_bytes() for path in (tmp_path / "codec").iterdir()} == before
