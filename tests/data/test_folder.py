"""Folders of picture files: one sub-folder a class, negatives apart, other files counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laconic.data import Preprocessing, SourceError, load, open_source, read_pictures
from laconic.data.folder import picture_files

Make = Callable[..., Path]


def names(pictures: object) -> set[str]:
    return {str(path).rsplit("/", 2)[-2] + "/" + Path(str(path)).name for path in pictures}


def test_a_folder_a_class_and_a_fixed_part_held_out(picture_folder: Make):
    root = picture_folder("pets", dog=10, cat=20)
    source = open_source(f"folder:{root}")
    source.check()
    assert source.class_names == ("cat", "dog")
    train, test = source.split("train"), source.split("test")
    assert np.bincount(test.labels).tolist() == [4, 2]
    assert np.bincount(train.labels).tolist() == [16, 8]
    for split in (train, test):
        for row in range(len(split)):
            assert Path(str(split.picture(row))).parent.name == source.class_names[split.labels[row]]
    assert load(train, Preprocessing(8, 8)).images.shape == (24, 8, 8, 3)


def test_the_held_out_part_does_not_depend_on_the_place(picture_folder: Make, tmp_path: Path):
    root = picture_folder("pets", cat=20, dog=20, _unknown=10)
    shutil.copytree(root, tmp_path / "elsewhere" / "pets")
    here, there = open_source(f"folder:{root}"), open_source(f"folder:{tmp_path}/elsewhere/pets")
    for name in ("train", "test"):
        one, other = here.split(name), there.split(name)
        assert one.fingerprint == other.fingerprint
        assert names(one.unknown) == names(other.unknown)


def test_most_pictures_keep_their_side_when_others_come(picture_folder: Make):
    root = picture_folder("pets", cat=50, dog=50)
    test = open_source(f"folder:{root}").split("test")
    before = {test.picture(i) for i in range(len(test))}
    picture_folder("pets", cat=55, dog=55)
    test = open_source(f"folder:{root}").split("test")
    assert len(before - {test.picture(i) for i in range(len(test))}) <= 3


def test_unknown_holds_negatives_not_a_class(picture_folder: Make):
    source = open_source(f"folder:{picture_folder('pets', cat=5, dog=5, _unknown=10)}")
    assert source.class_names == ("cat", "dog")
    train, test = source.split("train"), source.split("test")
    assert (len(train.unknown), len(test.unknown)) == (8, 2)
    assert not set(train.unknown) & set(test.unknown)
    assert read_pictures(train.unknown, Preprocessing(4, 4)).images.shape == (8, 4, 4, 3)


def test_train_and_test_folders(picture_folder: Make):
    root = picture_folder("pets/train", cat=3, dog=2, _unknown=1).parent
    picture_folder("pets/test", dog=4, _unknown=2)
    source = open_source(f"folder:{root}")
    source.check()
    assert source.class_names == ("cat", "dog")
    assert source.split("test").labels.tolist() == [1] * 4
    assert len(source.split("train").unknown) == 1
    assert len(source.split("test").unknown) == 2
    picture_folder("pets/val", cat=1)
    assert len(open_source(f"folder:{root}?split=val").split("test")) == 1


def test_train_alone_is_divided(picture_folder: Make):
    root = picture_folder("pets/train", cat=10, dog=10, _unknown=5).parent
    source = open_source(f"folder:{root}")
    train, test = source.split("train"), source.split("test")
    assert (len(train), len(test)) == (16, 4)
    assert (len(train.unknown), len(test.unknown)) == (4, 1)
    assert open_source(f"folder:{root}/train").split("test").fingerprint == test.fingerprint


def test_split_train_is_the_whole_folder(picture_folder: Make):
    source = open_source(f"folder:{picture_folder('pets', cat=3, dog=3, _unknown=2)}?split=train")
    assert len(source.split("test")) == 6
    assert len(source.split("test").unknown) == 2


def test_other_files_are_counted_and_nested_pictures_found(picture_folder: Make):
    root = picture_folder("pets", cat=2, dog=2)
    (root / "README.md").write_text("pets")
    (root / "cat" / "labels.csv").write_text("a,b")
    (root / "cat" / "._0.png").write_bytes(b"")
    (root / ".git").mkdir()
    (root / "dog" / "deeper").mkdir()
    shutil.copy(root / "dog" / "0.png", root / "dog" / "deeper" / "9.JPG")
    source = open_source(f"folder:{root}")
    assert source.skipped == 3
    assert len(source.split("train")) + len(source.split("test")) == 5
    assert source.class_names == ("cat", "dog")


def test_picture_files_are_sorted_and_the_rest_counted(picture_folder: Make):
    root = picture_folder("pets", b=2, a=1)
    (root / "note.txt").touch()
    files, skipped = picture_files(root)
    assert [path.relative_to(root).as_posix() for path in files] == ["a/0.png", "b/0.png", "b/1.png"]
    assert skipped == 1


def test_folders_that_are_no_source(picture_folder: Make, tmp_path: Path):
    with pytest.raises(SourceError, match=r"gone is no folder; wanted one sub-folder of pictures for each class"):
        open_source(f"folder:{tmp_path}/gone")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").touch()
    with pytest.raises(SourceError, match="train has no pictures; 1 other files were skipped"):
        open_source(f"folder:{tmp_path}/empty")
    root = picture_folder("mixed", train=1, cat=1)
    with pytest.raises(SourceError, match="cat beside train: wanted either classes or splits"):
        open_source(f"folder:{root}")
    root = picture_folder("typo", cat=1, dog=1, _unkown=1)
    with pytest.raises(SourceError, match="_unkown: a name with a leading underscore is no class; wanted _unknown"):
        open_source(f"folder:{root}")


def test_classes_without_pictures_or_unknown_to_train(picture_folder: Make):
    root = picture_folder("gap", cat=5, dog=0)
    with pytest.raises(SourceError, match="1 of 2 classes have no picture to learn from: 'dog'"):
        open_source(f"folder:{root}").check()
    root = picture_folder("new/train", cat=1, dog=1).parent
    picture_folder("new/test", owl=1)
    with pytest.raises(SourceError, match="test has classes that train has not: owl"):
        open_source(f"folder:{root}")
    with pytest.raises(SourceError, match="has one class, 'cat'"):
        open_source(f"folder:{picture_folder('one', cat=5)}").check()


def test_bursts_stay_on_one_side_and_patterns_number_them_over_all_classes(tmp_path: Path):
    for name in [f"{kind}/burst{i}/cam{c}-{kind}.png" for kind in ("deer", "fox") for i in range(12) for c in range(3)]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), len(name)).save(path)
    source = open_source(f"folder:{tmp_path}?group=.*/&event=cam[0-9]")
    train, test = source.split("train"), source.split("test")
    assert not np.intersect1d(train.groups, test.groups).size
    assert np.unique(np.concatenate([train.groups, test.groups])).tolist() == list(range(12))
    assert set(train.events.tolist()) == {0, 1, 2}
    row = int(np.flatnonzero(train.groups == train.groups[0])[0])
    assert Path(str(train.picture(row))).parent.name == Path(str(train.picture(0))).parent.name


def test_an_event_stays_on_one_side_and_its_pictures_know_their_sensors(tmp_path: Path):
    for i, side in [(i, side) for i in range(30) for side in ("north", "south")]:
        path = tmp_path / ("deer", "fox")[i % 2] / f"e{i}-{side}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4), 2 * i + (side == "south")).save(path)
    source = open_source(f"folder:{tmp_path}?event=e[0-9]*&node=north|south")
    train, test = source.split("train"), source.split("test")
    assert len(test) > 0
    for split in (train, test):
        assert split.events is not None
        assert split.nodes is not None
        assert np.array_equal(split.together, split.events)
        assert set(np.unique(split.events, return_counts=True)[1].tolist()) == {2}
        assert [f"-{node}.png" in str(split.picture(row)) for row, node in enumerate(split.nodes)] == [True] * len(
            split
        )


@pytest.mark.parametrize(
    ("option", "text"),
    [("group=(", "group=\\( is no regular expression"), ("event=night", "event=night finds nothing in 0.png")],
)
def test_patterns_that_group_nothing(tmp_path: Path, option: str, text: str):
    for name in ("deer", "fox"):
        (tmp_path / "site" / name).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / "site" / name / "0.png")
    with pytest.raises(SourceError, match=text):
        open_source(f"folder:{tmp_path / 'site'}?{option}")
