"""`laconic link`: the JSON that scripts read, the table that people read, the page, and what it refuses."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.cli.link import snr_range
from laconic.cli.parts import PartError

OWN = '''"""Channels of one's own."""
import torch
from laconic.link import AWGN, Received

class Twice:
    """AWGN at half the noise."""
    def __call__(self, symbols, snr_db, *, generator):
        return AWGN()(symbols, snr_db + 3, generator=generator)

def broken(symbols, snr_db, *, generator):
    return symbols / 0 + nothing

def bare(symbols, snr_db, *, generator):
    return symbols
'''


@pytest.fixture
def forest(tmp_path: Path) -> str:
    """A source of 50 pictures whose trees a codec of lamps knows, tested on all of them."""
    for label, name in enumerate(lamps.CLASSES):
        (tmp_path / "forest" / name).mkdir(parents=True)
        for i in range(10):
            pixels = lamps.picture(*range(3 * label, 3 * label + 3))
            Image.fromarray(pixels).save(tmp_path / "forest" / name / f"{i}.png")
    return f"folder:{tmp_path / 'forest'}?split=train"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "own_channels.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_channels", None)


def test_the_answer_has_a_point_for_every_way_and_snr(laconic: Any, forest: str, tmp_path: Path) -> None:
    folder, page = lamps.write(tmp_path / "codec", rule=lamps.sending()), tmp_path / "page.html"
    asked = ("--channel", "rayleigh", "--snr-db=-10:30:20", "--seed", 2, "--report", page, "--json")
    ran = laconic("link", folder, forest, *asked)
    assert ran.code == 0, ran.err
    answer = ran.answer
    assert (answer["n"], answer["channel"], answer["seed"], answer["skipped"]) == (50, "Rayleigh(block=True)", 2, 0)
    assert [curve["way"] for curve in answer["curves"]] == ["said", "sent", "said-or-sent", "analog"]
    for curve in answer["curves"]:
        assert [point["snr_db"] for point in curve["points"]] == [-10, 10, 30]
        assert all(point["bandwidth_ratio"] == point["symbols"] / 16 for point in curve["points"])
        assert curve["points"][-1]["accuracy"] > curve["accuracy_clean"] - 0.1
    assert answer["decoder"]["name"] == "minsum"
    assert answer["decoder"]["seconds"] > 0
    text = page.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert text.count("<svg ") == 4
    assert text.count("<tr><th>") == 13  # with the headings
    assert "Said or sent" in text
    again = laconic("link", folder, forest, *asked).answer
    assert again["curves"] == answer["curves"]


def test_the_table_and_the_page_beside_the_codec(laconic: Any, forest: str, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec")
    arguments = ("--n", 20, "--snr-db", 12, "--modulation", "16qam", "--code-rate", "2/3", "--ways", "said", "analog")
    ran = laconic("link", folder, forest, *arguments)
    lines = ran.out.splitlines()
    assert re.fullmatch(r"20 test pictures of folder:.* over AWGN\(\), \d+\.\d+ s", lines[0])
    assert lines[2] == "said: 100.0 % right where nothing is lost"
    assert re.fullmatch(r" +12 dB +\d+\.\d +\d\.\d{3} +\d+\.\d %( +\d+\.\d %){2}  16qam 2/3", lines[4])
    assert lines[6].startswith("analog: ")
    assert lines[8].split() == ["12", "dB", "8.0", "0.500", "100.0", "%", "100.0", "%", "analog"]
    assert ran.err.endswith(f"report: {tmp_path / 'codec-link.html'}\n")
    assert "Analog features" in (tmp_path / "codec-link.html").read_text("utf-8")


@pytest.mark.usefixtures("own")
def test_a_channel_of_ones_own(laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path) -> None:
    report = ("--report", tmp_path / "page.html", "--json")
    asked = ("link", lamps_folder, forest, "--ways", "analog", *report, "--snr-db")
    theirs = laconic(*asked, 3, "--channel", "own_channels:Twice").answer
    ours = laconic(*asked, 6).answer
    points = [answer["curves"][0]["points"][0] for answer in (theirs, ours)]
    assert points[0]["accuracy"] == points[1]["accuracy"]
    for name, message in {
        "broken": "called as laconic.link's are called, it raised NameError: name 'nothing' is not defined",
        "bare": "a laconic.link.Received of as many symbols wanted, got a Tensor",
        "none": "own_channels:none: there is no none in own_channels",
    }.items():
        ran = laconic(*asked, 3, "--channel", f"own_channels:{name}")
        assert ran.code == 1
        assert ran.answer["error"].endswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--snr-db", "nan"], "--snr-db takes A:B:S in dB, as in 0:20:4, or one finite number, not 'nan'"),
        (["--snr-db", "0:20"], "--snr-db takes A:B:S in dB, as in 0:20:4, or one finite number, not '0:20'"),
        (
            ["--snr-db", "20:0:4"],
            "--snr-db 20:0:4: a step above 0 that leads from A up to B in less than",
        ),
        (
            ["--snr-db", "0:20:0"],
            "--snr-db 0:20:0: a step above 0 that leads from A up to B in less than",
        ),
        (["--snr-db", "400"], "at least one SNR, of -300 to 300 dB, wanted, got [400.0]"),
        (
            ["--channel", "rice"],
            "channel is one of awgn, rayleigh, rician, rayleigh-fast, rician-fast or package.module:name, not 'rice'",
        ),
        (["--code-rate", "0.1"], "5G's code rates are 0.2 to 0.95, not 0.1; the nearest is 0.2"),
        (["--code-rate", "half"], "a scheme is a modulation and a code rate, as in '16qam 1/2', not 'qpsk half'"),
        (["--protection", "1/5"], "a scheme is a modulation and a code rate, as in '16qam 1/2', not '1/5'"),
        (["--adaptive", "--target", "2"], "a packet error target is between 0 and 1, such as 0.1, not 2.0"),
        (["--seed", "-1"], "--seed is from 0 to 4294967295, not -1"),
        (["--n", "0"], "at least one picture wanted, got n=0"),
        (
            ["--ways", "said-or-sent"],
            "this codec says every picture: said-or-sent takes one that also sends, which laconic calibrate makes",
        ),
        (["--ways", "sent", "--picture-bytes", "1"], "a picture budget of "),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_can_not_be_is_told_in_one_line(
    arguments: list[str], message: str, laconic: Any, lamps_folder: Path, forest: str
) -> None:
    ran = laconic("link", lamps_folder, forest, *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"laconic: {message}")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("arguments", ["--adaptive --modulation qpsk", "--modulation 8psk", "--ways sung"])
def test_wrong_usage_of_link(arguments: str, laconic: Any, lamps_folder: Path, forest: str) -> None:
    ran = laconic("link", lamps_folder, forest, *arguments.split())
    assert (ran.code, ran.out) == (2, "")


def test_classes_of_another_source_are_refused(laconic: Any, lamps_folder: Path) -> None:
    ran = laconic("link", lamps_folder, "digits")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("laconic: this codec knows the classes ash, birch, cedar, dogwood, elm; digits has 0, 1,")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0:20:4", (0, 4, 8, 12, 16, 20)),
        ("-4:5:3", (-4, -1, 2, 5)),
        ("0:0.3:0.1", (0, 0.1, 0.2, 0.3)),
        ("0:1:3", (0,)),
        ("7:7:1", (7,)),
        ("-2.5", (-2.5,)),
    ],
)
def test_ranges_of_snr(text: str, found: tuple[float, ...]) -> None:
    assert snr_range(text) == found


def test_the_largest_range_is_kept_to() -> None:
    assert np.ptp(snr_range("0:199:1")) == 199
    with pytest.raises(PartError, match="less than 200 steps wanted"):
        snr_range("0:200:1")
