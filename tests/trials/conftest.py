"""A toy trial in a file: its arms add a bonus to noise that follows from the seed, and say when they are measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TOY = '''"""A toy."""
import os
from pathlib import Path
import numpy as np
from laconic.trials import Column, Scale, Trial, Value, curves, higher

HERE = Path(__file__).parent

def measure(parameters, seed, source):
    """Bonus plus noise."""
    with (HERE / "calls.txt").open("a") as calls:
        calls.write(f"{parameters['bonus']} {seed} {source} {os.environ.get('OMP_NUM_THREADS')}\\n")
    fault = HERE / f"fault-{parameters['bonus']}-{seed}"
    if fault.exists():
        exec(fault.read_text())
    noise = np.random.default_rng(seed).normal()
    return {"score": parameters["bonus"] + 0.1 * noise, "curve": [1.0, 2.0 + parameters["bonus"]], "x": [0, 1]}

trial = Trial(
    name="toy/bonus",
    claim="More bonus scores higher.",
    rule="the score of more is above that of less",
    rules=(higher(Value("more", "score"), Value("less", "score")),),
    measure=measure,
    scales={
        "smoke": Scale({"less": {"bonus": 0}, "more": {"bonus": 5}}),
        "full": Scale({"less": {"bonus": 0}, "more": {"bonus": 9}}, source="", data="a million digits"),
    },
    columns=(Column("score", "score_%"), Column("curve", "|Z| (bits)")),
    figure=curves("x", {"more": ("more", "curve"), "less": ("less", "curve")}, "x", "y"),
)
'''


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Path]:
    """The toy's file, alone in a folder; its name is no other module's."""
    folder = tmp_path / "own"
    folder.mkdir()
    file = folder / "toy_trial.py"
    file.write_text(TOY)
    yield file
    sys.modules.pop("toy_trial", None)
    sys.path[:] = [place for place in sys.path if place != str(folder)]


@pytest.fixture
def calls(toy: Path) -> Callable[[], list[str]]:
    """What has been measured since the last question."""

    def told() -> list[str]:
        file = toy.with_name("calls.txt")
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    return told
