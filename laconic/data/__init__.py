"""Where pictures come from, and how any of them becomes the uint8 array that the encoder takes. No torch."""

from __future__ import annotations

from laconic.data.decoding import Picture, PictureError
from laconic.data.duplicates import DuplicateReport, find_duplicates
from laconic.data.holdout import class_weights, hold_out
from laconic.data.loading import Failure, Loaded, fits_in_memory, load, read_pictures, suggest
from laconic.data.preprocessing import Preprocessing, PreprocessingError
from laconic.data.source import open_source
from laconic.data.split import Source, SourceError, Split

__all__ = [
    "DuplicateReport",
    "Failure",
    "Loaded",
    "Picture",
    "PictureError",
    "Preprocessing",
    "PreprocessingError",
    "Source",
    "SourceError",
    "Split",
    "class_weights",
    "find_duplicates",
    "fits_in_memory",
    "hold_out",
    "load",
    "open_source",
    "read_pictures",
    "suggest",
]
