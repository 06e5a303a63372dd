"""A language as plain arrays, for files that hold nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from laconic.language.alphabet import Alphabet
from laconic.language.errors import LexiconError

MAX_LABEL_COUNTS = 2**28  # words times classes
TABLES = {  # each table's type and number of axes
    "units": (np.int32, 2),
    "levels": (np.uint32, 2),
    "counts": (np.int64, 1),
    "label_rows": (np.int32, 1),
    "label_classes": (np.int32, 1),
    "label_counts": (np.int32, 1),
    "lengths": (np.uint8, 2),
    "numbers": (np.int64, 1),
}


def check_tables(alphabet: Alphabet, tables: Mapping[str, np.ndarray]) -> None:
    """Refuse tables that no language of this alphabet has, before anything is built from them.

    Raises:
        LexiconError: tables are missing or unknown, of another type or shape, or number words or classes that aren't.
    """
    if set(tables) != set(TABLES):
        raise LexiconError(f"the tables {sorted(TABLES)} wanted, got {sorted(tables)}")
    for name, (dtype, n_axes) in TABLES.items():
        table = tables[name]
        if table.dtype != dtype or table.ndim != n_axes:
            wanted = f"{np.dtype(dtype)} with {n_axes} axes"
            raise LexiconError(f"the table {name}: {wanted} wanted, got {table.dtype} {table.shape}")
    words, cells, n_classes = len(tables["units"]), len(tables["label_rows"]), int(tables["numbers"][0])
    shapes = {
        "units": (words, alphabet.k),
        "levels": (words, alphabet.k),
        "counts": (words,),
        "label_classes": (cells,),
        "label_counts": (cells,),
        "lengths": (words, alphabet.k if alphabet.ordered else 1),
        "numbers": (3,),
    }
    for name, shape in shapes.items():
        if tables[name].shape != shape:
            raise LexiconError(f"the table {name}: shape {shape} wanted, got {tables[name].shape}")
    if not 1 <= n_classes <= MAX_LABEL_COUNTS // max(words, 1):
        raise LexiconError(f"1..{MAX_LABEL_COUNTS} words times classes wanted, got {words} and {n_classes}")
    for name, n in (("label_rows", words), ("label_classes", n_classes)):
        if cells and not (tables[name].min() >= 0 and tables[name].max() < n):
            raise LexiconError(f"the table {name}: numbers 0..{n - 1} wanted, got others")
