"""Commands run in this process, and one training run that the tests of commands share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from laconic.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        assert self.out.endswith("}\n")
        assert self.out.count("\n") == 1
        found: dict[str, Any] = json.loads(self.out)
        return found


Laconic = Callable[..., Ran]


def exit_code(*arguments: object) -> int:
    """Run a command in this process."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def laconic(capsys: pytest.CaptureFixture[str]) -> Laconic:
    """`laconic("encode", codec, ...)` runs a command."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = exit_code(*arguments)
        return Ran(code, *capsys.readouterr())

    return run


TRAINING = """
from laconic.cli import demo
from laconic.cli.main import main
demo.EPOCHS = 3  # a twentieth
main("demo --json".split())
main("train digits --epochs 1 --encoder cnnw8 --batch-size 128 --k 2 --size 8x6 --seed 3 --json".split())
"""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ran]]:
    """A folder in which a short `laconic demo --json` and a `laconic train --json` have run, and what they left.

    Worker processes of one test run share it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    with FileLock(f"{folder}.lock"):
        if not (folder / "left.json").exists():
            folder.mkdir(exist_ok=True)
            command = [sys.executable, "-c", TRAINING]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            (folder / "left.json").write_text(json.dumps([done.returncode, done.stdout, done.stderr]))
    code, out, err = json.loads((folder / "left.json").read_text())
    lines = out.splitlines(keepends=True)
    assert len(lines) == 2, err
    return folder, [Ran(code, line, err) for line in lines]


@pytest.fixture(scope="session")
def digits_folder(trained: tuple[Path, list[Ran]]) -> Path:
    """A codec for digits that is not very good."""
    return trained[0] / "demo/codec"
