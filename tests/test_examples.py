"""The scripts of examples/, run as `python examples/NAME.py` would run them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from laconic.codec import Codec, CodecError

EXAMPLES = Path(__file__).parents[1] / "examples"
REACH = {"own_loss": 0.9, "own_code": 0.9, "own_encoder": 0.85}  # accuracy from words; chance is 0.1


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def test_every_example_is_run() -> None:
    elsewhere = {"own_trial"}  # tests/cli/test_trial.py runs it
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
