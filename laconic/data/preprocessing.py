"""How any picture becomes the uint8 array that the encoder takes, alike in training and at the node."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from laconic.contract import LaconicError
from laconic.data.decoding import ItemError, Picture, PictureError, name_of, opened, to_mode

FITS = ("squash", "crop", "pad")
COLORS = ("rgb", "gray")
MAX_SIDE = 4096

_MODES = {"rgb": "RGB", "gray": "L"}
# A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, but never below twice the size that is wanted: the
# rest is left to the antialiased resize.
_DRAFT = 2


class PreprocessingError(LaconicError):
    """A size, fit or colour that does not exist."""


@dataclass(frozen=True)
class Preprocessing:
    """The picture that an encoder sees: its size in pixels, how others are made to fit it, and its colour.

    `squash` resizes and lets the aspect change; `crop` covers the frame and cuts what stands over, the centre
    staying; `pad` fits the whole picture in and leaves the rest black. Resizing is antialiased (Pillow's
    bilinear filter).

    >>> Preprocessing.parse("160x120", "crop", "gray").shape
    (120, 160, 1)

    Raises:
        PreprocessingError: a side outside 1 to 4096, or an unknown fit or colour.
    """

    width: int
    height: int
    fit: str = "squash"
    color: str = "rgb"

    noun: ClassVar[str] = "picture"
    dtype: ClassVar[type[np.uint8]] = np.uint8
    error: ClassVar[type[ItemError]] = PictureError

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE):
            raise PreprocessingError(f"size {self.width}x{self.height}: wanted sides of 1 to {MAX_SIDE} pixels")
        if self.fit not in FITS:
            raise PreprocessingError(f"fit {self.fit!r}: wanted one of {', '.join(FITS)}")
        if self.color not in COLORS:
            raise PreprocessingError(f"color {self.color!r}: wanted one of {', '.join(COLORS)}")

    @classmethod
    def parse(cls, size: str, fit: str = "squash", color: str = "rgb") -> Preprocessing:
        """From the words of the command line; `size` is WIDTHxHEIGHT in pixels.

        Raises:
            PreprocessingError: one of them cannot be read.
        """
        sides = re.fullmatch(r"(\d{1,9})x(\d{1,9})", size)
        if sides is None:
            raise PreprocessingError(f"size {size!r}: wanted WIDTHxHEIGHT in pixels, as in 160x120")
        return cls(int(sides[1]), int(sides[2]), fit, color)

    def record(self) -> dict[str, Any]:
        """What codec.json says of it."""
        return dict(vars(self))

    def files(self) -> dict[str, bytes]:
        """What the Codec folder holds of it besides: nothing."""
        return {}

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the array, which is its number of bytes, too."""
        return (self.height, self.width, 3 if self.color == "rgb" else 1)

    def apply(self, picture: Picture) -> UInt8[np.ndarray, "height width channels"]:
        """One picture: a path, a file's bytes, a PIL picture, or a uint8 array [H, W] or [H, W, 3].

        An array of the right size and colour is returned as it is, uncopied.

        Raises:
            PictureError: it cannot be read, or is no picture (see `laconic.data.decoding`).
        """
        if isinstance(picture, np.ndarray) and self._is_ready(picture):
            return picture.reshape(self.shape)
        with opened(picture) as image:
            if not isinstance(picture, Image.Image):
                self._draft(image)
            return np.array(self._fitted(to_mode(image, _MODES[self.color]))).reshape(self.shape)

    def batch(self, pictures: Sequence[Picture] | np.ndarray) -> UInt8[np.ndarray, "batch height width channels"]:
        """Several pictures; an array [n, H, W, C] of the right size and colour is returned uncopied.

        Raises:
            PictureError: the first picture that cannot be read, with its number; or one bare picture [H, W,
                3].
        """
        if isinstance(pictures, np.ndarray):
            if pictures.dtype == np.uint8 and pictures.shape[1:] == self.shape:
                return pictures
            if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] == 3):
                raise PictureError(f"{name_of(pictures)}: wanted several pictures; put a single one in a list")
        images = np.empty((len(pictures), *self.shape), np.uint8)
        for i, picture in enumerate(pictures):
            try:
                images[i] = self.apply(picture)
            except PictureError as error:
                raise PictureError(f"picture {i}: {error}") from error
        return images

    def _is_ready(self, array: np.ndarray) -> bool:
        height, width, channels = self.shape
        shapes = [self.shape] if channels == 3 else [self.shape, (height, width)]
        return array.dtype == np.uint8 and array.shape in shapes

    def _scaled(self, width: int, height: int) -> tuple[int, int]:
        """The size to which the whole of a picture of this size is scaled."""
        if self.fit == "squash":
            return self.width, self.height
        choose = max if self.fit == "crop" else min
        scale = choose(self.width / width, self.height / height)
        return max(1, round(scale * width)), max(1, round(scale * height))

    def _draft(self, image: Image.Image) -> None:
        # EXIF may still turn the picture by 90 degrees, so the longer side is asked for in both directions.
        side = _DRAFT * max(*self._scaled(*image.size), *self._scaled(*image.size[::-1]))
        image.draft(None, (side, side))

    def _fitted(self, image: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        if image.size == size:
            return image
        if self.fit == "squash":
            return image.resize(size, Image.Resampling.BILINEAR)
        if self.fit == "crop":
            return image.resize(size, Image.Resampling.BILINEAR, box=self._centre(*image.size))
        inner = image.resize(self._scaled(*image.size), Image.Resampling.BILINEAR)
        frame = Image.new(image.mode, size)
        frame.paste(inner, ((self.width - inner.width) // 2, (self.height - inner.height) // 2))
        return frame

    def _centre(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The largest centred box with the frame's aspect: (left, top, right, bottom) in pixels."""
        scale = max(self.width / width, self.height / height)
        left = max(0.0, (width - self.width / scale) / 2)
        top = max(0.0, (height - self.height / scale) / 2)
        return left, top, width - left, height - top
