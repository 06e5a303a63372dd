"""Pictures without labels: a folder without sub-folders, a table with label=none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laconic.data import SourceError, open_source

Cells = Callable[[int, int], list[dict[str, Any]]]


@pytest.fixture
def heap(picture_folder: Callable[..., Path]) -> Path:
    """Twenty pictures in one folder, beside a text."""
    folder = picture_folder("", heap=20) / "heap"
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_without_sub_folders_has_pictures_without_classes(heap: Path) -> None:
    source = open_source(f"folder:{heap}")
    source.check()
    assert (source.labelled, source.class_names, source.skipped) == (False, (), 1)
    train, test = source.split("train"), source.split("test")
    assert (len(train), len(test)) == (16, 4)
    assert not train.labels.any()
    paths = [split.picture(row) for split in (train, test) for row in range(len(split))]
    assert sorted(map(str, paths)) == sorted(map(str, heap.glob("*.png")))


def test_a_folder_is_unlabelled_only_where_no_sub_folder_could_be_a_class(heap: Path) -> None:
    (heap / "later").mkdir()
    with pytest.raises(SourceError, match="train has no pictures; 21 other files were skipped"):
        open_source(f"folder:{heap}")


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(SourceError, match="train has no pictures; 1 other files were skipped"):
        open_source(f"folder:{tmp_path}")


@pytest.mark.parametrize("columns", [{}, {"label": [0, 1] * 10}, {"label": [3] * 20, "when": list(range(20))}])
def test_label_none_leaves_labels_out_whatever_the_table_has(
    columns: dict[str, list[int]], tmp_path: Path, write_parquet: Callable[..., Path], cells: Cells
) -> None:
    write_parquet(tmp_path / "train.parquet", {"image": cells(20, 0), **columns})
    source = open_source(f"parquet:{tmp_path}?label=none")
    source.check()
    assert (source.labelled, source.class_names) == (False, ())
    assert sum(len(split) for split in source.splits.values()) == 20
    assert not any(np.any(split.labels) for split in source.splits.values())


def test_without_labels_groups_still_stay_on_one_side(
    tmp_path: Path, write_parquet: Callable[..., Path], cells: Cells
) -> None:
    bursts = [row // 4 for row in range(20)]
    write_parquet(tmp_path / "train.parquet", {"image": cells(20, 0), "burst": bursts})
    source = open_source(f"parquet:{tmp_path}?label=none&group=burst")
    sides = [set(source.split(name).groups.tolist()) for name in ("train", "test")]  # type: ignore[union-attr]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 5


def test_a_table_without_a_label_says_how_to_do_without(
    tmp_path: Path, write_parquet: Callable[..., Path], cells: Cells
) -> None:
    write_parquet(tmp_path / "train.parquet", {"image": cells(5, 0)})
    with pytest.raises(SourceError, match=r"no column looks like the label; say label=COLUMN \(or label=none\)"):
        open_source(f"parquet:{tmp_path}")
