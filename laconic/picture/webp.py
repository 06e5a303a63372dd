"""WebP (lossy) without what the receiver knows: of the first 30 bytes, three travel.

```
RIFF size WEBP 'VP8 ' size | tag, 3 bytes | 9D 01 2A width height | partitions, up to 8 zeros | (padding)
                             body's first                           body's rest
```
"""

from __future__ import annotations

import io

from PIL import Image

from laconic.picture.errors import PictureDecodeError, PictureFormatError
from laconic.picture.pixels import open_as

QUALITIES = tuple(range(0, 101, 2))  # Pillow's
METHOD = 4  # effort, 0..6
_TAG = slice(20, 23)
_START_CODE = b"\x9d\x01\x2a"
_PARTITIONS = 30
# The arithmetic decoder reads zeros as it would past the end, but libwebp wants its bytes to be there.
_ZEROS = bytes(8)


def encode(image: Image.Image, quality: int) -> bytes:
    """The frame's tag and partitions of a picture in mode `RGB` or `L`, at a place 0..50 in QUALITIES.

    Raises:
        PictureFormatError: this Pillow writes WebP in another way.
    """
    file = io.BytesIO()
    image.convert("RGB").save(file, "WEBP", quality=QUALITIES[quality], method=METHOD)
    data = file.getvalue()
    if data != whole(data[_TAG] + data[_PARTITIONS:], image.size):
        raise PictureFormatError("a WebP file of one lossy frame wanted, this Pillow writes another; leave webp out")
    end = max(len(data.rstrip(b"\0")), len(data) - len(_ZEROS), _PARTITIONS)
    return data[_TAG] + data[_PARTITIONS:end]


def decode(body: bytes, size: tuple[int, int], mode: str, _quality: int) -> Image.Image:
    """The picture of a frame's tag and partitions, which say their quality themselves.

    Raises:
        PictureDecodeError: it is none.
    """
    if len(body) < 3:
        raise PictureDecodeError(f"a WebP frame of at least 3 bytes wanted, got {len(body)}; drop it")
    return open_as("WEBP", whole(body + _ZEROS, size), size, mode)


def whole(body: bytes, size: tuple[int, int]) -> bytes:
    """The WebP file of a frame's tag (3 bytes) and partitions, of `size` (width, height) pixels."""
    width, height = size
    frame = body[:3] + _START_CODE + width.to_bytes(2, "little") + height.to_bytes(2, "little") + body[3:]
    frame += bytes(len(frame) % 2)
    return b"RIFF" + (len(frame) + 12).to_bytes(4, "little") + b"WEBPVP8 " + len(frame).to_bytes(4, "little") + frame
