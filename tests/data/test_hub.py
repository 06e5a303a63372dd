"""Hub data sets, offline: local folders that `datasets` loads, and its errors."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from laconic.data import Preprocessing, SourceError, load, open_source

Write = Callable[..., Path]
Cells = Callable[..., list[dict[str, Any]]]

FEATURES = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def pets(tmp_path: Path, write_parquet: Write, cells: Cells) -> Path:
    root = tmp_path / "pets"
    columns = {"image": cells(20), "label": [0, 1] * 10, "burst": [i // 2 for i in range(20)]}
    write_parquet(root / "data/train-00000-of-00001.parquet", columns, FEATURES)
    columns = {"image": cells(6, 20), "label": [1, 0] * 3, "burst": [100 + i // 2 for i in range(6)]}
    write_parquet(root / "data/test-00000-of-00001.parquet", columns, FEATURES)
    return root


def test_a_data_set_opens_with_its_class_names(pets: Path, cells: Cells):
    source = open_source(f"hub:{pets}?group=burst")
    source.check()
    assert source.class_names == ("cat", "dog")
    assert source.split("test").labels.tolist() == [1, 0] * 3
    train = source.split("train")
    assert train.groups is not None
    assert train.groups.tolist() == [i // 2 for i in range(20)]
    loaded = load(train, Preprocessing(32, 32))
    assert np.array_equal(loaded.images, Preprocessing(32, 32).batch([c["bytes"] for c in cells(20)]))


def test_it_is_the_same_data_as_its_parquet_files(pets: Path):
    hub, parquet = open_source(f"hub:{pets}"), open_source(f"parquet:{pets}")
    for name in ("train", "test"):
        assert hub.split(name).fingerprint == parquet.split(name).fingerprint


def test_it_travels_to_worker_processes(pets: Path):
    split = open_source(f"hub:{pets}").split("test")
    twin = pickle.loads(pickle.dumps(split))
    assert twin.picture(3) == split.picture(3)


def test_one_split_is_divided(pets: Path):
    for path in (pets / "data").glob("test*"):
        path.unlink()
    source = open_source(f"hub:{pets}")
    source.check()
    assert (len(source.split("train")), len(source.split("test"))) == (16, 4)


def test_columns_that_cannot_be_told_are_listed(pets: Path):
    with pytest.raises(SourceError, match=r"has no column 'img' \(image=\); columns: image \(Image\), label"):
        open_source(f"hub:{pets}?image=img")


def test_the_configuration_is_handed_on(monkeypatch: pytest.MonkeyPatch, pets: Path):
    asked = []
    real = datasets.load_dataset

    def fake(name: str, config: str | None) -> Any:
        asked.append((name, config))
        return real(str(pets))

    monkeypatch.setattr(datasets, "load_dataset", fake)
    assert len(open_source("hub:someone/pets?config=small").split("train")) == 20
    assert asked == [("someone/pets", "small")]


@pytest.mark.parametrize("error", [ConnectionError("no route"), ValueError("odd"), RuntimeError("scripts")])
def test_whatever_goes_wrong_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception):
    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", fail)
    match = rf"hub:a/b: cannot be loaded from the Hub \({type(error).__name__}: {error}\)"
    with pytest.raises(SourceError, match=match):
        open_source("hub:a/b")


def test_a_name_that_does_not_exist(tmp_path: Path):
    with pytest.raises(SourceError, match="cannot be loaded from the Hub"):
        open_source(f"hub:{tmp_path}/gone")
