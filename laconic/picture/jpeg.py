"""JPEG without its constant part: markers, sizes and tables are rebuilt, only the scan travels.

```
Pillow --> SOI APP0 DQT SOF0 DHT SOS | scan | EOI    scan, with FF for FF 00 = body
            the same for every picture              body, with FF 00 for FF --> scan
            of one size and quality
```
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from jaxtyping import Int64
from PIL import Image

from laconic.picture.errors import PictureFormatError
from laconic.picture.pixels import open_as

# Percent of the quantisers below, the coarsest first: the lowest quality is 0. Each is about 0.8 of the one before.
_PERCENTS = "1600 1280 1030 825 660 530 425 340 273 219 176 141 113 90 72 58 47 37 30 24 19 15 12 10"
COARSENESS = tuple(map(int, _PERCENTS.split()))

# ITU-T T.81, tables K.1 (luminance) and K.2 (chrominance), row by row.
_QUANTISERS = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99",
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 " + "99 " * 32,
)
# The order in which a block's 64 numbers are written (T.81, figure 5): diagonals, upwards and downwards in turn.
_ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))

# T.81, tables K.3 to K.6: how many codewords of each length 1..16, then what they stand for.
_DC = (
    "00010501010101010100000000000000000102030405060708090a0b",
    "00030101010101010101010000000000000102030405060708090a0b",
)
_AC = (
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a34353637"
    "38393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a3536"
    "3738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999a"
    "a2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
)
_APP0 = bytes.fromhex("ffd8 ffe0 0010 4a46494600 0101 00 0001 0001 00 00")
_EOI = b"\xff\xd9"


def encode(image: Image.Image, quality: int) -> bytes:
    """The scan of a picture in mode `RGB` (4:2:0) or `L`, at a quality 0..23.

    Raises:
        PictureFormatError: this Pillow writes JPEGs with other tables than those that were asked for.
    """
    file = io.BytesIO()
    tables = [quantiser(quality, i).tolist() for i in range(len(image.getbands()))[:2]]
    sampling = "4:2:0" if image.mode == "RGB" else "4:4:4"
    image.save(file, "JPEG", qtables=tables, subsampling=sampling, optimize=False, progressive=False)
    data, start = file.getvalue(), head(image.size, image.mode, quality)
    if not (data.startswith(start) and data.endswith(_EOI)):
        raise PictureFormatError(
            "a baseline JPEG with Annex K's Huffman tables wanted, this Pillow writes another (is it built with "
            "MozJPEG?); install Pillow's own wheel, or leave jpeg out of the formats"
        )
    return data[len(start) : -len(_EOI)].replace(b"\xff\x00", b"\xff")


def decode(body: bytes, size: tuple[int, int], mode: str, quality: int) -> Image.Image:
    """The picture of a scan; what the scan leaves out is grey.

    Raises:
        PictureDecodeError: it is none.
    """
    return open_as("JPEG", whole(body, size, mode, quality), size, mode)


def whole(body: bytes, size: tuple[int, int], mode: str, quality: int) -> bytes:
    """The JPEG file whose scan this is. No byte of `body` can be taken for a marker: each FF is followed by 00."""
    return head(size, mode, quality) + body.replace(b"\xff", b"\xff\x00") + _EOI


@lru_cache(maxsize=256)
def head(size: tuple[int, int], mode: str, quality: int) -> bytes:
    """All that stands before the scan of a picture of `size` (width, height) pixels."""
    width, height = size
    colours = range(1 if mode == "L" else 3)
    tables = [min(colour, 1) for colour in colours]
    frame = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(colours)])
    scan = bytes([len(colours)])
    for colour, table in enumerate(tables):
        sampling = 0x22 if len(colours) == 3 and colour == 0 else 0x11
        frame += bytes([colour + 1, sampling, table])
        scan += bytes([colour + 1, 0x11 * table])
    parts = [_APP0]
    for table in sorted(set(tables)):
        zigzag = quantiser(quality, table)[_ZIGZAG]
        parts.append(_segment(0xDB, bytes([table, *zigzag.tolist()])))
    parts.append(_segment(0xC0, frame))
    for table in sorted(set(tables)):
        parts.append(_segment(0xC4, bytes([table]) + bytes.fromhex(_DC[table])))
        parts.append(_segment(0xC4, bytes([0x10 | table]) + bytes.fromhex(_AC[table])))
    return b"".join([*parts, _segment(0xDA, scan + bytes([0, 63, 0]))])


@lru_cache(maxsize=64)
def quantiser(quality: int, table: int) -> Int64[np.ndarray, " 64"]:
    """The 64 steps of table 0 (luminance) or 1 (chrominance) at a quality 0..23, row by row, each 1..255."""
    steps = np.array(_QUANTISERS[table].split(), dtype=np.int64)
    return np.clip((steps * COARSENESS[quality] + 50) // 100, 1, 255)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content
