"""What encoders take in: pictures or texts, each by a preprocessing of its own; all else is alike."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import UInt

from laconic.contract import LaconicError
from laconic.data.preprocessing import Preprocessing
from laconic.data.text import TextPreprocessing

AnyPreprocessing: TypeAlias = Preprocessing | TextPreprocessing
"""Has `shape` and `dtype` of what it makes of one item, `apply` and `batch`, `noun`, `error`, `record` and `files`."""

Items: TypeAlias = UInt[np.ndarray, " n *item"]
"""As encoders take them: uint8 pictures [n, height, width, channels] or uint16 tokens of texts [n, length]."""


class IntakeError(LaconicError):
    """Something that pictures have and texts have not, or the other way round."""


def of_pictures(preprocessing: AnyPreprocessing, what: str) -> Preprocessing:
    """The preprocessing, where it is one of pictures.

    Raises:
        IntakeError: it is one of texts; `what`, which begins the sentence, is for pictures only.
    """
    if isinstance(preprocessing, TextPreprocessing):
        raise IntakeError(f"{what} is for pictures, and this codec is for texts")
    return preprocessing
