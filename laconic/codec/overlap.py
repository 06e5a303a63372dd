"""Which pictures a codec was trained on, by a digest of each: what it knows by heart can't calibrate it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import safetensors.numpy
from jaxtyping import Bool, UInt64

from laconic.data import Items

TRAINED = "trained.safetensors"


def digests(images: Items) -> UInt64[np.ndarray, " n"]:
    """64 bits for each picture as the encoder takes it: equal pixels (or words), equal digests."""
    hashes = (hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    return np.array([int.from_bytes(each, "little") for each in hashes], dtype=np.uint64)


def trained_digests(batches: Iterable[Items]) -> bytes:
    """The digests of all pictures that training learnt from, as the codec's file holds them."""
    parts = [digests(batch) for batch in batches]
    return safetensors.numpy.save({"digests": np.unique(np.concatenate(parts))})


def merged_digests(digests: bytes, folder: Path) -> bytes:
    """What `trained_digests` gave, and what the codec in a folder was trained on, as one file."""
    path = folder / TRAINED
    parts = [digests, *([path.read_bytes()] if path.exists() else [])]
    return safetensors.numpy.save(
        {"digests": np.unique(np.concatenate([safetensors.numpy.load(part)["digests"] for part in parts]))}
    )


def trained_on(folder: Path, images: Items) -> Bool[np.ndarray, " n"]:
    """Which pictures the codec in a folder was trained on; none where its file was left out."""
    path = folder / TRAINED
    if not path.exists():
        return np.zeros(len(images), dtype=bool)
    known = safetensors.numpy.load(path.read_bytes())["digests"]
    return np.isin(digests(images), known)
