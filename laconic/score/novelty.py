"""How well novelty tells unknown pictures from known ones."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from laconic.extras import need
from laconic.score.activity import ScoreError


def novelty_auroc(known: Float64[np.ndarray, " known"], unknown: Float64[np.ndarray, " unknown"]) -> float:
    """The chance that an unknown picture's novelty is above a known one's; equals count half.

    >>> novelty_auroc(np.array([0.1, 0.3]), np.array([0.2, 0.4]))
    0.75

    Raises:
        ScoreError: there is no picture of one kind.
    """
    if not len(known) or not len(unknown):
        raise ScoreError(f"known and unknown pictures wanted, got {len(known)} and {len(unknown)}")
    truth = np.repeat([0, 1], [len(known), len(unknown)])
    return float(need("sklearn.metrics", "data").roc_auc_score(truth, np.concatenate([known, unknown])))


def falsely_said(said: Bool[np.ndarray, " unknown"]) -> float:
    """The part of unknown pictures that are said: each is a mistake, whatever the word.

    Raises:
        ScoreError: there is no picture.
    """
    if not len(said):
        raise ScoreError("the falsely said rate is over at least one unknown picture, but there is none")
    return float(said.mean())
