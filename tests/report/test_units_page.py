"""The page about units: it holds each unit and each word, nothing from outside it, and hostile names stay text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from laconic.contract import Anatomy, LaconicError, UnitScore, WordScore
from laconic.report.thumbnails import data_uri
from laconic.report.units import MOST_CARDS, MOST_CLASSES, MOST_WORDS, lit, write_units

HOSTILE = """</li><script>alert(1)</script><img src=x onerror="alert(2)"> & '"""
PICTURES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


def words(n: int, name: str = "ship") -> tuple[tuple[WordScore, tuple[int, ...]], ...]:
    return tuple((WordScore(f"7+{i}", 3, name, 0.9, n - i, 0.8, (0,)), (7, 12)) for i in range(n))


def anatomy(name: str = "ship", n_words: int = 2) -> Anatomy:
    many = tuple((f"class {i}", 0.5 - i / 100) for i in range(MOST_CLASSES + 2))
    units = (
        UnitScore(7, 0.625, 0.4, ((name, 1.0),), ((name, 0.75),), (0, 3)),
        UnitScore(12, 0.25, 0.9, many, (), (4,)),
    )
    return Anatomy(name, 5, 64, units, (0.9, 0.4, 0.125), words(n_words, name))


def written(path: Path, found: Anatomy) -> str:
    write_units(path, found, PICTURES, title="t")
    return path.read_text("utf-8").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_holds_each_unit_with_its_pictures_and_what_falls(tmp_path: Path) -> None:
    page = written(tmp_path / "units.html", anatomy())
    assert re.findall(r'id="unit-(\d+)"', page) == ["7", "12"]
    first, second = re.findall(r'<li class="card word" id=.*?</li>', page)
    assert first.count("<img") == 2
    for said in (
        "62.5 %",
        "ship (100 %)",
        "falls without it: ship (75.0 %)",
        "right: 40.0 % without it",
        "40.0 % without all so far",
    ):
        assert said in first
    for said in (
        "without it: no class",
        "right: 90.0 % without it",
        "12.5 % without all so far",
        f"class {MOST_CLASSES - 1}",
    ):
        assert said in second
    assert f"class {MOST_CLASSES}" not in second
    assert "Of 64 units 2 fire in the 5 test pictures" in page
    assert "name 90.0 % right" in page


def test_a_unit_looks_somewhere_in_each_of_its_pictures(tmp_path: Path) -> None:
    where = np.zeros((2, 8, 8), np.float32)
    where[:, 2, 3] = 0.25, 4
    path = tmp_path / "units.html"
    write_units(path, anatomy(), PICTURES, title="t", attention={7: where})
    first, second = re.findall(r'<li class="card word" id=.*?</li>', path.read_text("utf-8"))
    assert (first.count("<img"), second.count("<img")) == (4, 1)
    assert data_uri(lit(PICTURES[3], where[1])) in first
    assert "lit where the unit looks" in path.read_text("utf-8")
    assert "lit where the unit looks" not in written(tmp_path / "without.html", anatomy())


def test_a_picture_is_lit_where_a_unit_looks() -> None:
    where = np.float32([[0, 1], [2, 4]])
    assert lit(np.full((2, 2, 3), 200, np.uint8), where)[..., 1].tolist() == [[40, 80], [120, 200]]
    assert lit(np.full((2, 2, 3), 200, np.uint8), 0 * where).max() == 40


def test_units_beyond_the_most_are_counted(tmp_path: Path) -> None:
    some = anatomy()
    many = replace(some, units=some.units * (MOST_CARDS // 2 + 1), removal=(0.9,) * (MOST_CARDS + 3))
    page = written(tmp_path / "units.html", many)
    assert page.count('<li class="card word" id=') == MOST_CARDS
    assert "And 2 more units" in page


def test_words_are_their_units_and_lead_to_them(tmp_path: Path) -> None:
    page = written(tmp_path / "units.html", anatomy(n_words=MOST_WORDS + 3))
    assert page.count('<a href="#unit-7"><img alt="unit 7"') == page.count('<a href="#unit-12">') == MOST_WORDS
    assert "And 3 more words" in page
    assert "more word" not in written(tmp_path / "few.html", anatomy())


def test_hostile_names_stay_text_and_nothing_comes_from_outside(tmp_path: Path) -> None:
    page = written(tmp_path / "units.html", anatomy(HOSTILE))
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert all(source.startswith("data:image/png") for source in re.findall(r'<img[^>]* src="([^"]*)"', page))


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    assert written(tmp_path / "a.html", anatomy()) == written(tmp_path / "b.html", anatomy())


@pytest.mark.parametrize("pictures", [PICTURES[:4], PICTURES[..., :2]])
def test_other_pictures_are_refused(pictures: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(LaconicError, match=r"5 pictures of 1 or 3 channels wanted, got \["):
        write_units(tmp_path / "units.html", anatomy(), pictures, title="t")
    assert not list(tmp_path.iterdir())
