"""Three plain numbers of a picture, by which a covered, a wet and a broken camera are told without any network."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, UInt8

MARGIN = 0.25  # of the range of training pictures, by which it is widened on either side
OUTER = 0.001  # of training pictures, on either side, that do not count for the range
BLOCK = 1024  # pictures at once


def looks(images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n 3"]:
    """Each picture's brightness and contrast (mean and log deviation of its grey levels) and detail.

    Detail is the log of the mean difference between neighbouring pixels over the deviation: low where a picture is
    blurred, high where it is noise, and as low as can be where nothing is to be seen.
    """
    parts = [_looks(images[at : at + BLOCK]) for at in range(0, len(images), BLOCK)]
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def _looks(images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n 3"]:
    grey = images.mean(axis=3, dtype=np.float64)
    deviation = grey.std(axis=(1, 2))
    across, down = np.abs(np.diff(grey, axis=2)), np.abs(np.diff(grey, axis=1))
    step = (across.sum(axis=(1, 2)) + down.sum(axis=(1, 2))) / max(1, across[0].size + down[0].size)
    detail = np.log((step + 0.01) / (deviation + 1.0))
    return np.stack([grey.mean(axis=(1, 2)), np.log(deviation + 1.0), detail], axis=1)


def usual_looks(training: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "2 3"]:
    """The range, lowest and highest, of how training pictures look, a little widened."""
    low, high = np.quantile(training, [OUTER, 1 - OUTER], axis=0)
    return np.stack([low - MARGIN * (high - low), high + MARGIN * (high - low)])


def is_usual(found: Float64[np.ndarray, "n 3"], usual: Float64[np.ndarray, "2 3"]) -> Bool[np.ndarray, " n"]:
    """Which pictures look as training pictures do, in all three."""
    inside: Bool[np.ndarray, " n"] = ((found >= usual[0]) & (found <= usual[1])).all(axis=1)
    return inside
