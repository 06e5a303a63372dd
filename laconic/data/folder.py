"""Folders of picture files: one sub-folder a class; `_unknown` holds pictures of none of the classes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from laconic.data.holdout import HOLD_OUT, content_key, divide
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError, Split
from laconic.data.tables import TEST_NAMES, with_test

UNKNOWN = "_unknown"
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".bmp", ".dib", ".gif", ".webp"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif"),
)


@dataclass(frozen=True)
class _Listing:
    """The picture files of the class folders below a root, and what else lay there."""

    files: tuple[str, ...]
    relative: tuple[str, ...]  # the same, below the root
    classes: tuple[str, ...]  # of each file
    unknown: tuple[str, ...]
    names: tuple[str, ...]  # of all class folders, also the empty ones
    skipped: int


def picture_files(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> tuple[list[Path], int]:
    """The picture files below a folder, or those of other suffixes, sorted; and how many other (or hidden) files."""
    paths = sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names)
    pictures = [path for path in paths if path.suffix.lower() in suffixes and not path.name.startswith(".")]
    return pictures, len(paths) - len(pictures)


def open_folder(spec: Spec) -> Source:
    """Open `folder:PATH?split=&group=&event=&node=`: PATH/CLASS/*.jpg, or PATH/{train,test}/CLASS/*.jpg.

    PATH/*.jpg without sub-folders are pictures without labels. Without a test folder, a fixed part is held out by a
    hash of the files' names.

    `group` and `event` are regular expressions: pictures belong together where they find the same in the pictures'
    paths below CLASS. So `group=.*/` takes each folder for a burst, `group=cam[0-9]*` each camera, by the files' names.
    `node` is one, too: what it finds is the name of the sensor.

    Raises:
        SourceError: no such folder, no pictures, classes beside `train`, test classes that train has not, or a
            pattern that is none or that finds nothing in some path.
    """
    spec.allow("split", "group", "event", "node")
    root = Path(spec.where)
    if not root.is_dir():
        raise SourceError(f"{spec.text}: {root} is no folder; wanted one sub-folder of pictures for each class")
    folders = _folders(root)
    divisions = [name for name in folders if name == "train" or name in TEST_NAMES]
    if 0 < len(divisions) < len(folders):
        others = ", ".join(name for name in folders if name not in divisions)
        raise SourceError(f"{spec.text}: {others} beside {', '.join(divisions)}: wanted either classes or splits")
    listings = {name: _listing(root / name) for name in divisions}
    listings = listings or {"train": _listing(root) if folders else _unlabelled(root)}
    names = listings.get("train", next(iter(listings.values()))).names
    groups, events = _numbered(spec, "group", listings), _numbered(spec, "event", listings)
    nodes = {name: np.array(texts) for name, texts in _found(spec, "node", listings).items()}
    splits = {
        name: replace(
            _split(spec, name, listing, names),
            groups=groups.get(name),
            events=events.get(name),
            nodes=nodes.get(name),
        )
        for name, listing in listings.items()
    }
    test = spec.options.get("split")
    if list(splits) == ["train"] and test != "train":
        splits = _divided(splits["train"], listings["train"])
    skipped = sum(listing.skipped for listing in listings.values())
    return Source(spec.text, names, with_test(spec.text, splits, test), skipped)


def _divided(whole: Split, listing: _Listing) -> dict[str, Split]:
    unknown_names = tuple(Path(path).name for path in listing.unknown)
    none = np.zeros(len(unknown_names), np.int64)
    sides = divide(whole.labels, whole.together, HOLD_OUT, _keys(listing.relative))
    unknown_sides = divide(none, None, HOLD_OUT, _keys(unknown_names))
    splits = {}
    for name, rows, others in zip(("train", "test"), sides, unknown_sides, strict=True):
        unknown = tuple(listing.unknown[i] for i in others)
        splits[name] = replace(whole.subset(rows, name), unknown=unknown)
    return splits


def _split(spec: Spec, name: str, listing: _Listing, names: tuple[str, ...]) -> Split:
    if not listing.files:
        raise SourceError(f"{spec.text}: {name} has no pictures; {listing.skipped} other files were skipped")
    foreign = sorted(set(listing.classes) - set(names))
    if names and foreign:
        raise SourceError(f"{spec.text}: {name} has classes that train has not: {', '.join(foreign[:5])}")
    labels = np.array([names.index(c) if names else 0 for c in listing.classes], np.int64)
    return Split(name, listing.files, np.arange(len(labels)), labels, unknown=listing.unknown)


def _numbered(spec: Spec, option: str, listings: dict[str, _Listing]) -> dict[str, Int64[np.ndarray, " n"]]:
    """What an option's pattern finds in each path, numbered over all splits; nothing where it was not given."""
    found = _found(spec, option, listings)
    numbers = {text: number for number, text in enumerate(sorted(set().union(*found.values())))}
    return {name: np.array([numbers[text] for text in texts], np.int64) for name, texts in found.items()}


def _found(spec: Spec, option: str, listings: dict[str, _Listing]) -> dict[str, list[str]]:
    if option not in spec.options:
        return {}
    try:
        pattern = re.compile(spec.options[option])
    except re.error as error:
        raise SourceError(f"{spec.text}: {option}={spec.options[option]} is no regular expression: {error}") from None
    found: dict[str, list[str]] = {}
    for name, listing in listings.items():
        below = [path.partition("/")[2] if listing.names else path for path in listing.relative]
        matches = [pattern.search(path) for path in below]
        if None in matches:
            raise SourceError(f"{spec.text}: {option}={pattern.pattern} finds nothing in {below[matches.index(None)]}")
        found[name] = [match[0] for match in matches if match is not None]
    return found


def _listing(root: Path) -> _Listing:
    files, classes, unknown, names = [], [], [], []
    skipped = sum(path.is_file() for path in root.iterdir())
    for name in _folders(root):
        pictures, others = picture_files(root / name)
        skipped += others
        if name == UNKNOWN:
            unknown = pictures
            continue
        names.append(name)
        files += pictures
        classes += [name] * len(pictures)
    relative = tuple(path.relative_to(root).as_posix() for path in files)
    return _Listing(tuple(map(str, files)), relative, tuple(classes), tuple(map(str, unknown)), tuple(names), skipped)


def _unlabelled(root: Path) -> _Listing:
    """The pictures that lie in a folder without sub-folders: they have no classes."""
    pictures, others = picture_files(root)
    names = tuple(path.name for path in pictures)
    return _Listing(tuple(map(str, pictures)), names, ("",) * len(pictures), (), (), others)


def _folders(root: Path) -> list[str]:
    names = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    strange = [name for name in names if name.startswith("_") and name != UNKNOWN]
    if strange:
        raise SourceError(f"{root / strange[0]}: a name with a leading underscore is no class; wanted {UNKNOWN}")
    return names


def _keys(names: tuple[str, ...]) -> np.ndarray:
    return np.array([content_key(name.encode("utf-8", "surrogateescape")) for name in names], np.uint64)
