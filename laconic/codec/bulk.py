"""Many pictures at once: inputs named on the command line to a `.lac` file, and a `.lac` file to a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from laconic.codec.codec import Codec
from laconic.contract import LaconicError, Meaning, Symbols
from laconic.data import Split, open_source, read_pictures
from laconic.data.decoding import Picture
from laconic.extras import need
from laconic.language.stream import read_lac, write_lac

CHUNK = 1024  # pictures in memory at once
TABLES = (".parquet", ".csv", ".jsonl")


class InputError(LaconicError):
    """Something to encode that is neither a picture, nor a folder of pictures, nor a source."""


@dataclass(frozen=True)
class Encoded:
    """What was encoded: how many pictures, into how many bytes, and what could not be read."""

    n: int
    n_bytes: int
    bits_mean: float
    failures: tuple[tuple[str, str], ...]


def encode_inputs(codec: Codec, inputs: Sequence[str], out: Path) -> Encoded:
    """Say the pictures of `inputs` (files, folders, SOURCEs; in this order) in one `.lac` file.

    Unreadable pictures are left out and named.

    Raises:
        InputError: an input is nothing that can be encoded.
        StreamError: the file can't be written; what was there stays.
    """
    words: list[Symbols] = []
    failures: list[tuple[str, str]] = []
    for pictures, names in _chunks(inputs):
        loaded = read_pictures(pictures, codec.preprocessing)
        failures += [(names[failure.row], failure.reason) for failure in loaded.failures]
        if len(loaded.images):
            words.append(codec.said.say(codec.features(loaded.images)))
    symbols = _joined(words)
    if symbols is None:
        return Encoded(0, 0, 0.0, tuple(failures))
    write_lac(out, codec.said.language, symbols, codec.fingerprint)
    bits = codec.said.language.bits(symbols)
    return Encoded(len(symbols), out.stat().st_size, float(bits.mean()), tuple(failures))


def decode_file(codec: Codec, file: Path) -> list[Meaning]:
    """The meanings of a `.lac` file's pictures, in the order in which they were encoded.

    Raises:
        StreamError: the file is damaged, foreign or of another version.
    """
    return codec.meanings(read_lac(file, codec.said.language, codec.fingerprint))


def write_table(meanings: Sequence[Meaning], out: Path) -> None:
    """Meanings as a .parquet, .csv or .jsonl table: row, name, label, confidence, word, probabilities.

    Raises:
        InputError: another ending.
    """
    if out.suffix not in TABLES:
        raise InputError(f"a table ends in one of {', '.join(TABLES)}; {out} does not")
    rows = [
        {
            "row": row,
            "name": meaning.name,
            "label": meaning.label,
            "confidence": meaning.confidence,
            "word": meaning.word,
            "probabilities": meaning.probabilities.tolist(),
        }
        for row, meaning in enumerate(meanings)
    ]
    part = out.with_name(out.name + ".part")
    try:
        part.write_bytes(_table_bytes(rows, out.suffix))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _table_bytes(rows: list[dict[str, object]], suffix: str) -> bytes:
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if suffix == ".csv":
        text = io.StringIO()
        table = csv.DictWriter(text, [name for name in rows[0] if name != "probabilities"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
        return text.getvalue().encode()
    pyarrow, parquet = need("pyarrow", "data"), need("pyarrow.parquet", "data")
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def _chunks(inputs: Sequence[str]) -> Iterator[tuple[list[Picture], list[str]]]:
    """Pictures and their names, CHUNK at a time."""
    for item in inputs:
        if Path(item).is_dir():
            files = sorted(path for path in Path(item).rglob("*") if path.is_file())
            yield from _sliced([*map(str, files)])
        elif Path(item).exists():
            yield [item], [item]
        elif ":" in item or item.partition("?")[0] in ("digits", "site"):
            yield from _source_chunks(item)
        else:
            raise InputError(f"{item}: no such file or folder, and no SOURCE (digits, parquet:FOLDER, ...)")


def _sliced(files: list[str]) -> Iterator[tuple[list[Picture], list[str]]]:
    for start in range(0, len(files), CHUNK):
        names = files[start : start + CHUNK]
        yield list(names), names


def _source_chunks(spec: str) -> Iterator[tuple[list[Picture], list[str]]]:
    split: Split = open_source(spec).split("test")
    for start in range(0, len(split), CHUNK):
        rows = range(start, min(start + CHUNK, len(split)))
        yield [split.picture(row) for row in rows], [f"{spec} row {row}" for row in rows]


def _joined(words: list[Symbols]) -> Symbols | None:
    if not words:
        return None
    return Symbols(np.concatenate([w.units for w in words]), np.concatenate([w.levels for w in words]))
