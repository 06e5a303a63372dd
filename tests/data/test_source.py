"""The names of sources, and what a Source and its Splits promise whatever they come from."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from laconic.data import Preprocessing, Source, SourceError, Split, open_source
from laconic.data.spec import Spec


def tiny(labels: list[int], name: str = "train", groups: list[int] | None = None) -> Split:
    pictures = [np.full((2, 2), i, np.uint8) for i in range(len(labels))]
    numbers = None if groups is None else np.array(groups)
    return Split(name, pictures, np.arange(len(labels)), np.array(labels, np.int64), numbers)


def source(train: Split, test: Split, class_names: tuple[str, ...] = ("a", "b")) -> Source:
    return Source("s", class_names, {"train": train, "test": test})


def test_a_spec_is_taken_apart():
    spec = Spec.parse("hub:a/b?image=img&label=fine+label&group=a%26b")
    assert (spec.kind, spec.where) == ("hub", "a/b")
    assert spec.options == {"image": "img", "label": "fine label", "group": "a&b"}
    assert Spec.parse("folder:C:/pictures").where == "C:/pictures"
    assert Spec.parse("folder:what%3F").where == "what?"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("digits?x", "option 'x' has no value; wanted option=value"),
        ("digits?split=", "option 'split=' has no value"),
        ("digits?split=a&split=b", "option 'split' is given twice"),
        ("digits?splt=test", "digits has no option 'splt'; it has split"),
        ("site?images=3", "site has no option 'images'; it has n, seed, split"),
        ("parquet:x?lable=y", "parquet has no option 'lable'; it has image, label, split, group, event, node"),
        ("hub:x?lable=y", "hub has no option 'lable'; it has image, label, split, group, event, node, config"),
        ("folder:x?label=y", "folder has no option 'label'; it has split"),
        ("site?n=many", "option n='many': wanted a whole number"),
        ("site?n=20", "wanted n of 120 or more"),
        ("digits:x", r"digits takes options only, as in digits\?split=train"),
        ("digits?split=dev", "has no split 'dev'; it has test, train"),
        ("folder:", "wanted folder: followed by a place"),
        ("mnist", "'mnist' is no source; wanted digits, site, parquet:FOLDER, hub:NAME or folder:PATH$"),
        ("", "'' is no source"),
    ],
)
def test_a_wrong_name_is_said(text: str, match: str):
    with pytest.raises(SourceError, match=match):
        open_source(text)


def test_a_bare_path_gets_a_hint(tmp_path: Path):
    with pytest.raises(SourceError, match=f"did you mean folder:{tmp_path}"):
        open_source(str(tmp_path))


def test_digits_are_all_there_once_and_stratified():
    digits = open_source("digits")
    train, test = digits.split("train"), digits.split("test")
    assert (len(train), len(test)) == (1297, 500)
    assert np.intersect1d(train.rows, test.rows).size == 0
    assert digits.class_names == tuple("0123456789")
    shares = np.bincount(test.labels) / np.bincount(np.concatenate([train.labels, test.labels]))
    assert np.abs(shares - 500 / 1797).max() < 0.01
    pixels = Preprocessing(8, 8, color="gray").batch([test.picture(i) for i in range(100)])
    assert (pixels.min(), pixels.max()) == (0, 255)
    digits.check()


def test_digits_mean_the_same_on_every_machine():
    assert open_source("digits").split("train").rows[:5].tolist() == [0, 4, 5, 6, 7]
    assert open_source("digits").split("test").fingerprint == "86cf3e154b74c4b1"


def test_split_names_what_is_tested_on():
    digits = open_source("digits?split=train")
    assert len(digits.split("test")) == 1297
    with pytest.raises(SourceError, match="train is the test split, too; nothing is held out"):
        digits.check()
    with pytest.raises(SourceError, match="has no split 'validation'; it has test, train"):
        digits.split("validation")


def test_the_fingerprint_follows_labels_pictures_and_order():
    split = tiny([0, 1, 0])
    assert split.fingerprint == tiny([0, 1, 0], name="other").fingerprint
    others = [tiny([0, 1, 1]), tiny([0, 1]), split.subset(np.array([2, 1, 0])), split.subset(np.array([0, 1]))]
    assert len({split.fingerprint, *(other.fingerprint for other in others)}) == 4  # the two of two rows agree
    wide = Split("w", [np.full((1, 4), i, np.uint8) for i in range(3)], split.rows, split.labels)
    assert wide.fingerprint != split.fingerprint


def test_the_fingerprint_is_of_files_not_of_their_places(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"same")
    one = np.zeros(1, np.int64)
    prints = {Split("s", [str(tmp_path / name)], one, one).fingerprint for name in ("a", "b")}
    assert len(prints) == 1
    assert Split("s", [str(tmp_path / "gone")], one, one).fingerprint not in prints


def test_a_subset_keeps_rows_together():
    whole = tiny([0, 1, 0, 1], groups=[7, 8, 9, 9])
    part = whole.subset(np.array([3, 0]), "part")
    assert part.name == "part"
    assert part.labels.tolist() == [1, 0]
    assert part.groups is not None
    assert part.groups.tolist() == [9, 7]
    assert part.picture(0)[0, 0] == 3
    assert part.subset(np.array([1])).picture(0)[0, 0] == 0


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (source(tiny([]), tiny([0])), "the split 'train' has no pictures"),
        (source(tiny([0, 1]), tiny([], "test")), "the split 'test' has no pictures"),
        (source(tiny([0]), tiny([0]), ("a",)), "s has one class, 'a'; wanted two or more"),
        (source(tiny([0]), tiny([0])), "1 of 2 classes have no picture to learn from: 'b'$"),
        (source(tiny([0]), tiny([0]), tuple("abcdefgh")), "7 of 8 .*: 'b', 'c', 'd', 'e', 'f', ...$"),
        (
            source(tiny([0, 1], groups=[1, 2]), tiny([0, 1, 1], groups=[2, 3, 2])),
            r"1 groups stand in train and test \(2 of 3 test pictures\).*leave out group=",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused(bad: Source, match: str):
    with pytest.raises(SourceError, match=match):
        bad.check()


def test_groups_on_their_own_sides_pass():
    source(tiny([0, 1], groups=[1, 2]), tiny([0, 1], groups=[3, 4])).check()


@pytest.mark.parametrize("text", ["digits", "site?n=120"])
def test_a_split_travels_to_worker_processes(text: str):
    split = open_source(text).split("train")
    twin = pickle.loads(pickle.dumps(split))
    assert np.array_equal(twin.picture(5), split.picture(5))
    assert np.array_equal(twin.labels, split.labels)


def test_a_sample_follows_the_seed_keeps_the_order_and_is_at_most_the_whole() -> None:
    whole = open_source("digits").split("test")
    drawn = whole.sample(50, 3)
    assert len(drawn) == 50
    assert (np.diff(drawn.rows) > 0).all()
    assert (whole.sample(50, 3).rows == drawn.rows).all()
    assert (whole.sample(50, 4).rows != drawn.rows).any()
    assert (drawn.labels == whole.labels[np.isin(whole.rows, drawn.rows)]).all()
    assert len(whole.sample(0, 3)) == len(whole.sample(10**6, 3)) == len(whole)
