"""AV1 intra without AVIF's container: only the frame travels, for comparisons on simulated links.

```
ftyp meta mdat | temporal delimiter 12 00 | sequence header 0A .. | 32, its length | frame header and data
        the same for every picture of one size, and the frame's length               body
```

Both ends need the same encoder, as with `hevc`. A sent picture's `avif` is the whole file, which any decoder reads.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from laconic.picture.errors import PictureFormatError
from laconic.picture.isobmff import Shell, opened
from laconic.picture.pixels import open_as

QUALITIES = tuple(range(0, 101, 2))  # Pillow's
SPEED = 6  # 0..10: slower ones save 1 % or less
_DELIMITER = b"\x12\x00"
_FRAME = 0x32  # AV1 Bitstream, section 6.2.2: a frame with a length


def encode(image: Image.Image, quality: int) -> bytes:
    """The frame of a picture in mode `RGB` or `L` (4:2:0), at a place 0..50 in QUALITIES.

    Raises:
        PictureFormatError: this Pillow writes AVIF in another way.
    """
    file = _file(image, quality)
    data = opened(file)[1]
    _, sequence = _head(image.size, image.mode)
    _, at = _length(data, len(sequence) + 1)
    if file != whole(data[at:], image.size, image.mode):
        raise PictureFormatError(
            "an AVIF file of one frame, with one head for every picture of a size wanted, this Pillow writes another; "
            "leave avif out"
        )
    return data[at:]


def decode(body: bytes, size: tuple[int, int], mode: str, _quality: int) -> Image.Image:
    """The picture of a frame, which says its quality itself.

    Raises:
        PictureDecodeError: it is none.
    """
    return open_as("AVIF", whole(body, size, mode), size, mode)


def whole(body: bytes, size: tuple[int, int], mode: str) -> bytes:
    """The AVIF file of a frame of a picture of `size` (width, height) pixels."""
    shell, sequence = _head(size, mode)
    return shell.around(sequence + bytes([_FRAME]) + _leb128(len(body)) + body)


def _file(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    options = {"quality": QUALITIES[quality], "speed": SPEED, "subsampling": "4:2:0", "max_threads": 1}
    image.save(file, "AVIF", advanced={"tune": "psnr"}, **options)
    return file.getvalue()


@lru_cache(maxsize=64)
def _head(size: tuple[int, int], mode: str) -> tuple[Shell, bytes]:
    """The file's shell, and the temporal delimiter and sequence header that its coded data begin with."""
    shell, data = opened(_file(Image.new(mode, size), 0))
    length, start = _length(data, len(_DELIMITER) + 1)
    return shell, data[: start + length]


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length of 7 bits a byte, the lowest first (section 4.10.5), and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def _leb128(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _leb128(rest) if rest else bytes([low])
