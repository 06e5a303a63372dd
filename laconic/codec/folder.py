"""The Codec folder on disk: written whole or not at all, and read only if every byte is as written.

```
codec/
  codec.json            what it is: classes, preprocessing, code, provenance, and each file's SHA-256
  encoder.onnx          uint8 pictures [n, H, W, C] -> features [n, units]
  encoder-int8.onnx     the same in 8 bits, if it was made; a node needs one of the two
  speeches.safetensors  the language that it speaks, its rivals, and their receivers' tables
  sending.safetensors   when to say and when to send a picture, where the codec also sends
  fusion.safetensors    what is known of several nodes, once it was learnt; a node needs no copy of it
  receiver.onnx         the receiver's own network for sent pictures, if it has one; a node needs no copy of it
  weights.safetensors   the network, for further training; a node needs no copy of it
```
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Any

from laconic.contract import LaconicError

FORMAT = 1
MANIFEST = "codec.json"
REQUIRED = ("encoder.onnx", "speeches.safetensors")
INT8 = "encoder-int8.onnx"
OPTIONAL = ("sending.safetensors", "fusion.safetensors", "receiver.onnx", INT8)


class CodecError(LaconicError):
    """A Codec folder that can't be used: missing, truncated, edited, newer or of another kind."""


def write_folder(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write a Codec folder beside `folder`, then put it in that place; on any error the old one stays.

    Raises:
        CodecError: `folder` exists and is not a Codec folder, or the disk refuses the new one.
    """
    folder = folder.resolve()  # a link to a codec stays a link
    check_replaceable(folder)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    whole = {"laconic_codec": FORMAT, **manifest, "files": digests}
    text = json.dumps({**whole, "digest": _digest(whole)}, indent=1)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    except OSError as error:
        raise CodecError(f"can't write the codec to {folder}: {error.strerror}") from error
    try:
        for name, content in {**files, MANIFEST: text.encode()}.items():
            _write(fresh / name, content)
        fresh.chmod(0o755)
        _swap(fresh, folder)
    except OSError as error:
        raise CodecError(f"can't write the codec to {folder}: {error.strerror}; nothing was replaced") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def update_folder(folder: Path, changes: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Write a codec anew in its place with changes to its manifest and files; all else stays as it is.

    Raises:
        CodecError: it can't be read, or not be written; then the old one stays.
    """
    manifest = _read_manifest(folder)
    names = [name for name in manifest.pop("files") if (folder / name).exists()]
    write_folder(folder, {**manifest, **changes}, {**{name: _read(folder, name) for name in names}, **(files or {})})


def check_replaceable(folder: Path) -> None:
    """Refuse to write a codec over anything that is not one.

    Raises:
        CodecError: `folder` is a file, or a folder of other things.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise CodecError(f"{folder} exists and is not a Codec folder; choose another --out or remove it")


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files that a codec uses, once every file that is there has fitted its digest.

    Raises:
        CodecError: anything needed is missing, of another version, or not as it was written.
    """
    manifest = _read_manifest(folder)
    files: dict[str, bytes] = {}
    in_8_bits = INT8 in manifest["files"] and (folder / INT8).exists()
    needed = set(REQUIRED) - ({"encoder.onnx"} if in_8_bits else set())  # a node needs one of the two
    for name, digest in manifest["files"].items():
        if name not in needed and not (folder / name).exists():
            continue
        content = _read(folder, name)
        if hashlib.sha256(content).hexdigest() != digest:
            raise CodecError(f"{folder / name} is not as it was written (truncated or edited); copy the codec again")
        if name in REQUIRED + OPTIONAL:
            files[name] = content
    return manifest, files


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_read(folder, MANIFEST))
    except (ValueError, RecursionError) as error:
        raise CodecError(f"{folder / MANIFEST} is not JSON (truncated or edited); copy the codec again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("laconic_codec"), int):
        raise CodecError(f"{folder} is not a laconic codec: its {MANIFEST} says nothing of the format")
    if manifest["laconic_codec"] != FORMAT:
        raise CodecError(
            f"{folder} has codec format {manifest['laconic_codec']}, this laconic reads {FORMAT}; upgrade laconic"
        )
    if manifest.pop("digest", None) != _digest(manifest):
        raise CodecError(f"{folder / MANIFEST} is not as it was written (edited); copy the codec again")
    listed = manifest.get("files")
    if not isinstance(listed, dict) or not set(REQUIRED) <= set(listed) or not all(map(_is_plain, listed)):
        raise CodecError(f"{folder / MANIFEST} lists the wrong files; copy the codec again")
    return manifest


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself."""
    return name not in ("", "..") and "\0" not in name and Path(name).name == name


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if name != MANIFEST:
            raise CodecError(f"{folder} is incomplete: {name} is missing") from None
        raise CodecError(f"{folder} is not a Codec folder: {name} is missing{_left_over(folder)}") from None
    except OSError as error:
        raise CodecError(f"can't read {folder / name}: {error.strerror}") from error


def _left_over(folder: Path) -> str:
    """Where the older codec is, if a machine stopped in the middle of `_swap`."""
    left = sorted(folder.absolute().parent.glob(f".{escape(folder.name)}.*.old"))
    return f"; an interrupted write left the older codec as {left[0]}: rename it" if left else ""


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap(fresh: Path, folder: Path) -> None:
    """Put `fresh` in `folder`'s place; a directory can't be replaced in one step, so the old one is moved aside."""
    if not folder.exists():
        fresh.rename(folder)
        return
    aside = fresh.with_suffix(".old")
    try:
        folder.rename(aside)
        fresh.rename(folder)
    finally:  # an interruption as well leaves one of the two in place
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)


def _digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest in canonical form: it finds accidents and edits; it is no signature."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
