"""What took long to compute, kept in the user's cache folder: JSON values under the keys that they depend on."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from laconic.contract import LaconicError
from laconic.language.stream import write_atomically


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/laconic`, or `~/.cache/laconic` where that is not set."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "laconic"


def read(folder: Path, key: Mapping[str, Any]) -> Any | None:
    """The value under a key, or None where there is none, or a damaged one."""
    try:
        kept = json.loads(_path(folder, key).read_bytes())
        whole = kept["sha256"] == _digest([key, kept["value"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept["value"] if whole else None


def write(folder: Path, key: Mapping[str, Any], value: Any) -> None:
    """Keep a value under a key, whole or not at all; where that can't be done, a warning says so."""
    kept = {"key": key, "value": value, "sha256": _digest([key, value])}
    path = _path(folder, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(kept, indent=1).encode())
    except (OSError, LaconicError) as error:
        warnings.warn(f"not kept, so it will be computed anew: {error}", stacklevel=2)


def _path(folder: Path, key: Mapping[str, Any]) -> Path:
    return folder / f"{_digest(key)[:32]}.json"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
