"""HEVC intra, BPG's codec, without what the receiver knows: of a HEIF file only the slice's payload travels.

```
ftyp meta (hvcC: the parameter sets VPS, SPS, PPS) mdat | NAL length | NAL header 28 01 | slice header and data
           the same for every picture of one size           4 bytes      2 bytes           body
```

Written by x265, through libheif. A picture is coded in whole units of 64 x 64 pixels, its last row and column repeated.
Both ends need the same x265: this is for comparisons on simulated links, not a format of sent pictures.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from laconic.extras import need
from laconic.picture.errors import PictureDecodeError, PictureFormatError
from laconic.picture.isobmff import Shell, opened

QUALITIES = tuple(range(0, 97, 2))  # libheif's: quality q is x265's rate factor (100 - q) / 2
# For the least squared error: libheif would tune for SSIM, which costs 2 dB. One thread is faster for small pictures.
_OPTIONS = {"preset": "slow", "tune": "psnr", "x265:pools": "none"}
_NAL = b"\x28\x01"  # an IDR picture's slice (T-REC-H.265, table 7-1: type 20), layer 0


def encode(image: Image.Image, quality: int) -> bytes:
    """The slice of a picture in mode `RGB` (4:2:0) or `L`, at a place 0..48 in QUALITIES.

    Raises:
        LaconicError: pillow-heif is not installed.
        PictureFormatError: its libheif writes HEIF in another way.
    """
    shell, data = opened(_file(image, quality))
    nal, body = data[4:6], data[6:]
    if shell != _shell(image.size, image.mode) or nal != _NAL or len(data) != 4 + int.from_bytes(data[:4], "big"):
        raise PictureFormatError(
            "a HEIF file of one slice, with one head for every picture of a size wanted, this libheif writes another; "
            "install pillow-heif's own wheel, or leave hevc out"
        )
    return body


def decode(body: bytes, size: tuple[int, int], mode: str, _quality: int) -> Image.Image:
    """The picture of a slice, which says its quality itself.

    Raises:
        LaconicError: pillow-heif is not installed.
        PictureDecodeError: it is none.
    """
    try:
        image: Image.Image = need("pillow_heif", "link").read_heif(whole(body, size, mode)).to_pillow()
        return image.convert(mode)
    except (ValueError, RuntimeError, SyntaxError, EOFError) as error:
        raise PictureDecodeError(f"what was sent is no HEVC slice: {error}; drop it") from error


def whole(body: bytes, size: tuple[int, int], mode: str) -> bytes:
    """The HEIF file of a slice of a picture of `size` (width, height) pixels."""
    return _shell(size, mode).around((len(_NAL) + len(body)).to_bytes(4, "big") + _NAL + body)


def _file(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    options = {"quality": QUALITIES[quality], "chroma": 420, "enc_params": _OPTIONS}
    need("pillow_heif", "link").encode(image.mode, image.size, image.tobytes(), file, **options)
    return file.getvalue()


@lru_cache(maxsize=64)
def _shell(size: tuple[int, int], mode: str) -> Shell:
    return opened(_file(Image.new(mode, size), 0))[0]
