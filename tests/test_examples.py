"""The scripts of examples/, run as `python examples/NAME.py` would run them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laconic.codec import Codec, CodecError
from laconic.data import open_source

EXAMPLES = Path(__file__).parents[1] / "examples"
REACH = {"own_loss": 0.9, "own_code": 0.9, "own_encoder": 0.85}  # accuracy from words; chance is 0.1


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def test_every_example_is_run() -> None:
    elsewhere = {
        "own_trial",
        "held_out_classes",
    }  # tests/cli/test_trial.py runs the first; see below
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(REACH) | elsewhere


@pytest.mark.parametrize("name", REACH)
def test_an_example_trains_a_codec_that_understands_digits(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    measured = run(name)["codec"].manifest["measured"]
    assert measured["accuracy_said"] > REACH[name]
    assert str(measured) in capsys.readouterr().out
    if name == "own_code":
        with pytest.raises(
            CodecError, match=r"speaks the code 'loudest', .* give its class to Codec.load\(..., code=\)"
        ):
            Codec.load("demo/own-code")


def test_classes_held_out_are_unknown_pictures_of_the_test_split() -> None:
    digits = open_source("digits")
    known = runpy.run_path(str(EXAMPLES / "held_out_classes.py"))["without"](digits, {0, 3})
    before, train, test = digits.split("test"), known.split("train"), known.split("test")
    assert known.class_names == ("1", "2", "4", "5", "6", "7", "8", "9")
    assert (len(train.unknown), len(test.unknown)) == (0, np.isin(before.labels, [0, 3]).sum())
    assert len(test) + len(test.unknown) == len(before)
    assert set(train.labels) == set(range(8))
    row = np.flatnonzero(test.labels == 2)[0]
    assert before.labels[np.flatnonzero(before.rows == test.rows[row])[0]] == 4


@pytest.mark.slow
def test_pictures_of_classes_held_out_are_counted_where_they_are_said() -> None:
    example = runpy.run_path(str(EXAMPLES / "held_out_classes.py"))
    (found,) = example["main"]("digits", rounds=1, epochs=8, encoder="cnnw16", batch_size=128)
    assert found["n"] == 101  # zeros and ones of the test split
    assert 0.8 < found["auroc"] < 1
    assert 0 < found["said_fraction"] < found["known_said"]
