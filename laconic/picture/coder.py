"""A picture in at most so many bytes: format, scale and quality of the least error that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from laconic.language.packet import MAX_PAYLOAD_BYTES
from laconic.picture.errors import PictureBudgetError, PictureDecodeError, PictureFormatError
from laconic.picture.formats import FORMATS, Format, available
from laconic.picture.pixels import resized, to_image, to_pixels

MAX_SIDE = 4096  # as in Preprocessing
POINT = 7  # the last of the 8 scales: a single pixel; scale s before it divides the sides by 2^s
_MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True)
class Candidate:
    """One way to send a picture: its whole payload, and the sum of squared errors of what arrives."""

    payload: bytes
    error: int


@dataclass(frozen=True)
class PictureCoder:
    """Pictures of one size and colour in at most `budget_bytes` bytes each, and back.

    ```
    pixels --1/2^scale--> smaller picture --format, quality--> header byte | body = payload
    ```

    Args:
        width: in pixels, 1..4096.
        height: in pixels, 1..4096.
        channels: 1 (grey) or 3 (RGB).
        budget_bytes: the largest payload, a packet's header and check not counted.
        formats: those to choose from; what the Pillow at hand lacks is passed over.

    Raises:
        PictureFormatError: a size, colour or format that sent pictures don't have, or none that Pillow has.
        PictureBudgetError: a budget below the smallest possible picture, or above a packet's payload.

    >>> coder = PictureCoder(32, 32, 3, budget_bytes=60)
    >>> payload = coder.encode(np.full((32, 32, 3), 200, dtype=np.uint8))
    >>> len(payload) <= 60, coder.decode(payload).shape
    (True, (32, 32, 3))
    """

    width: int
    height: int
    channels: int
    budget_bytes: int
    formats: tuple[str, ...] = tuple(FORMATS)

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE and self.channels in _MODES):
            raise PictureFormatError(
                f"sides of 1..{MAX_SIDE} pixels and 1 or 3 channels wanted, "
                f"got {self.width}x{self.height} and {self.channels}"
            )
        forms = self._candidates()
        fits = any(self._may_fit(each) and self.budget_bytes >= least_bytes(each.name, self.channels) for each in forms)
        if not fits or self.budget_bytes > MAX_PAYLOAD_BYTES:
            least = min(least_bytes(each.name, self.channels) for each in forms)
            raise PictureBudgetError(
                f"a picture budget of {least}..{MAX_PAYLOAD_BYTES} bytes wanted (the smallest possible picture, "
                f"and the largest payload), got {self.budget_bytes}"
            )

    def encode(self, pixels: UInt8[np.ndarray, "height width channels"]) -> bytes:
        """One picture in at most `budget_bytes` bytes; always the same ones for the same Pillow.

        Raises:
            PictureFormatError: its size, colour or dtype is not the coder's.
            PictureBudgetError: no format has a way to write it so small.
        """
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise PictureFormatError(f"uint8 pixels of shape {self._shape} wanted, got {pixels.dtype} {pixels.shape}")
        found = [candidate for each in self._candidates() for candidate in self._tried(each, pixels)]
        if not found:
            raise PictureBudgetError(
                f"{', '.join(self.formats)} can't write this picture in {self.budget_bytes} bytes; "
                "raise the budget, or allow jpeg"
            )
        return min(found, key=lambda candidate: (candidate.error, len(candidate.payload))).payload

    def decode(self, payload: bytes) -> UInt8[np.ndarray, "height width channels"]:
        """The picture of a payload, in the size that both ends agreed on; any coder's budget will do.

        Raises:
            PictureDecodeError: it is none.
        """
        if not payload:
            raise PictureDecodeError("a sent picture has at least a header byte, got 0 bytes; drop it")
        code, scale = divmod(payload[0], 8)
        known = [each for each in FORMATS.values() if 0 <= code - each.code < _codes(each)]
        if not known:
            raise PictureDecodeError(
                f"the picture's header {payload[0]:#04x} names no format; update laconic, or drop it"
            )
        if not available(known[0].name):
            raise PictureDecodeError(f"this Pillow reads no {known[0].name}; install Pillow's own wheel")
        image = known[0].decode(payload[1:], self._scaled(scale), _MODES[self.channels], code - known[0].code)
        return to_pixels(resized(image, (self.width, self.height)))

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    def _candidates(self) -> list[Format]:
        unknown = [name for name in self.formats if name not in FORMATS]
        found = [each for name, each in FORMATS.items() if name in self.formats and available(name)]
        if unknown or not found:
            raise PictureFormatError(f"formats among {', '.join(FORMATS)} that Pillow has wanted, got {self.formats}")
        return found

    def _may_fit(self, form: Format) -> bool:
        return self.budget_bytes > form.floor

    def _scaled(self, scale: int) -> tuple[int, int]:
        return scaled((self.width, self.height), scale)

    def _tried(self, form: Format, pixels: UInt8[np.ndarray, "height width channels"]) -> Iterator[Candidate]:
        """The finest picture that fits at each scale, from the largest on, until smaller ones are worse."""
        if not self._may_fit(form):
            return
        image, last = to_image(pixels), None
        for scale in range(POINT + 1):
            small = resized(image, self._scaled(scale))
            payload = self._finest(form, small, scale)
            if payload is None:
                continue
            difference = self.decode(payload).astype(np.int64) - pixels
            error = int((difference * difference).sum())
            if last is not None and error > last:
                return
            last = error
            yield Candidate(payload, error)

    def _finest(self, form: Format, image: Image.Image, scale: int) -> bytes | None:
        """The payload of the highest quality that fits, by bisection."""
        best, low, high = None, 0, form.n_qualities - 1
        quality = low  # first, for it rules out most of a large picture's scales
        while low <= high:
            payload = _payload(form, image, quality, scale)
            if len(payload) <= self.budget_bytes:
                low, best = quality + 1, payload
            elif quality == 0:
                return None
            else:
                high = quality - 1
            quality = (low + high) // 2
        return best


def scaled(size: tuple[int, int], scale: int) -> tuple[int, int]:
    """(width, height) in pixels at a scale 0..7.

    >>> scaled((33, 20), 2), scaled((33, 20), POINT)
    ((9, 5), (1, 1))
    """
    return (1, 1) if scale == POINT else (-(-size[0] >> scale), -(-size[1] >> scale))


@lru_cache(maxsize=8)
def least_bytes(name: str, channels: int) -> int:
    """The budget in bytes at which a format can send something of every picture: its mean colour.

    Raises:
        PictureFormatError: the Pillow at hand doesn't write the format as `docs/format.md` says.
    """
    corners = product((0, 255), repeat=channels)
    points = [Image.new(_MODES[channels], (1, 1), corner if channels == 3 else corner[0]) for corner in corners]
    return max(len(_payload(FORMATS[name], point, 0, POINT)) for point in points)


def _codes(form: Format) -> int:
    return form.n_qualities if form.sends_quality else 1


def _payload(form: Format, image: Image.Image, quality: int, scale: int) -> bytes:
    code = form.code + (quality if form.sends_quality else 0)
    return bytes([code << 3 | scale]) + form.encode(image, quality)
