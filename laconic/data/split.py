"""A Source of labelled pictures, or texts, and its Splits, wherever they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, Shaped

from laconic.contract import LaconicError
from laconic.data.decoding import ItemError, Picture
from laconic.data.text import Text

# How many pictures of a split its fingerprint reads.
FINGERPRINT_PICTURES = 100


class SourceError(LaconicError):
    """A source of pictures that cannot be opened, or cannot be used for what was asked."""


@runtime_checkable
class Pictures(Protocol):
    """Where pictures lie, by number: a cheap `[i]`, and small when pickled to worker processes."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Picture: ...


@dataclass(frozen=True)
class Split:
    """Some labelled pictures, or texts: row i is `picture(i)` of class `labels[i]`.

    Rows with the same `groups` number belong together (a burst, an individual, a place), rows with the same
    `events` number show one event to several sensors. Numbers are those of the whole source, alike in all of
    its splits. `nodes` are the names of the sensors.
    """

    name: str
    pictures: Pictures
    rows: Int64[np.ndarray, " n"]  # the number in `pictures` of each row
    labels: Int64[np.ndarray, " n"]
    groups: Int64[np.ndarray, " n"] | None = None
    events: Int64[np.ndarray, " n"] | None = None
    unknown: tuple[Picture, ...] = ()  # pictures of none of the classes
    nodes: Shaped[np.ndarray, " n"] | None = None  # text: the sensor that took each

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def together(self) -> Int64[np.ndarray, " n"] | None:
        """Rows of one number depend on each other: of one group or, where no groups are known, of one event."""
        return self.events if self.groups is None else self.groups

    def picture(self, row: int) -> Picture:
        """The picture of a row, as `Preprocessing.apply` takes it: a path, bytes, or an array; or its `Text`."""
        return self.pictures[int(self.rows[row])]

    @property
    def holds_texts(self) -> bool:
        """Whether its items are texts, and not pictures."""
        try:
            return len(self) > 0 and isinstance(self.picture(0), Text)
        except ItemError:
            return False

    def stored_bytes(self, row: int) -> bytes:
        """What is stored of a picture: its file's bytes, or an array's shape and pixels; none if lost."""
        try:
            picture = self.picture(row)
            if isinstance(picture, Text):
                return picture.encode("utf-8", "surrogatepass")
            if isinstance(picture, np.ndarray):
                return repr(picture.shape).encode() + picture.tobytes()
            return picture if isinstance(picture, bytes) else Path(str(picture)).read_bytes()
        except (ItemError, OSError):
            return b""

    def subset(self, rows: Int64[np.ndarray, " m"], name: str = "") -> Split:
        """Some rows, in the order given; `unknown` pictures stay with the whole."""
        groups = None if self.groups is None else self.groups[rows]
        events = None if self.events is None else self.events[rows]
        nodes = None if self.nodes is None else self.nodes[rows]
        name = name or self.name
        return Split(name, self.pictures, self.rows[rows], self.labels[rows], groups, events, nodes=nodes)

    def sample(self, n: int, seed: int) -> Split:
        """`n` rows drawn by the seed, in the order in which they stand; the whole for 0 and where there are no more."""
        if not 0 < n < len(self):
            return self
        return self.subset(np.sort(np.random.default_rng(seed).permutation(len(self))[:n]))

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this data from other data, wherever it lies.

        A BLAKE2b hash over all labels and over the bytes (files as stored, arrays with their shapes) of up to
        100 pictures evenly spaced over the rows; a picture that cannot be read counts as empty.
        """
        digest = hashlib.blake2b(self.labels.astype("<i8").tobytes(), digest_size=8)
        for row in np.unique(np.linspace(0, len(self) - 1, min(len(self), FINGERPRINT_PICTURES)).astype(int)):
            content = self.stored_bytes(int(row))
            digest.update(len(content).to_bytes(8, "little") + content)
        return digest.hexdigest()


@dataclass(frozen=True)
class Source:
    """A named set of pictures and its splits: training uses `train`, evaluation `test`.

    Without labels there are no `class_names`, and all labels are 0.
    """

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[str, Split]
    skipped: int = 0  # files that were no pictures

    def split(self, name: str) -> Split:
        """The split `train`, `test`, or one of the source's own by its name.

        Raises:
            SourceError: there is none of this name.
        """
        if name not in self.splits:
            raise SourceError(f"{self.name} has no split {name!r}; it has {', '.join(sorted(self.splits))}")
        return self.splits[name]

    @property
    def labelled(self) -> bool:
        """Whether its pictures have classes."""
        return bool(self.class_names)

    def check(self) -> None:
        """Refuse what cannot be trained and tested on.

        Raises:
            SourceError: an empty split, fewer than two classes, a class without a picture to learn from, or a
                group on both sides.
        """
        train, test = self.split("train"), self.split("test")
        if train is test:
            raise SourceError(f"{self.name}: train is the test split, too; nothing is held out to test on")
        for split in (train, test):
            if len(split) == 0:
                raise SourceError(f"{self.name}: the split {split.name!r} has no pictures")
        _check_groups(self.name, train, test)
        if not self.labelled:
            return
        if len(self.class_names) < 2:
            raise SourceError(f"{self.name} has one class, {self.class_names[0]!r}; wanted two or more")
        missing = np.setdiff1d(np.arange(len(self.class_names)), train.labels)
        if len(missing):
            names = ", ".join(repr(self.class_names[c]) for c in missing[:5])
            names += ", ..." if len(missing) > 5 else ""
            count = f"{len(missing)} of {len(self.class_names)} classes have"
            raise SourceError(f"{self.name}: {count} no picture to learn from: {names}")


def _check_groups(name: str, train: Split, test: Split) -> None:
    if train.groups is None or test.groups is None:
        return
    shared = np.intersect1d(train.groups, test.groups)
    if len(shared):
        rows = int(np.isin(test.groups, shared).sum())
        raise SourceError(
            f"{name}: {len(shared)} groups stand in train and test ({rows} of {len(test)} test pictures), "
            "which would flatter; leave out group=, or leave out the test file and let laconic divide"
        )
