"""`laconic evaluate`: the JSON that scripts read, the table that people read, and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lamps
import pytest
from PIL import Image

CODES = {"maxamp", "maxpro", "maxproamp", "scalar", "decision", "full"}
KEYS = {"code", "k", "bits_formula", "bits_mean", "packet_bytes_mean", "accuracy"}


@pytest.fixture
def forest(tmp_path: Path) -> str:
    """A source of 200 pictures whose trees a codec of lamps knows, tested on all of them."""
    for label, name in enumerate(lamps.CLASSES):
        (tmp_path / "forest" / name).mkdir(parents=True)
        for i in range(40):
            pixels = lamps.picture(*range(3 * label, 3 * label + 3))
            Image.fromarray(pixels).save(tmp_path / "forest" / name / f"{i}.png")
    return f"folder:{tmp_path / 'forest'}?split=train"


def test_the_answer_has_a_score_for_every_code(laconic: Any, digits_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = laconic("evaluate", digits_folder, "digits", "--report", page, "--json")
    assert ran.code == 0, ran.err
    answer = ran.answer
    assert {"n", "accuracy_full", "n1", "n2", "codes", "seconds"} <= set(answer)
    assert answer["n"] == 500
    assert {score["code"] for score in answer["codes"]} == CODES
    for score in [*answer["codes"], *answer["progressive"], answer["said"]]:
        assert set(score) >= KEYS
        assert score["bits_mean"] >= score["bits_entropy"] - 1e-9
        assert score["packet_bytes_mean"] >= 2 + score["bits_mean"] / 8
    assert [score["code"] for score in answer["progressive"]] == ["progressive"]
    (decision,) = (score for score in answer["codes"] if score["code"] == "decision")
    assert decision["bits_mean"] <= 4  # ceil(log2 10)
    assert (answer["skipped"], answer["report"]) == (0, str(page))
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_the_table_marks_what_is_spoken(laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path) -> None:
    ran = laconic("evaluate", lamps_folder, forest, "--report", tmp_path / "page.html")
    lines = ran.out.splitlines()
    assert lines[0].startswith("200 test pictures of folder:")
    begins = ["code", "maxamp", "decision", "full", "balanced", "codec", str(lamps_folder)]
    assert [line.split()[0] for line in lines[1:9] if line] == begins
    assert lines[2].endswith("100.0 % <- spoken")
    assert ran.err == f"report: {tmp_path / 'page.html'}\n"


@pytest.mark.parametrize("name", ["codec", "."])
def test_the_page_lies_beside_the_codec(
    name: str, laconic: Any, forest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamps.write(tmp_path / "codec")
    monkeypatch.chdir(tmp_path / "codec" if name == "." else tmp_path)
    ran = laconic("evaluate", name, forest, "--json")
    assert ran.answer["report"] == str(tmp_path / "codec-report.html")
    assert (tmp_path / "codec-report.html").is_file()


def test_what_was_left_out_is_reported_and_the_exit_code_is_one(
    laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path
) -> None:
    (tmp_path / "forest/cedar/7.png").write_bytes(b"")
    ran = laconic("evaluate", lamps_folder, forest, "--report", tmp_path / "page.html", "--json")
    assert ran.code == 1
    assert (ran.answer["n"], ran.answer["skipped"]) == (199, 1)
    assert "forest/cedar/7.png: no picture format begins with" in ran.err


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path
) -> None:
    ran = laconic("evaluate", lamps_folder, forest, "--report", tmp_path / "gone/page.html")
    assert (ran.code, ran.out) == (1, "")
    assert "cannot write the report" in ran.err


def test_several_codecs_are_a_table_to_choose_from(
    laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path
) -> None:
    small = lamps.write(tmp_path / "small", onnx=lamps.convolution())
    ran = laconic("quantise", small, forest)
    assert ran.code == 0, ran.err
    assert "kB (1 kB = 1000 bytes) instead of" in ran.out
    ran = laconic("evaluate", lamps_folder, small, forest, "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = ran.answer
    assert (answer["n"], answer["skipped"], answer["source"]) == (200, 0, forest)
    assert answer["processor"]
    lines = [(row["codec"], row["encoder"]) for row in answer["codecs"]]
    assert lines == [(str(lamps_folder), "float"), (str(small), "float"), (str(small), "int8")]
    first, second, third = answer["codecs"]
    assert first["agreement"] is None
    assert all(row["agreement"]["label"] == row["agreement"]["word"] == 1 for row in (second, third))
    assert [row["multiply_adds"] for row in (first, second, third)] == [0, 16, 16]
    assert third["kilobytes"] == (small / "encoder-int8.onnx").stat().st_size / 1000
    assert all(row["ms"] > 0 and row["pictures_per_second"] > 0 for row in answer["codecs"])
    ran = laconic("evaluate", small, lamps_folder, forest)
    assert [line.split()[1] for line in ran.out.splitlines()[1:5]] == ["encoder", "float", "int8", "float"]
    assert "a proxy for its energy" in ran.out


def test_what_is_missing_or_too_much_is_wrong_usage(laconic: Any, lamps_folder: Path, forest: str) -> None:
    ran = laconic("evaluate", lamps_folder)
    assert (ran.code, ran.err) == (2, "laconic: Missing a SOURCE: laconic evaluate CODEC... SOURCE\n")
    ran = laconic("evaluate", lamps_folder, lamps_folder, forest, "--report", "page.html")
    assert (ran.code, ran.err) == (2, "laconic: --report is of one codec; several are a table\n")


def test_a_codec_that_is_not_there_is_named(laconic: Any, lamps_folder: Path, forest: str, tmp_path: Path) -> None:
    ran = laconic("evaluate", lamps_folder, tmp_path / "gone", forest)
    assert ran.code == 1
    assert "gone is not a Codec folder" in ran.err
