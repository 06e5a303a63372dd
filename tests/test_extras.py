"""Optional packages and own objects: found by name, or a message that says what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from laconic.contract import LaconicError
from laconic.extras import check_installed, load_object, need


def test_need_names_the_extra() -> None:
    assert need("json.decoder", "data").JSONDecoder
    with pytest.raises(LaconicError, match=r"needs the package 'no_such'; .* 'laconic\[scale\]'"):
        need("no_such.part", "scale")


def test_load_object_searches_the_current_folder_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_part_of_a_test.py").write_text("class Outer:\n    value = 3\n")
    (tmp_path / "json.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert load_object("own_part_of_a_test:Outer.value") == 3
    assert load_object("json:dumps")(1) == "1"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("math", "named package.module:name, not 'math'"),
        (":pi", "named package.module:name, not ':pi'"),
        ("math:", "named package.module:name, not 'math:'"),
        ("no_such_module:x", "importing no_such_module raised ModuleNotFoundError"),
        ("math:tau.no", "there is no tau.no in math"),
        (".relative:x", "importing .relative raised TypeError"),
    ],
)
def test_load_object_says_what_is_missing(spec: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(LaconicError, match=message):
        load_object(spec)


def test_load_object_passes_on_what_an_own_module_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_part_of_a_test.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(LaconicError, match="raised ZeroDivisionError: division by zero"):
        load_object("broken_part_of_a_test:x")


def test_what_is_installed_is_checked_without_importing_it():
    check_installed("this", "train")
    assert "this" not in sys.modules
    with pytest.raises(LaconicError, match=r"the package 'nowhere'; install it with: pip install 'laconic\[data\]'"):
        check_installed("nowhere", "data")
