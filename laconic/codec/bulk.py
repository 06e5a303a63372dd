"""Many pictures at once: inputs named on the command line to a `.lac` file, and a `.lac` file to a table."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from laconic.codec.codec import Codec
from laconic.contract import LaconicError, Meaning, Symbols
from laconic.data import AnyPreprocessing, Loaded, Split, TextPreprocessing, load, open_source, read_pictures
from laconic.data import text as texts
from laconic.data.folder import SUFFIXES, picture_files
from laconic.data.loading import check_kind
from laconic.extras import need
from laconic.language.stream import Messages, read_messages, write_atomically, write_lac

CHUNK = 1024  # pictures in memory at once
TABLES = (".parquet", ".csv", ".jsonl")
COLUMNS = ("row", "kind", "name", "label", "confidence", "word", "probabilities")


class InputError(LaconicError):
    """Something that can't be encoded, or a place where nothing can be written."""


@dataclass(frozen=True)
class Encoded:
    """What was encoded: how many pictures, into how many bytes, and which could not be read and why.

    `sent` of the pictures went as pictures, in `sent_bytes` bytes; `bits_mean` is of those that were said (0 if none
    was). `others` are the files in folders that don't call themselves pictures; they were not tried.
    """

    n: int
    n_bytes: int
    bits_mean: float
    sent: int
    sent_bytes: int
    failures: tuple[str, ...]
    others: int


@dataclass(frozen=True)
class _Input:
    """One input: how many pictures it has, how those from `start` to `stop` are read, how failures are named."""

    n: int
    read: Callable[[int, int], Loaded]
    name: str = ""
    others: int = 0


def encode_inputs(codec: Codec, inputs: Sequence[str], out: Path, progress: bool = False) -> Encoded:
    """Say the pictures of `inputs` (files, folders, SOURCEs; in this order) in one `.lac` file.

    Unreadable pictures are left out and named; if all are, nothing is written.

    Raises:
        InputError: an input is nothing that can be encoded, no picture could be read, or `out` is no place for a
            file.
        StreamError: the file can't be written; what was there stays.
    """
    check_place(out)
    opened = [_opened(item, codec.preprocessing) for item in inputs]
    noun = codec.preprocessing.noun
    parts: list[Messages] = []
    failures: list[str] = []
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    with tqdm(total=sum(each.n for each in opened), unit=f" {noun}s", disable=not progress, leave=False) as bar:
        for loaded, named in _read(opened):
            failures += named
            parts.append(codec.messages(loaded.images))
            bar.update(len(loaded.images) + len(named))
    if not any(map(len, parts)):
        raise InputError("; ".join([f"none of {len(failures)} {noun}s could be read, nothing written", *failures[:1]]))
    messages = joined(parts)
    symbols, sent = messages.symbols, messages.sent
    write_lac(out, codec.said.language, symbols, codec.fingerprint, sent)
    bits = codec.said.language.bits(symbols)
    others = sum(each.others for each in opened)
    mean, n_bytes = float(bits.mean()) if len(bits) else 0.0, out.stat().st_size
    sent_bytes = sum(map(len, sent.values()))
    return Encoded(len(messages), n_bytes, mean, len(sent), sent_bytes, tuple(failures), others)


def joined(parts: Sequence[Messages]) -> Messages:
    """Messages one after another."""
    units, levels = (np.concatenate([getattr(part.symbols, of) for part in parts]) for of in ("units", "levels"))
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    sent = {
        start + row: payload for start, part in zip(starts, parts, strict=False) for row, payload in part.sent.items()
    }
    return Messages(Symbols(units, levels), sent)


def check_place(out: Path) -> None:
    """Refuse a file name under which no file can stand, before any work is done for it.

    Raises:
        InputError: its folder doesn't exist, or something that is no file (a folder, a device) has this name.
    """
    if not out.parent.is_dir():
        raise InputError(f"can't write {out}: there is no folder {out.parent}; make it first")
    if out.exists() and not out.is_file():
        raise InputError(f"can't write {out}: it is there and is no file; choose another name")


def decode_file(codec: Codec, file: Path) -> list[Meaning]:
    """The meanings of a `.lac` file's pictures, in the order in which they were encoded.

    Raises:
        StreamError: the file is damaged, foreign or of another version.
        PacketError: a sent picture in it is none.
    """
    return codec.understand(read_messages(file, codec.said.language, codec.fingerprint))


def write_table(meanings: Sequence[Meaning], out: Path) -> None:
    """Meanings as a .parquet, .csv (without probabilities) or .jsonl table, a row each, in their order.

    Raises:
        InputError: another ending, or no place for a file.
        StreamError: the file can't be written; what was there stays.
    """
    check_place(out)
    write = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}.get(out.suffix.lower())
    if write is None:
        raise InputError(f"a table ends in one of {', '.join(TABLES)}; {out} does not")
    rows = [
        {
            "row": row,
            "kind": meaning.kind.name.lower(),
            "name": meaning.name.encode("utf-8", "backslashreplace").decode(),  # a folder's may be no UTF-8
            "label": meaning.label,
            "confidence": meaning.confidence,
            "word": meaning.word,
            "probabilities": meaning.probabilities.tolist(),
        }
        for row, meaning in enumerate(meanings)
    ]
    write_atomically(out, write(rows))


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS[:-1], extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    pa, parquet = need("pyarrow", "data"), need("pyarrow.parquet", "data")
    types = (pa.int64(), pa.string(), pa.string(), pa.int64(), pa.float64(), pa.string(), pa.list_(pa.float64()))
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, pa.schema(list(zip(COLUMNS, types, strict=True)))), buffer)
    return buffer.getvalue()


def _opened(item: str, preprocessing: AnyPreprocessing) -> _Input:
    """What an input is: a built-in source, a folder, a file, or a source at some place."""
    if item.partition("?")[0] in ("digits", "site", "remarks"):
        return _source(item, preprocessing)
    if Path(item).is_dir():
        suffixes = texts.SUFFIXES if isinstance(preprocessing, TextPreprocessing) else SUFFIXES
        files, others = picture_files(Path(item), suffixes)
        if not files:
            raise InputError(f"{item}: there is no {preprocessing.noun} in this folder ({others} other files)")
        return _files(files, others, preprocessing)
    if Path(item).exists():
        return _files([Path(item)], 0, preprocessing)
    if ":" not in item:
        raise InputError(f"{item}: no such file or folder, and no SOURCE (digits, parquet:FOLDER, ...)")
    return _source(item, preprocessing)


def _files(files: list[Path], others: int, preprocessing: AnyPreprocessing) -> _Input:
    def read(start: int, stop: int) -> Loaded:
        return read_pictures(files[start:stop], preprocessing)

    return _Input(len(files), read, others=others)


def _source(spec: str, preprocessing: AnyPreprocessing) -> _Input:
    split: Split = open_source(spec).split("test")
    check_kind(split, preprocessing)

    def read(start: int, stop: int) -> Loaded:
        return load(split.subset(np.arange(start, min(stop, len(split)))), preprocessing, max_unreadable=1.0)

    return _Input(len(split), read, spec)


def _read(inputs: list[_Input]) -> Iterator[tuple[Loaded, list[str]]]:
    """Pictures, CHUNK at a time, and the failures among them, named."""
    for each in inputs:
        for start in range(0, each.n, CHUNK):
            loaded = each.read(start, start + CHUNK)
            rows = [(start + failure.row, failure.reason) for failure in loaded.failures]
            yield loaded, [f"{each.name} row {row}: {reason}" if each.name else reason for row, reason in rows]
