"""`laconic corrupt`: what it counts, how two codecs compare, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lamps
import pytest
from PIL import Image

TWO = ("--only", "gaussian_noise", "contrast")


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source of 40 pictures whose trees a codec of lamps knows, tested on all of them."""
    folder = tmp_path_factory.mktemp("corrupt") / "forest"
    for label, name in enumerate(lamps.CLASSES):
        (folder / name).mkdir(parents=True)
        for i in range(8):
            Image.fromarray(lamps.picture(*range(3 * label, 3 * label + 3))).save(folder / name / f"{i}.png")
    return f"folder:{folder}?split=train"


def test_errors_by_corruption_and_severity(laconic: Any, digits_folder: Path) -> None:
    ran = laconic("corrupt", digits_folder, "digits", *TWO, "--pictures", 60, "--json")
    assert ran.code == 0, ran.err
    answer = ran.answer
    assert (answer["n"], answer["seed"], answer["source"], answer["skipped"]) == (60, 0, "digits", 0)
    assert list(answer["by_corruption"]) == ["gaussian_noise", "contrast"]
    errors = [error for five in answer["by_corruption"].values() for error in five]
    assert len(errors) == 10
    assert answer["error_corrupted"] == pytest.approx(sum(errors) / 10)
    assert answer["error_corrupted"] > answer["error_clean"]
    assert all(error * 60 == pytest.approx(round(error * 60)) for error in errors)
    assert "mce" not in answer


def test_a_codec_against_itself_is_at_one_hundred(laconic: Any, digits_folder: Path) -> None:
    given = ("corrupt", digits_folder, "digits", "--only", "contrast", "--pictures", 60, "--baseline", digits_folder)
    ran = laconic(*given, "--json")
    assert ran.code == 0, ran.err
    for name in ("mce", "relative_mce"):
        assert ran.answer[name]["by_corruption"] == {"contrast": pytest.approx(100)}
        assert ran.answer[name]["mean"] == pytest.approx(100)
    assert ran.answer["baseline"]["by_corruption"] == ran.answer["by_corruption"]
    shown = laconic(*given).out.splitlines()
    assert shown[0].startswith("60 test pictures of digits: ")
    assert [line.split()[0] for line in shown[2:5]] == ["contrast", "mean", "not"]
    assert shown[5:] == ["mCE: 100.0 % of the baseline's", "relative mCE: 100.0 % of the baseline's"]


def test_where_nothing_is_wrong_there_is_no_ratio_and_it_is_said(laconic: Any, lamps_folder: Path, forest: str) -> None:
    ran = laconic("corrupt", lamps_folder, forest, "--only", "brightness", "--baseline", lamps_folder, "--json")
    assert ran.code == 0, ran.err
    assert (ran.answer["error_corrupted"], ran.answer["mce"], ran.answer["relative_mce"]) == (0, None, None)
    assert "no mce: under brightness the baseline's error doesn't exceed 0" in ran.err


def test_what_it_refuses(laconic: Any, lamps_folder: Path, digits_folder: Path, forest: str) -> None:
    refused = {
        ("--only", "rust"): "a corruption is one of gaussian_noise, .* not 'rust'",
        ("--pictures", "0"): "--pictures is at least 1, not 0",
        ("--baseline", digits_folder): r"sees pictures as 4x4 \S+ \(\w+\) and .* as 8x8 gray .* one --size, --fit",
    }
    for arguments, text in refused.items():
        ran = laconic("corrupt", lamps_folder, forest, *arguments, "--json")
        assert ran.code == 1
        assert json.loads(ran.out)["error"] == ran.err.removeprefix("laconic: ").strip()
        with pytest.raises(ValueError, match=text):
            raise ValueError(ran.err)
