"""A picture at every rate of a codec: what comparisons at many budgets need, each encoding made once.

```
uint8 [H, W, C] --scaled down, at each quality--> payloads, the longer the better: header byte | body
```

The header byte holds the scale and, for JPEG, the quality; size, colour and codec are known to the receiver. The length
need not be: zeros after a payload change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from laconic.picture import av1, bpg, hevc
from laconic.picture.coder import POINT, scaled
from laconic.picture.errors import PictureFormatError
from laconic.picture.formats import FORMATS, Format
from laconic.picture.pixels import resized, to_image, to_pixels

CODECS: dict[str, Format] = {
    "jpeg": FORMATS["jpeg"],
    "webp": FORMATS["webp"],
    "avif": Format("avif", 0, len(av1.QUALITIES), False, 1, av1.encode, av1.decode),
    "hevc": Format("hevc", 0, len(hevc.QUALITIES), False, 1, hevc.encode, hevc.decode),
    "bpg": Format("bpg", 0, len(bpg.QUALITIES), False, 1, bpg.encode, bpg.decode),
}
"""Each without all that its receiver can put back."""

PATIENCE = 8  # payloads in a row that are of no use, before higher qualities are passed over
_MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True, eq=False)
class Ladder:
    """One picture by one codec: payloads in ascending length, each with a smaller sum of squared errors."""

    codec: str
    shape: tuple[int, int, int]
    payloads: tuple[bytes, ...]
    errors: Int64[np.ndarray, " rungs"]

    def rung(self, n_bytes: int) -> int:
        """The best rung whose payload fits; -1 if none does."""
        return int(np.searchsorted([len(payload) for payload in self.payloads], n_bytes, "right")) - 1

    def pixels(self, rung: int) -> UInt8[np.ndarray, "height width channels"]:
        """What a receiver shows of a rung's payload."""
        return shown(self.payloads[rung], self.codec, self.shape)


def climb(pixels: UInt8[np.ndarray, "height width channels"], codec: str, max_bytes: int) -> Ladder:
    """The ladder of a picture, up to `max_bytes` a payload; empty if none is so small.

    At each scale quality rises until several payloads in a row are too long, or no better than others as short.

    Raises:
        PictureFormatError: no codec of that name, or a picture that is not uint8 [H, W, 1 or 3].
        LaconicError: the codec's package or program is not installed.
    """
    form = _codec(codec)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in _MODES or not pixels.size:
        raise PictureFormatError(
            f"uint8 pixels [height, width, 1 or 3] wanted, got {pixels.dtype} {list(pixels.shape)}"
        )
    height, width, channels = pixels.shape
    best: list[tuple[int, int, bytes]] = []  # length, error, payload: none as short has as small an error
    for scale, small in _scales(to_image(pixels)):
        useless = 0
        for payload in _payloads(form, small, scale):
            difference = shown(payload, codec, (height, width, channels)).astype(np.int64) - pixels
            found = (len(payload), int((difference * difference).sum()), payload)
            if len(payload) > max_bytes or any(other[0] <= found[0] and other[1] <= found[1] for other in best):
                useless += 1
            else:
                best.append(found)
                useless = 0
            if useless == PATIENCE:
                break
    return _ladder(codec, (height, width, channels), best)


def shown(payload: bytes, codec: str, shape: tuple[int, int, int]) -> UInt8[np.ndarray, "height width channels"]:
    """The picture of a payload, [height, width, channels] as `shape` says.

    Raises:
        PictureDecodeError: it is none.
    """
    size, mode = (shape[1], shape[0]), _MODES[shape[2]]
    quality, scale = divmod(payload[0], 8)
    return to_pixels(resized(CODECS[codec].decode(payload[1:], scaled(size, scale), mode, quality), size))


def _scales(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Each scale that has a size of its own, the largest first."""
    sizes = {scaled(image.size, scale): scale for scale in reversed(range(POINT + 1))}
    for size, scale in sorted(sizes.items(), key=lambda each: each[1]):
        yield scale, resized(image, size)


def _payloads(form: Format, image: Image.Image, scale: int) -> Iterator[bytes]:
    for quality in range(form.n_qualities):
        head = (quality if form.sends_quality else 0) << 3 | scale
        yield bytes([head]) + form.encode(image, quality)


def _ladder(codec: str, shape: tuple[int, int, int], found: list[tuple[int, int, bytes]]) -> Ladder:
    payloads: list[bytes] = []
    errors: list[int] = []
    for _, error, payload in sorted(found):
        if not errors or error < errors[-1]:
            payloads.append(payload)
            errors.append(error)
    return Ladder(codec, shape, tuple(payloads), np.array(errors, dtype=np.int64))


def least_payload(codec: str, channels: int) -> int:
    """The bytes of a single pixel, the least of black, grey and white: with fewer, no picture is to be had.

    Raises:
        PictureFormatError: no codec of that name, or neither 1 nor 3 channels.
        LaconicError: the codec's package or program is not installed.

    >>> least_payload("jpeg", 1)
    2
    """
    if channels not in _MODES:
        raise PictureFormatError(f"1 or 3 channels wanted, got {channels}")
    form = _codec(codec)
    points = [Image.new("L", (1, 1), level).convert(_MODES[channels]) for level in (0, 128, 255)]
    return 1 + min(len(form.encode(point, 0)) for point in points)


def _codec(name: str) -> Format:
    if name not in CODECS:
        raise PictureFormatError(f"a codec among {', '.join(CODECS)} wanted, got {name!r}")
    return CODECS[name]
