"""Files of one coded picture in ISO's box format (ISO/IEC 14496-12; HEIF, AVIF): the coded data, and all around it.

```
ftyp | meta: ... iloc: ... offset, length | ... | size mdat | coded data
                                   ^              ^    both follow from the coded data's length
```

A picture's size, colour and coder fix the rest, so a receiver that knows these can put it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from laconic.picture.errors import PictureFormatError

_HEAD = 8  # bytes: a box's size, then its name


@dataclass(frozen=True)
class Shell:
    """A file without its coded data: what stands before the place in `iloc` that holds their length, and after it."""

    start: bytes
    between: bytes

    def around(self, data: bytes) -> bytes:
        """The file of coded data."""
        length, size = len(data).to_bytes(4, "big"), (_HEAD + len(data)).to_bytes(4, "big")
        return self.start + length + self.between + size + b"mdat" + data


def opened(file: bytes) -> tuple[Shell, bytes]:
    """The shell of a file, and its coded data: `shell.around(data)` is the file.

    Raises:
        PictureFormatError: it is no file of one picture whose coded data stand in one piece at its end.
    """
    top = dict(_boxes(file, 0, len(file)))
    inner = dict(_boxes(file, top["meta"][0] + 4, top["meta"][1])) if "meta" in top else {}
    if "iloc" not in inner or "mdat" not in top:
        raise PictureFormatError(f"a picture file with the boxes meta, iloc and mdat wanted, got {', '.join(top)}")
    start, end = top["mdat"]
    length = inner["iloc"][1] - 4  # of one picture in one piece, the last number of `iloc`
    shell, data = Shell(file[:length], file[length + 4 : start - _HEAD]), file[start:end]
    if end != len(file) or shell.around(data) != file:
        raise PictureFormatError("a file of one picture wanted, its coded data in one piece at the end; got another")
    return shell, data


def _boxes(file: bytes, start: int, end: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, and where the content begins and ends, of each box."""
    while start + _HEAD <= end:
        size = int.from_bytes(file[start : start + 4], "big")
        if not _HEAD <= size <= end - start:
            raise PictureFormatError(f"a box of {_HEAD}..{end - start} bytes wanted at byte {start}, got {size}")
        yield file[start + 4 : start + _HEAD].decode("latin-1"), (start + _HEAD, start + size)
        start += size
