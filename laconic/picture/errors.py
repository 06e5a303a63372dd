"""The named ways in which a sent picture can be wrong."""

from __future__ import annotations

from laconic.contract import LaconicError


class SentPictureError(LaconicError):
    """A picture that cannot be sent, or what was sent is none."""


class PictureFormatError(SentPictureError):
    """A format, size or colour that sent pictures don't have, or that the Pillow at hand can't write."""


class PictureBudgetError(SentPictureError):
    """A budget below the smallest possible picture, or above the largest payload."""


class PictureDecodeError(SentPictureError):
    """Bytes that are no picture of the size and colour that both ends agreed on."""
