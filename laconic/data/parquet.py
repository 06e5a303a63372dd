"""Parquet folders: FOLDER/train.parquet and test.parquet, their shards, or FOLDER/train/*.parquet.

Pictures are read by number in random order. Files whose picture column is up to `IN_MEMORY` bytes are held in
memory as one Arrow column. Larger ones are memory-mapped: Hugging Face `datasets` writes them once,
uncompressed, to its Arrow cache, and worker processes share the system's page cache. (Reading row groups from
the parquet file itself would decompress a whole group, often hundreds of pictures, for each one in a shuffled
epoch.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from laconic.data.columns import choose_columns
from laconic.data.decoding import Picture
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError
from laconic.data.tables import Table, picture_of, source_from_tables, text_of
from laconic.data.text import Text
from laconic.extras import need

IN_MEMORY = 2**30

_SPLIT_OF_FILE = re.compile(r"([A-Za-z_]+)([-_.]?\d[-\w.]*)?\.parquet")


@dataclass(frozen=True)
class ParquetPictures:
    """The picture column of some parquet files; pickled as their names, opened where it is used."""

    files: tuple[str, ...]
    column: str
    n: int

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Picture:
        return picture_of(_column(self.files, self.column)[index].as_py(), Path(self.files[0]).parent)


@dataclass(frozen=True)
class ParquetTexts:
    """The text column of some parquet files; pickled as their names, opened where it is used."""

    files: tuple[str, ...]
    column: str
    n: int

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Text:
        return text_of(_column(self.files, self.column)[index].as_py())


def open_parquet(spec: Spec) -> Source:
    """Open `parquet:FOLDER?image=&label=&split=&group=&event=&node=&text=`; one file is a `train` that is divided.

    Raises:
        SourceError: no such files, unreadable files, or columns that cannot be told.
    """
    spec.allow("image", "label", "split", "group", "event", "node", "text")
    files = split_files(Path(spec.where))
    with _reading(spec.text):
        return _open(spec, files)


def split_files(where: Path) -> dict[str, tuple[str, ...]]:
    """The parquet files of each split; a single split is called `train` unless its files are called `test`.

    Raises:
        SourceError: `where` is neither a parquet file nor a folder that holds some.
    """
    if where.is_file():
        return {"train": (str(where),)}
    files: dict[str, list[str]] = {}
    for path in sorted([*where.glob("*.parquet"), *where.glob("data/*.parquet")]):
        match = _SPLIT_OF_FILE.fullmatch(path.name)
        files.setdefault(match[1].strip("_") if match else path.stem, []).append(str(path))
    for path in sorted(where.glob("*/*.parquet")):
        if path.parent.name != "data":
            files.setdefault(path.parent.name, []).append(str(path))
    if not files:
        what = "holds no parquet files" if where.is_dir() else "does not exist"
        raise SourceError(f"{where} {what}; wanted a folder with train.parquet and test.parquet")
    if len(files) == 1 and "test" not in files:
        return {"train": tuple(*files.values())}
    return {name: tuple(paths) for name, paths in files.items()}


def _open(spec: Spec, files: dict[str, tuple[str, ...]]) -> Source:
    parquet = need("pyarrow.parquet", "data")
    first = files.get("train") or next(iter(files.values()))
    columns = choose_columns(spec.where, parquet.read_schema(first[0]), spec.options)
    tables = {}
    for name, paths in files.items():
        columns.check(f"{spec.text}: {name}", parquet.read_schema(paths[0]).names)
        side = parquet.read_table(list(paths), columns=columns.side, partitioning=None)
        kind = ParquetTexts if columns.is_text else ParquetPictures
        tables[name] = Table(kind(paths, columns.item, side.num_rows), side)
    return source_from_tables(spec.text, tables, columns, spec.options.get("split"))


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        yield
    except (need("pyarrow", "data").ArrowException, OSError) as error:
        raise SourceError(f"{what}: cannot be read as parquet ({error})") from error


@lru_cache(maxsize=8)
def _column(files: tuple[str, ...], column: str) -> Any:
    parquet = need("pyarrow.parquet", "data")
    with _reading(files[0]):
        if sum(_stored_bytes(parquet.read_metadata(file), column) for file in files) <= IN_MEMORY:
            return parquet.read_table(list(files), columns=[column], partitioning=None).column(column)
        return need("datasets", "data").Dataset.from_parquet(list(files), columns=[column]).data.column(column)


def _stored_bytes(metadata: Any, column: str) -> int:
    """The uncompressed bytes of a column and what is nested in it."""
    groups = (metadata.row_group(g) for g in range(metadata.num_row_groups))
    chunks = (group.column(c) for group in groups for c in range(metadata.num_columns))
    return sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.split(".")[0] == column)
