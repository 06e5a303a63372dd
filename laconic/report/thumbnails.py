"""Pictures inside a page: as small PNG data URIs, and what they would weigh if they were sent; and texts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8
from PIL import Image

LARGEST_PX = 96
_WEIGHED = 200
JPEG_QUALITY = 75
BEGINNING = 120  # characters of a text

Shown: TypeAlias = UInt8[np.ndarray, "n height width channels"] | Sequence[str]
"""Test pictures (1 or 3 channels) or test texts, in an evaluation's order."""


def data_uri(picture: UInt8[np.ndarray, "height width channels"]) -> str:
    """One picture of 1 or 3 channels as `data:image/png;base64,...`, no side over 96 pixels."""
    image = _image(picture)
    image.thumbnail((LARGEST_PX, LARGEST_PX))
    sheet = BytesIO()
    image.save(sheet, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(sheet.getvalue()).decode("ascii")


def shown(items: Shown, row: int, name: str) -> str:
    """One picture as an image of that name, or the beginning of one text, as HTML."""
    item = items[row]
    if isinstance(item, str):
        beginning = item if len(item) <= BEGINNING else item[:BEGINNING].rstrip() + " ..."
        return f'<q class="text">{escape(beginning)}</q>'
    return f'<img alt="{name}" src="{data_uri(item)}">'


def pixelated(items: Shown) -> str:
    """The class of an element around small pictures, whose pixels stay sharp; none of texts."""
    return " pixels" if isinstance(items, np.ndarray) and max(items.shape[1:3]) < LARGEST_PX else ""


def jpeg_bytes(pictures: UInt8[np.ndarray, "n height width channels"]) -> float:
    """Mean bytes of a picture as a JPEG file of quality 75, header and tables included, over up to 200."""
    rows = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), _WEIGHED)).astype(np.int64))
    sizes = []
    for picture in pictures[rows]:
        sheet = BytesIO()
        _image(picture).save(sheet, "JPEG", quality=JPEG_QUALITY, optimize=True)
        sizes.append(len(sheet.getvalue()))
    return float(np.mean(sizes))


def _image(picture: UInt8[np.ndarray, "height width channels"]) -> Image.Image:
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
