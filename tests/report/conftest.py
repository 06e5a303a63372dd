"""A made-up evaluation with everything in it that a report draws."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.contract import CodeScore, Evaluation, WordScore


@pytest.fixture
def evaluation() -> Evaluation:
    codes = (
        CodeScore("maxamp", 1, 7.0, 3.6, 3.5, 2.0, 0.95, 0.0),
        CodeScore("maxamp", 3, 18.3, 6.1, 6.0, 2.7, 0.97, 0.01),
        CodeScore("maxpro", 12, 384.0, 384.0, 7.9, 50.0, 0.975, 0.0),
        CodeScore("maxproamp", 3, 10.8, 6.0, 5.8, 2.6, 0.97, 0.01),
        CodeScore("scalar", 12, 36.0, 19.0, 7.8, 4.5, 0.974, 0.35),
        CodeScore("decision", 1, 4.0, 3.4, 3.3, 2.0, 0.98, 0.0),
        CodeScore("full", 64, 2048.0, 2048.0, 5.3, 258.0, 0.98, 0.0),
    )
    words = (
        WordScore("12+7+3", 2, "truck", 0.97, 20, 0.95, (0, 3, 5)),
        WordScore("1+2+9", 3, "ship", 0.7, 12, 0.75, (1, 2)),
        WordScore("4+5+6", 4, "cat", 0.9, 8, 1.0, (39,)),
        WordScore("0+1+2", 9, "cat", 0.5, 0, float("nan"), ()),
    )
    activity = np.concatenate([np.linspace(0.3, 0.05, 12), np.linspace(0.04, 0.01, 8), np.zeros(44)])
    classes = (*(f"class {i}" for i in range(7)), "truck", "ship", "cat")
    return Evaluation("digits", classes, 40, 0.98, 12, 2.4, activity, codes, codes[1], words, 1.5)
