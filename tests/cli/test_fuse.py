"""`laconic fuse`: the JSON that scripts read, the lines that people read, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.codec import Codec
from laconic.data import open_source

CAMERAS = ("north", "south")


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """120 events as files: north mistakes every tenth tree for another, south every third."""
    folder = tmp_path_factory.mktemp("forest")
    for event in range(120):
        label = event % 5
        (folder / lamps.CLASSES[label]).mkdir(exist_ok=True)
        for camera, every in zip(CAMERAS, (10, 3), strict=True):
            seen = (label + (event % every == 0)) % 5
            place = folder / lamps.CLASSES[label] / f"{event}-{camera}.png"
            Image.fromarray(lamps.picture(3 * seen, 3 * seen + 1, 3 * seen + 2)).save(place)
    return f"folder:{folder}?event=[0-9]*&node=north|south"


def test_what_was_learnt_is_told_and_stays_in_the_codec(laconic: Any, forest: str, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    ran = laconic("fuse", folder, forest, "--max-error", 0.4, "--json")
    assert ran.code == 0, ran.err
    found = ran.answer
    north, south = found["nodes"]
    assert (north["name"], south["name"]) == CAMERAS
    assert north["weight"] > south["weight"]
    assert north["accuracy"] > south["accuracy"]
    assert north["n"] == south["n"] == found["n"]
    assert found["accuracy"] > south["accuracy"]
    assert found["n"] + found["n_learnt"] == len(np.unique(open_source(forest).split("train").events))
    assert (found["known"], found["skipped"]) == (0, 0)
    assert found["guarantee"]["met"]
    codec = Codec.load(folder)
    assert codec.fusing is not None
    assert codec.fusing.fusion.weights.tolist() == [north["weight"], south["weight"]]
    shown = laconic("fuse", folder, forest, "--max-error", 0.4).out.splitlines()
    assert shown[0] == f"learnt from {found['n_learnt']} events; of {found['n']} others right:"
    assert [line.split()[0] for line in shown[1:3]] == list(CAMERAS)
    assert shown[-1].startswith("decides ")
    assert "among these the error is at most 40.0 %" in shown[-1]


def test_a_bound_that_cannot_be_shown_is_exit_code_1(laconic: Any, forest: str, tmp_path: Path) -> None:
    ran = laconic("fuse", lamps.write(tmp_path / "codec"), forest, "--max-error", 0.01, "--json")
    assert ran.code == 1
    assert "can't show an error of at most 0.01" in ran.answer["error"]


def test_a_source_must_tell_events_and_nodes(laconic: Any, forest: str, tmp_path: Path) -> None:
    ran = laconic("fuse", lamps.write(tmp_path / "codec"), forest.partition("&")[0])
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "doesn't tell the node of each picture: say what does, node=" in ran.err
