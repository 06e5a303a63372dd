"""A folder that is written whole or not at all, and read only if every byte is as written.

Its manifest, a JSON file, says what it is and holds the SHA-256 of every other file, and its own. These find accidents
and edits; they are no signature.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

from laconic.contract import LaconicError


@dataclass(frozen=True)
class Sealed:
    """One kind of such folders: what it is called, its format's version, the files that each lists, its error."""

    noun: str
    version: int
    required: tuple[str, ...]
    error: type[LaconicError]

    @property
    def manifest(self) -> str:
        """The manifest's name."""
        return f"{self.noun}.json"

    @property
    def title(self) -> str:
        """What such a folder is called."""
        return f"{self.noun.capitalize()} folder"

    def write(self, folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Write a folder beside `folder`, then put it in that place; on any error the old one stays.

        Raises:
            LaconicError: of the kind `error`: `folder` exists and is another, or the disk refuses the new one.
        """
        folder = folder.resolve()  # a link to a folder stays a link
        self.check_replaceable(folder)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        whole = {f"laconic_{self.noun}": self.version, **manifest, "files": digests}
        text = json.dumps({**whole, "digest": digest(whole)}, indent=1)
        refused = f"can't write the {self.noun} to {folder}"
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
        except OSError as error:
            raise self.error(f"{refused}: {error.strerror}") from error
        try:
            for name, content in {**files, self.manifest: text.encode()}.items():
                _write(fresh / name, content)
            fresh.chmod(0o755)
            _swap(fresh, folder)
        except OSError as error:
            raise self.error(f"{refused}: {error.strerror}; nothing was replaced") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def check_replaceable(self, folder: Path) -> None:
        """Refuse to write over anything that is not of this kind.

        Raises:
            LaconicError: of the kind `error`: `folder` is a file, or a folder of other things.
        """
        if folder.is_dir() and not any(folder.iterdir()):
            return
        if folder.exists() and not (folder / self.manifest).is_file():
            raise self.error(f"{folder} exists and is not a {self.title}; choose another --out or remove it")

    def read_manifest(self, folder: Path) -> dict[str, Any]:
        """What the folder says of itself, without its digest.

        Raises:
            LaconicError: of the kind `error`: it is missing, of another version, or not as it was written.
        """
        there, again = folder / self.manifest, f"copy the {self.noun} again"
        try:
            manifest = json.loads(self.read(folder, self.manifest))
        except (ValueError, RecursionError) as error:
            raise self.error(f"{there} is not JSON (truncated or edited); {again}") from error
        version = manifest.get(f"laconic_{self.noun}") if isinstance(manifest, dict) else None
        if not isinstance(version, int):
            raise self.error(f"{folder} is not a laconic {self.noun}: its {self.manifest} says nothing of the format")
        if version != self.version:
            so = "upgrade laconic" if version > self.version else "an older laconic made it: train it anew"
            raise self.error(f"{folder} has {self.noun} format {version}, this laconic reads {self.version}; {so}")
        if manifest.pop("digest", None) != digest(manifest):
            raise self.error(f"{there} is not as it was written (edited); {again}")
        listed = manifest.get("files")
        if not isinstance(listed, dict) or not set(self.required) <= set(listed) or not all(map(_is_plain, listed)):
            raise self.error(f"{there} lists the wrong files; {again}")
        return dict(manifest)

    def read_whole(self, folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
        """A file that the manifest lists.

        Raises:
            LaconicError: of the kind `error`: it is missing, or not as it was written.
        """
        content = self.read(folder, name)
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]:
            altered = "is not as it was written (truncated or edited)"
            raise self.error(f"{folder / name} {altered}; copy the {self.noun} again")
        return content

    def read(self, folder: Path, name: str) -> bytes:
        """A file as it is.

        Raises:
            LaconicError: of the kind `error`: it can't be read.
        """
        try:
            return (folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            if name != self.manifest:
                raise self.error(f"{folder} is incomplete: {name} is missing") from None
            raise self.error(f"{folder} is not a {self.title}: {name} is missing{self._left_over(folder)}") from None
        except OSError as error:
            raise self.error(f"can't read {folder / name}: {error.strerror}") from error

    def _left_over(self, folder: Path) -> str:
        """Where the older folder is, if a machine stopped in the middle of `_swap`."""
        left = sorted(folder.absolute().parent.glob(f".{escape(folder.name)}.*.old"))
        return f"; an interrupted write left the older {self.noun} as {left[0]}: rename it" if left else ""


def digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest in canonical form."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder itself."""
    return name not in ("", "..") and "\0" not in name and Path(name).name == name


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
