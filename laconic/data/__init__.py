"""Where pictures and texts come from, and how any of them becomes the array that the encoder takes. No torch."""

from __future__ import annotations

from laconic.data.decoding import ItemError, Picture, PictureError
from laconic.data.duplicates import DuplicateReport, find_duplicates
from laconic.data.holdout import class_weights, hold_out
from laconic.data.intake import AnyPreprocessing, IntakeError, Items, of_pictures
from laconic.data.loading import Failure, Loaded, fits_in_memory, load, read_pictures, suggest
from laconic.data.preprocessing import Preprocessing, PreprocessingError
from laconic.data.source import open_source
from laconic.data.split import Source, SourceError, Split
from laconic.data.text import Text, TextError, TextPreprocessing

__all__ = [
    "AnyPreprocessing",
    "DuplicateReport",
    "Failure",
    "IntakeError",
    "ItemError",
    "Items",
    "Loaded",
    "Picture",
    "PictureError",
    "Preprocessing",
    "PreprocessingError",
    "Source",
    "SourceError",
    "Split",
    "Text",
    "TextError",
    "TextPreprocessing",
    "class_weights",
    "find_duplicates",
    "fits_in_memory",
    "hold_out",
    "load",
    "of_pictures",
    "open_source",
    "read_pictures",
    "suggest",
]
