"""The Codec folder on disk: written whole or not at all, and read only if every byte is as written.

```
codec/
  codec.json            what it is: classes, preprocessing, code, provenance, and each file's SHA-256
  encoder.onnx          uint8 pictures [n, H, W, C], or uint16 tokens of texts [n, length] -> features [n, units]
  vocabulary.json       a codec for texts: the words that it knows, a word's token being its place
  encoder-int8.onnx     the same in 8 bits, if it was made; a node needs one of the two
  speeches.safetensors  the language that it speaks, its rivals, and their receivers' tables
  sending.safetensors   when to say and when to send a picture, where the codec also sends
  fusion.safetensors    what is known of several nodes, once it was learnt; a node needs no copy of it
  receiver.onnx         the receiver's own network for sent pictures, if it has one; a node needs no copy of it
  weights.safetensors   the network, for further training; a node needs no copy of it
```
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from laconic.codec.sealed import Sealed
from laconic.contract import LaconicError
from laconic.data.text import VOCABULARY

FORMAT = 1
REQUIRED = ("encoder.onnx", "speeches.safetensors")
INT8 = "encoder-int8.onnx"
OPTIONAL = ("sending.safetensors", "fusion.safetensors", "receiver.onnx", INT8, VOCABULARY)


class CodecError(LaconicError):
    """A Codec folder that can't be used: missing, truncated, edited, newer or of another kind."""


KIND = Sealed("codec", FORMAT, REQUIRED, CodecError)


def write_folder(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write a Codec folder beside `folder`, then put it in that place; on any error the old one stays.

    Raises:
        CodecError: `folder` exists and is not a Codec folder, or the disk refuses the new one.
    """
    KIND.write(folder, manifest, files)


def update_folder(folder: Path, changes: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> None:
    """Write a codec anew in its place with changes to its manifest and files; all else stays as it is.

    Raises:
        CodecError: it can't be read, or not be written; then the old one stays.
    """
    manifest = KIND.read_manifest(folder)
    names = [name for name in manifest.pop("files") if (folder / name).exists()]
    kept = {name: KIND.read(folder, name) for name in names}
    write_folder(folder, {**manifest, **changes}, {**kept, **(files or {})})


def check_replaceable(folder: Path) -> None:
    """Refuse to write a codec over anything that is not one.

    Raises:
        CodecError: `folder` is a file, or a folder of other things.
    """
    KIND.check_replaceable(folder)


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files that a codec uses, once every file that is there has fitted its digest.

    Raises:
        CodecError: anything needed is missing, of another version, or not as it was written.
    """
    manifest = KIND.read_manifest(folder)
    files: dict[str, bytes] = {}
    in_8_bits = INT8 in manifest["files"] and (folder / INT8).exists()
    needed = set(REQUIRED) - ({"encoder.onnx"} if in_8_bits else set())  # a node needs one of the two
    for name in manifest["files"]:
        if name not in needed and not (folder / name).exists():
            continue
        content = KIND.read_whole(folder, manifest, name)
        if name in REQUIRED + OPTIONAL:
            files[name] = content
    return manifest, files
