"""Tables with a picture column become a Source: labels checked, classes named, groups and events numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from laconic.data.columns import Columns
from laconic.data.decoding import Picture, PictureError
from laconic.data.holdout import HOLD_OUT, content_key, divide
from laconic.data.split import Pictures, Source, SourceError, Split
from laconic.data.text import Text
from laconic.extras import need

TEST_NAMES = ("test", "validation", "valid", "val", "dev")
MAX_CLASSES = 100_000

# Enough of a picture to divide by: its length, its first and its last bytes.
_KEY_BYTES = 2048


@dataclass(frozen=True)
class Table:
    """One split as its files have it: pictures, and an Arrow table of the other columns in use."""

    pictures: Pictures
    side: Any


def source_from_tables(text: str, tables: Mapping[str, Table], columns: Columns, test: str | None) -> Source:
    """Check and number the side columns, and name the test split, or hold one out.

    Raises:
        SourceError: null, negative or unknown labels, nulls in groups, events or nodes, or no split to train or test
            on.
    """
    sides = {name: table.side for name, table in tables.items()}
    class_names, labels = _labels(text, sides, columns)
    groups = _numbered(text, sides, columns.group)
    events = _numbered(text, sides, columns.event)
    splits = {
        name: Split(
            name,
            table.pictures,
            np.arange(len(labels[name])),
            labels[name],
            groups[name],
            events[name],
            nodes=None if columns.node is None else _values(text, name, table.side, columns.node).astype(str),
        )
        for name, table in tables.items()
    }
    return Source(text, class_names, with_test(text, splits, test))


def with_test(text: str, splits: Mapping[str, Split], test: str | None) -> dict[str, Split]:
    """The splits with one called `test`: the one asked for, one that is usual, or a fixed part of `train`.

    Raises:
        SourceError: the split asked for does not exist, or nothing can be divided.
    """
    if test not in (None, "test") or "test" in splits:
        if (test or "test") not in splits:
            raise SourceError(f"{text} has no split {test!r}; it has {', '.join(sorted(splits))}")
        return {**splits, "test": splits[test or "test"]}
    usual = next((name for name in TEST_NAMES if name in splits), None)
    if usual is not None:
        return {**splits, "test": splits[usual]}
    if "train" not in splits:
        raise SourceError(f"{text} has neither train nor test, but {', '.join(sorted(splits)) or 'nothing'}")
    train, held = divided(splits["train"])
    return {**splits, "train": train, "test": held}


def divided(split: Split) -> tuple[Split, Split]:
    """A split in two, by a hash of its pictures: the same each time, and equal pictures on one side."""
    contents = (split.stored_bytes(row) for row in range(len(split)))
    hashes = (content_key(b"%d:" % len(c) + c[:_KEY_BYTES] + c[-_KEY_BYTES:]) for c in contents)
    keys = np.fromiter(hashes, np.uint64, len(split))
    groups = np.unique(keys, return_inverse=True)[1] if split.together is None else split.together
    train, held = divide(split.labels, groups, HOLD_OUT, keys)
    return split.subset(train, "train"), split.subset(held, "test")


def picture_of(value: Any, folder: Path) -> Picture:
    """The picture in a table's cell: bytes, or a struct of bytes and path whose path lies in `folder`.

    Raises:
        PictureError: the cell is empty.
    """
    if isinstance(value, dict):
        if value.get("bytes") is None and value.get("path"):
            return folder / str(value["path"])
        value = value.get("bytes")
    if isinstance(value, bytes):
        return value
    raise PictureError("the table has neither bytes nor a path for this picture")


def text_of(value: Any) -> Text:
    """The text in a table's cell; an empty cell is an empty text, which is refused where it is read."""
    return Text("" if value is None else str(value))


def _labels(text: str, sides: Mapping[str, Any], columns: Columns) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    if columns.label is None:
        return (), {name: np.zeros(side.num_rows, np.int64) for name, side in sides.items()}
    raw = {name: _values(text, name, side, columns.label) for name, side in sides.items()}
    if len({values.dtype.kind in "iu" for values in raw.values()}) > 1:
        raise SourceError(f"{text}: column {columns.label!r} holds numbers in one split and text in another")
    known = raw.get("train", np.concatenate(list(raw.values())))
    if known.dtype.kind not in "iu":
        return _named(text, raw, tuple(sorted(set(known.tolist()))))
    top = max((int(values.max()) for values in raw.values() if len(values)), default=-1)
    class_names = columns.class_names or tuple(str(i) for i in range(min(top + 1, MAX_CLASSES)))
    for name, values in raw.items():
        wrong = np.flatnonzero((values < 0) | (values >= len(class_names)))
        if len(wrong):
            raise SourceError(
                f"{text}: row {wrong[0]} of {name} has the label {values[wrong[0]]}; wanted 0 to "
                f"{len(class_names) - 1} ({len(wrong)} rows are outside; negative often means unlabelled)"
            )
    return class_names, {name: values.astype(np.int64) for name, values in raw.items()}


def _named(
    text: str, raw: Mapping[str, np.ndarray], class_names: tuple[Any, ...]
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    number = {name: i for i, name in enumerate(class_names)}
    for name, values in raw.items():
        foreign = sorted({str(value) for value in values.tolist() if value not in number})
        if foreign:
            raise SourceError(f"{text}: {name} has classes that train has not: {', '.join(foreign[:5])}")
    labels = {name: np.array([number[value] for value in values.tolist()], np.int64) for name, values in raw.items()}
    return tuple(map(str, class_names)), labels


def _numbered(text: str, sides: Mapping[str, Any], column: str | None) -> dict[str, np.ndarray | None]:
    """A column's distinct values numbered over all splits, so that a number means the same in each."""
    if column is None:
        return dict.fromkeys(sides)
    values = {name: _values(text, name, side, column) for name, side in sides.items()}
    _, numbers = np.unique(np.concatenate(list(values.values())), return_inverse=True)
    ends = np.cumsum([len(v) for v in values.values()])[:-1]
    return dict(zip(values, np.split(numbers.astype(np.int64), ends), strict=True))


def _values(text: str, name: str, side: Any, column: str) -> np.ndarray:
    """A column as integers or as an object array of strings (or truths)."""
    values = side.column(column)
    if values.null_count:
        raise SourceError(f"{text}: column {column!r} of {name} is null in {values.null_count} of {len(values)} rows")
    types = need("pyarrow", "data").types
    if types.is_integer(values.type):
        return np.asarray(values.to_numpy())
    if types.is_floating(values.type) or types.is_nested(values.type):
        raise SourceError(f"{text}: column {column!r} is {values.type}; wanted whole numbers or text")
    return np.array(values.to_pylist(), dtype=object)
