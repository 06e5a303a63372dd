"""The three formats of sent pictures, and which of them the Pillow at hand has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, features

from laconic.picture import avif, jpeg, webp


@dataclass(frozen=True)
class Format:
    """A way to write a picture of known size and colour in few bytes.

    Args:
        name: also Pillow's name for it, in small letters.
        code: the header byte's upper five bits; with `sends_quality`, plus the quality.
        n_qualities: qualities are numbered from 0, the lowest.
        sends_quality: whether the receiver needs to be told.
        floor: bytes below which there is no body, so that none is tried.
        encode: a picture in mode `RGB` or `L` and its quality -> body.
        decode: body, (width, height), mode, quality -> picture.
    """

    name: str
    code: int
    n_qualities: int
    sends_quality: bool
    floor: int
    encode: Callable[[Image.Image, int], bytes]
    decode: Callable[[bytes, tuple[int, int], str, int], Image.Image]


_ALL = (
    Format("jpeg", 0, len(jpeg.COARSENESS), True, 1, jpeg.encode, jpeg.decode),
    Format("webp", 24, len(webp.QUALITIES), False, 10, webp.encode, webp.decode),
    Format("avif", 25, len(avif.QUALITIES), False, 250, avif.encode, avif.decode),
)
FORMATS = {each.name: each for each in _ALL}


def available(name: str) -> bool:
    """Whether the Pillow at hand reads and writes a format: some builds leave out webp or avif."""
    return bool(features.check("jpg" if name == "jpeg" else name))
