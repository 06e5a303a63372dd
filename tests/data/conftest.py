"""Small pictures, and the parquet files and folders that hold them, made on the fly."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image


def smooth(seed: int, height: int = 32, width: int = 32) -> np.ndarray:
    """A photograph-like picture, uint8 [H, W, 3]: blobs of colour without hard edges."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def write_parquet() -> Callable[..., Path]:
    """Write a parquet file of pictures, as Hugging Face `datasets` would."""

    def write(
        path: Path,
        columns: dict[str, Sequence[Any]],
        features: dict[str, Any] | None = None,
        types: dict[str, Any] | None = None,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: pa.array(values, (types or {}).get(name)) for name, values in columns.items()}
        table = pa.table(arrays)
        if features is not None:
            metadata = json.dumps({"info": {"features": features}})
            table = table.replace_schema_metadata({"huggingface": metadata})
        pq.write_table(table, path, row_group_size=7)
        return path

    return write


@pytest.fixture
def cells() -> Callable[[int, int], list[dict[str, Any]]]:
    """`cells(n, first)`: n pictures as structs of bytes and path, from seed `first` on."""

    def make(n: int, first: int = 0) -> list[dict[str, Any]]:
        return [{"bytes": encoded(smooth(first + i)), "path": f"{i}.png"} for i in range(n)]

    return make


@pytest.fixture
def picture_folder(tmp_path: Path) -> Callable[..., Path]:
    """`picture_folder(root, cat=3, dog=2)`: PNG files in class folders below tmp_path / root."""

    def make(root: str, **counts: int) -> Path:
        seed = 0
        for name, count in counts.items():
            (tmp_path / root / name).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                (tmp_path / root / name / f"{i}.png").write_bytes(encoded(smooth(seed)))
                seed += 1
        return tmp_path / root

    return make
