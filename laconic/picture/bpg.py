"""BPG without what the receiver knows, where its own programs `bpgenc` and `bpgdec` (libbpg) are installed.

```
BPG FB | format, size | 00: to the end | HEVC header | parameter set (PPS) 00 00 01 | NAL header 26 01 | slice
            the same for every picture of one size                                                       body
```

HEVC intra as in `hevc`, but by the reference encoder (HM) that libbpg holds, and in smaller units at the edges.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from laconic.contract import LaconicError
from laconic.picture.errors import PictureDecodeError, PictureFormatError
from laconic.picture.pixels import open_as

QUALITIES = tuple(range(51, -1, -1))  # quantiser parameters
_SLICE = b"\0\0\1\x26\1"  # T-REC-H.265, table 7-1: type 19, layer 0, at its start code
_SECONDS = 600


def encode(image: Image.Image, quality: int) -> bytes:
    """The slice of a picture in mode `RGB` (4:2:0) or `L`, at a place 0..51 in QUALITIES.

    Raises:
        LaconicError: there is no `bpgenc`.
        PictureFormatError: it writes BPG in another way.
    """
    file, head = _file(image, quality), _head(image.size, image.mode)
    if not file.startswith(head):
        raise PictureFormatError(
            "a BPG file of one slice, with one head for every picture of a size wanted, this bpgenc writes another; "
            "leave bpg out"
        )
    return file[len(head) :]


def decode(body: bytes, size: tuple[int, int], mode: str, _quality: int) -> Image.Image:
    """The picture of a slice, which says its quality itself.

    Raises:
        LaconicError: there is no `bpgenc` or `bpgdec`.
        PictureDecodeError: it is none.
    """
    try:
        shown = _run("bpgdec", whole(body.rstrip(b"\0"), size, mode), "png")  # a slice ends with a bit of 1
    except subprocess.CalledProcessError as error:
        raise PictureDecodeError(f"what was sent is no BPG slice: {error.stderr.decode().strip()}; drop it") from error
    return open_as("PNG", shown, size, mode)


def whole(body: bytes, size: tuple[int, int], mode: str) -> bytes:
    """The BPG file of a slice of a picture of `size` (width, height) pixels."""
    return _head(size, mode) + body


def _file(image: Image.Image, quality: int) -> bytes:
    png = io.BytesIO()
    image.save(png, "PNG")
    return _run("bpgenc", png.getvalue(), "bpg", "-q", str(QUALITIES[quality]), "-f", "420", "-m", "9")


@lru_cache(maxsize=64)
def _head(size: tuple[int, int], mode: str) -> bytes:
    start, found, _ = _file(Image.new(mode, size), 0).partition(_SLICE)
    return start + found


def _run(program: str, data: bytes, suffix: str, *options: str) -> bytes:
    """What a program makes of a file."""
    if shutil.which(program) is None:
        raise LaconicError(f"this needs the program {program!r} of libbpg (bellard.org/bpg), or take the codec hevc")
    with TemporaryDirectory() as folder:
        source, made = Path(folder, "in.png" if suffix == "bpg" else "in.bpg"), Path(folder, f"out.{suffix}")
        source.write_bytes(data)
        command = [program, *options, "-o", str(made), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        return made.read_bytes()
