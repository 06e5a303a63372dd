"""Parquet folders: which files, which columns, which labels; read by number from memory or from the mapped cache."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from laconic.data import (
    PictureError,
    Preprocessing,
    SourceError,
    Split,
    find_duplicates,
    load,
    open_source,
    suggest,
)
from laconic.data import parquet as parquet_module
from laconic.data.parquet import split_files

Write = Callable[..., Path]
Cells = Callable[..., list[dict[str, Any]]]

IMAGE = {"_type": "Image"}
PETS = {"img": IMAGE, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
ONE_TRAIN_ROW = {"img": [b"0", b"1"], "label": [0, 1]}


def load_one(split: Split, row: int) -> np.ndarray:
    return Preprocessing(32, 32).apply(split.picture(row))


def test_hugging_face_files_open_by_themselves(tmp_path: Path, write_parquet: Write, cells: Cells):
    write_parquet(tmp_path / "train.parquet", {"img": cells(30), "label": [0, 1] * 15}, PETS)
    write_parquet(tmp_path / "test.parquet", {"img": cells(10, 30), "label": [1, 0] * 5}, PETS)
    source = open_source(f"parquet:{tmp_path}")
    source.check()
    assert source.class_names == ("cat", "dog")
    train, test = source.split("train"), source.split("test")
    assert (len(train), len(test)) == (30, 10)
    assert test.labels.tolist() == [1, 0] * 5
    assert suggest(train) == Preprocessing(32, 32)
    loaded = load(train, Preprocessing(32, 32))
    for row, cell in enumerate(cells(30)):
        assert train.picture(row) == cell["bytes"]
        assert np.array_equal(loaded.images[row], Preprocessing(32, 32).apply(cell["bytes"]))


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train.parquet", "test.parquet"], {"train": 1, "test": 1}),
        (["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"], {"train": 2}),
        (["data/train-0.parquet", "data/validation-0.parquet"], {"train": 1, "validation": 1}),
        (["train/0000.parquet", "train/b.parquet", "test/0000.parquet"], {"train": 2, "test": 1}),
        (["pictures.parquet"], {"train": 1}),
        (["test.parquet", "README.md"], {"test": 1}),
        (["my_train_2.parquet", "my_test_2.parquet"], {"my_train": 1, "my_test": 1}),
    ],
)
def test_files_are_found_by_their_names(tmp_path: Path, names: list[str], splits: dict[str, int]):
    found = split_files(touch(tmp_path, *names))
    assert {name: len(paths) for name, paths in found.items()} == splits


def test_places_without_parquet_files(tmp_path: Path):
    with pytest.raises(SourceError, match=r"holds no parquet files; wanted a folder with train\.parquet"):
        open_source(f"parquet:{tmp_path}")
    with pytest.raises(SourceError, match="gone does not exist; wanted a folder"):
        open_source(f"parquet:{tmp_path}/gone")


def test_a_file_that_is_no_parquet(tmp_path: Path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(SourceError, match="cannot be read as parquet"):
        open_source(f"parquet:{tmp_path}")


def test_a_file_whose_pictures_are_damaged_is_named(tmp_path: Path, write_parquet: Write):
    rng = np.random.default_rng(0)
    pictures = [rng.bytes(5000) for _ in range(10)]
    path = write_parquet(tmp_path / "train.parquet", {"img": pictures, "label": [0, 1] * 5})
    split = open_source(f"parquet:{path}?split=train").split("train")
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(1000) + whole[1004:])
    with pytest.raises(SourceError, match=r"train\.parquet: cannot be read as parquet"):
        split.picture(3)


def test_without_a_test_file_a_fixed_part_is_held_out(tmp_path: Path, write_parquet: Write, cells: Cells):
    columns = {"img": cells(50), "label": [0, 1] * 25}
    source = open_source(f"parquet:{write_parquet(tmp_path / 'all.parquet', columns)}")
    source.check()
    train, test = source.split("train"), source.split("test")
    assert np.bincount(test.labels).tolist() == [5, 5]
    assert np.array_equal(np.union1d(train.rows, test.rows), np.arange(50))
    order = np.random.default_rng(0).permutation(50)
    shuffled = {name: [values[i] for i in order] for name, values in columns.items()}
    again = open_source(f"parquet:{write_parquet(tmp_path / 'again.parquet', shuffled)}")
    pictures = [{split.picture(i) for i in range(len(split))} for split in (test, again.split("test"))]
    assert pictures[0] == pictures[1]  # by content, not by place


def test_equal_pictures_are_held_out_together(tmp_path: Path, write_parquet: Write, cells: Cells):
    path = write_parquet(tmp_path / "a.parquet", {"img": cells(40) * 2, "label": [0, 1] * 40})
    source = open_source(f"parquet:{path}")
    sides = [{split.picture(i) for i in range(len(split))} for split in source.splits.values()]
    assert sides[0] & sides[1] == set()
    assert len(source.split("test")) == 16


def test_what_is_held_out_respects_groups(tmp_path: Path, write_parquet: Write, cells: Cells):
    bursts = [f"burst {i // 4}" for i in range(40)]
    columns = {"img": cells(40), "label": [i // 20 for i in range(40)], "burst": bursts}
    write_parquet(tmp_path / "train.parquet", columns)
    source = open_source(f"parquet:{tmp_path}?group=burst")
    source.check()
    train, test = source.split("train"), source.split("test")
    assert train.groups is not None
    assert test.groups is not None
    assert np.bincount(test.groups).max() == 4
    assert np.intersect1d(train.groups, test.groups).size == 0
    assert np.bincount(test.labels).tolist() == [4, 4]


def test_given_splits_that_share_groups_are_refused(tmp_path: Path, write_parquet: Write):
    write_parquet(tmp_path / "train.parquet", {**ONE_TRAIN_ROW, "place": ["north", "south"]})
    write_parquet(tmp_path / "test.parquet", {**ONE_TRAIN_ROW, "place": ["east", "north"]})
    source = open_source(f"parquet:{tmp_path}?group=place")
    with pytest.raises(SourceError, match=r"1 groups stand in train and test \(1 of 2 test pictures\)"):
        source.check()
    open_source(f"parquet:{tmp_path}").check()


def test_sensors_keep_their_names_and_are_never_the_label(tmp_path: Path, write_parquet: Write):
    write_parquet(tmp_path / "train.parquet", {**ONE_TRAIN_ROW, "seen by": [7, 12]})
    write_parquet(tmp_path / "test.parquet", {**ONE_TRAIN_ROW, "seen by": [12, 7]})
    source = open_source(f"parquet:{tmp_path}?node=seen+by")
    assert source.split("train").nodes.tolist() == ["7", "12"]
    assert source.split("test").subset(np.array([1])).nodes.tolist() == ["7"]
    write_parquet(tmp_path / "test.parquet", {**ONE_TRAIN_ROW, "seen by": [12, None]})
    with pytest.raises(SourceError, match="column 'seen by' of test is null in 1 of 2 rows"):
        open_source(f"parquet:{tmp_path}?node=seen+by")


def test_events_are_numbered_alike_in_all_splits(tmp_path: Path, write_parquet: Write):
    write_parquet(tmp_path / "train.parquet", {**ONE_TRAIN_ROW, "at": ["b", "c"]})
    write_parquet(tmp_path / "test.parquet", {**ONE_TRAIN_ROW, "at": ["c", "a"]})
    source = open_source(f"parquet:{tmp_path}?event=at")
    assert source.split("train").events is not None
    assert source.split("train").events.tolist() == [1, 2]
    assert source.split("test").events.tolist() == [2, 0]


@pytest.mark.parametrize(
    ("columns", "features", "image", "names"),
    [
        ({"a": [b"x"] * 4, "b": [0, 1, 1, 0]}, None, "a", ("0", "1")),
        ({"a": [b"x"] * 4, "Label": [2, 0, 1, 0], "n": [5] * 4}, None, "a", ("0", "1", "2")),
        ({"a": [b"x"] * 4, "class": ["fox", "deer", "fox", "car"]}, None, "a", ("car", "deer", "fox")),
        ({"a": [b"x"] * 4, "y": [True, False, True, True]}, None, "a", ("False", "True")),
        ({"img": [{"bytes": b"x"}] * 4, "mask": [b"m"] * 4, "label": [0, 1] * 2}, PETS, "img", ("cat", "dog")),
        (
            {"img": [{"bytes": b"x"}] * 4, "label": [0, 1] * 2, "kind": [0] * 4},
            {**PETS, "kind": {"names": ["x"], "_type": "ClassLabel"}},
            "img",
            ("cat", "dog"),
        ),
        ({"a": [b"x"] * 4, "label": [0, 1] * 2, "x": [0.5] * 4}, {"label": "junk"}, "a", ("0", "1")),
    ],
)
def test_columns_are_guessed_where_one_can_be_meant(
    tmp_path: Path, write_parquet: Write, columns: Any, features: Any, image: str, names: tuple[str, ...]
):
    write_parquet(tmp_path / "train.parquet", columns, features)
    source = open_source(f"parquet:{tmp_path}?split=train")
    assert source.class_names == names
    assert source.split("train").pictures.column == image


FINE = {"names": ["a", "b"], "_type": "ClassLabel"}


@pytest.mark.parametrize(
    ("columns", "features", "options", "match"),
    [
        (
            {"a": [b"x"], "b": [b"x"], "label": [0]},
            None,
            "",
            r"several columns can be the image \(a, b\); say image=COLUMN; columns: a \(binary\), b \(binary\), "
            r"label \(int64\)",
        ),
        ({"label": [0]}, None, "", "no column looks like the image; say image=COLUMN"),
        ({"a": [b"x"]}, None, "", "no column looks like the label; say label=COLUMN"),
        ({"a": [b"x"], "p": [0], "q": ["x"]}, None, "", r"several columns can be the label \(p, q\)"),
        (
            {"a": [b"x"], "fine": [0], "coarse": [0]},
            {"fine": FINE, "coarse": FINE},
            "",
            r"several columns can be the label \(fine, coarse\).*fine \(ClassLabel\)",
        ),
        ({"a": [b"x"], "label": [0]}, None, "?image=picture", r"has no column 'picture' \(image=\); columns: a"),
        ({"a": [b"x"], "label": [0]}, None, "?group=burst", r"has no column 'burst' \(group=\)"),
        ({"a": [b"x"], "w": [0.5]}, None, "?label=w", "column 'w' is double; wanted whole numbers or text"),
        ({"a": [b"x"] * 2, "label": [0, None]}, None, "", "column 'label' of train is null in 1 of 2 rows"),
        ({"a": [b"x"] * 2, "label": [0, -1]}, None, "", r"row 1 of train has the label -1; wanted 0 to 0"),
        ({"a": [b"x"] * 2, "label": [2, 1]}, {"label": FINE}, "", "row 0 of train has the label 2; wanted 0 to 1"),
        ({"a": [b"x"] * 2, "label": [0, 2**40]}, None, "", "row 1 of train has the label 1099511627776; wanted"),
        ({"a": [b"x"] * 2, "label": [0, 1], "g": [1, None]}, None, "?group=g", "column 'g' of train is null in 1"),
    ],
)
def test_columns_that_cannot_be_used(
    tmp_path: Path, write_parquet: Write, columns: Any, features: Any, options: str, match: str
):
    path = write_parquet(tmp_path / "train.parquet", columns, features)
    with pytest.raises(SourceError, match=match):
        open_source(f"parquet:{path}{options}")


@pytest.mark.parametrize(
    ("test", "match"),
    [
        ({"img": [b"x"], "target": [0]}, "test has no column 'label'; it has img, target"),
        ({"picture": [b"x"], "label": [0]}, "test has no column 'img'; it has picture, label"),
        ({"img": [b"x"], "label": ["fox"]}, "holds numbers in one split and text in another"),
    ],
)
def test_a_test_file_unlike_the_train_file(tmp_path: Path, write_parquet: Write, test: Any, match: str):
    write_parquet(tmp_path / "train.parquet", ONE_TRAIN_ROW)
    write_parquet(tmp_path / "test.parquet", test)
    with pytest.raises(SourceError, match=match):
        open_source(f"parquet:{tmp_path}")


def test_classes_unknown_to_train_are_refused(tmp_path: Path, write_parquet: Write):
    write_parquet(tmp_path / "train.parquet", {"img": [b"0", b"1"], "label": ["fox", "car"]})
    write_parquet(tmp_path / "test.parquet", {"img": [b"0", b"1"], "label": ["fox", "owl"]})
    with pytest.raises(SourceError, match="test has classes that train has not: owl"):
        open_source(f"parquet:{tmp_path}")


def test_one_class_or_gaps_cannot_be_trained_on(tmp_path: Path, write_parquet: Write):
    path = write_parquet(tmp_path / "one.parquet", {"img": [b"%d" % i for i in range(9)], "label": [0] * 9})
    with pytest.raises(SourceError, match="has one class, '0'; wanted two or more"):
        open_source(f"parquet:{path}").check()
    write_parquet(path, {"img": [b"%d" % i for i in range(9)], "label": [1, 2, 4] * 3})
    with pytest.raises(SourceError, match=r"2 of 5 classes have no picture to learn from: '0', '3'$"):
        open_source(f"parquet:{path}").check()
    write_parquet(path, {"img": [], "label": []}, types={"img": pa.binary(), "label": pa.int64()})
    with pytest.raises(SourceError, match="the split 'train' has no pictures"):
        open_source(f"parquet:{path}").check()


@pytest.mark.parametrize(("options", "rows"), [("", 3), ("?split=validation", 2), ("?split=train", 4)])
def test_split_names_the_split_to_test_on(tmp_path: Path, write_parquet: Write, options: str, rows: int):
    for name, n in (("train", 4), ("validation", 2), ("test", 3)):
        write_parquet(tmp_path / f"{name}.parquet", {"img": [b"x"] * n, "label": [0, 1, 0, 1][:n]})
    source = open_source(f"parquet:{tmp_path}{options}")
    assert len(source.split("test")) == rows
    assert len(source.split("validation")) == 2


def test_validation_stands_in_for_test_and_test_alone_is_enough(tmp_path: Path, write_parquet: Write):
    columns = {"img": [b"x"] * 2, "label": [0, 1]}
    write_parquet(tmp_path / "a/train.parquet", columns)
    write_parquet(tmp_path / "a/dev.parquet", columns)
    assert open_source(f"parquet:{tmp_path}/a").split("test").name == "dev"
    write_parquet(tmp_path / "b/test.parquet", columns)
    alone = open_source(f"parquet:{tmp_path}/b")
    assert len(alone.split("test")) == 2
    with pytest.raises(SourceError, match="has no split 'train'; it has test"):
        alone.split("train")
    with pytest.raises(SourceError, match="has no split 'train'; it has test"):
        alone.check()
    write_parquet(tmp_path / "c/x.parquet", columns)
    write_parquet(tmp_path / "c/y.parquet", columns)
    with pytest.raises(SourceError, match="has neither train nor test, but x, y"):
        open_source(f"parquet:{tmp_path}/c")


def test_pictures_beside_the_table_are_found_by_their_paths(tmp_path: Path, write_parquet: Write, cells: Cells):
    (tmp_path / "0.png").write_bytes(cells(1)[0]["bytes"])
    images = [{"bytes": None, "path": "0.png"}, {"bytes": None, "path": None}]
    types = {"img": pa.struct({"bytes": pa.binary(), "path": pa.string()})}
    path = write_parquet(tmp_path / "train.parquet", {"img": images, "label": [0, 1]}, types=types)
    split = open_source(f"parquet:{path}?split=train").split("train")
    assert split.picture(0) == tmp_path / "0.png"
    with pytest.raises(PictureError, match="neither bytes nor a path"):
        split.picture(1)
    assert load(split, Preprocessing(4, 4), max_unreadable=0.5).rows.tolist() == [0]
    assert len(split.fingerprint) == 16


def test_folders_named_like_partitions_add_no_columns(tmp_path: Path, write_parquet: Write):
    path = write_parquet(tmp_path / "label=7" / "train.parquet", {"img": [b"a", b"b"], "label": [0, 1]})
    assert open_source(f"parquet:{path.parent}?split=train").split("train").labels.tolist() == [0, 1]


def test_large_files_are_memory_mapped(
    tmp_path: Path, write_parquet: Write, cells: Cells, monkeypatch: pytest.MonkeyPatch
):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for shard in range(2):
        columns = {"img": cells(20, 20 * shard), "label": [0, 1] * 10}
        write_parquet(tmp_path / f"train-{shard}.parquet", columns, PETS)
    in_memory = open_source(f"parquet:{tmp_path}?split=train").split("train")
    expected = [in_memory.picture(row) for row in range(40)]
    parquet_module._column.cache_clear()
    monkeypatch.setattr(parquet_module, "IN_MEMORY", 100)
    mapped = open_source(f"parquet:{tmp_path}?split=train").split("train")
    assert [mapped.picture(row) for row in range(40)] == expected
    assert list((tmp_path / "cache").rglob("*.arrow"))
    assert mapped.fingerprint == in_memory.fingerprint


def test_a_split_is_small_when_it_travels_and_reads_in_the_worker(tmp_path: Path, write_parquet: Write, cells: Cells):
    write_parquet(tmp_path / "train.parquet", {"img": cells(20), "label": [0, 1] * 10})
    split = open_source(f"parquet:{tmp_path}?split=train").split("train")
    expected = load_one(split, 7)
    assert len(pickle.dumps(split)) < 2000
    with get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.apply(load_one, (split, 7)), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10-jpeg", "mnist"])
def test_real_sets_load_in_seconds(name: str):
    folder = os.environ.get("LACONIC_DATA")
    if folder is None or not (Path(folder) / name).is_dir():
        pytest.skip(f"set LACONIC_DATA to a folder that holds {name}/train.parquet and test.parquet")
    source = open_source(f"parquet:{folder}/{name}")
    source.check()
    train, test = source.split("train"), source.split("test")
    preprocessing = suggest(train)
    start = time.perf_counter()
    loaded = load(train, preprocessing)
    assert loaded.failures == ()
    assert len(loaded.images) == len(train)
    assert time.perf_counter() - start < 60
    start = time.process_time()
    report = find_duplicates(loaded.images, load(test, preprocessing).images)
    assert time.process_time() - start < 30
    assert report.exact + report.near < 10
