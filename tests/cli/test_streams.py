"""What goes to which stream, and how a command ends when it is interrupted or nobody listens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laconic.cli import output
from laconic.cli.inspect import Inspect
from laconic.contract import LaconicError


def failing(error: BaseException) -> Any:
    def run(_: Inspect) -> dict[str, Any]:
        print("chatter of a library")
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (LaconicError("this, not that; do so"), "this, not that; do so"),
        (KeyboardInterrupt(), "interrupted"),
        (OSError(28, "No space left on device", "out.lac"), "out.lac: No space left on device"),
        (OSError("something odd"), "something odd"),
    ],
)
def test_a_failure_is_told_in_one_line(
    error: BaseException, message: str, laconic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inspect, "run", failing(error))
    plain = laconic("inspect", "20")
    assert (plain.code, plain.out, plain.err) == (1, "", f"chatter of a library\nlaconic: {message}\n")
    told = laconic("inspect", "20", "--json")
    assert (told.code, told.answer) == (1, {"error": message})


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_library_takes_is_told(seed: int, laconic: Any) -> None:
    told = laconic("quantise", "codec", "digits", "--seed", seed, "--json")
    assert (told.code, told.answer) == (1, {"error": f"--seed is from 0 to 4294967295, not {seed}"})


def test_a_mistake_of_ours_is_not_hidden(laconic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inspect, "run", failing(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError, match="ours"):
        laconic("inspect", "20")


def test_chatter_never_reaches_standard_output(laconic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: Inspect) -> dict[str, Any]:
        print("chatter")
        return {"name": "caf\udce9", "one": 1.5}

    monkeypatch.setattr(Inspect, "run", run)
    ran = laconic("inspect", "20", "--json")
    assert (ran.code, ran.answer, ran.err) == (0, {"name": "caf\udce9", "one": 1.5}, "chatter\n")
    assert "caf\\udce9" in laconic("inspect", "20").out


def test_what_is_no_number_is_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        output.print_json({"x": float("nan")})


@pytest.mark.parametrize("arguments", [["inspect", "2080ff"], ["inspect", "2080ff", "--json"], ["--help"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_standard_output_is_a_failure(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "laconic.cli", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "laconic: standard output: No space left on device\n")


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    command = [sys.executable, "-m", "laconic.cli", "inspect", "2080ff"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() == 1
    process.stderr.close()


def test_progress_is_shown_to_people_only(laconic: Any, lamps_folder: Path, tmp_path: Path) -> None:
    assert laconic("encode", lamps_folder, "digits", "-o", tmp_path / "a.lac").err == ""


def test_progress_is_shown_on_a_terminal(
    laconic: Any, lamps_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laconic.cli.encode.watched", lambda: True)
    assert "/500 [" in laconic("encode", lamps_folder, "digits", "-o", tmp_path / "a.lac").err
