"""A made-up evaluation with everything in it that a report draws."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.contract import (
    ClassScore,
    CodeScore,
    Evaluation,
    Mistake,
    SendingPoint,
    SendingScore,
    UnknownScore,
    WordScore,
)


@pytest.fixture
def sending() -> SendingScore:
    """Dearer than always saying below 6 bytes, and less accurate than always sending from 60 bytes on."""
    curve = (
        SendingPoint(0.01, 0.25, 0.0, 0.97, 0.93, 46.0),
        SendingPoint(0.05, 0.8, 0.025, 0.96, 0.94, 14.5),
        SendingPoint(0.1, 0.95, 0.12, 0.93, 0.92, 6.0),
    )
    return SendingScore(
        met=True,
        confidence=0.95,
        error_bound=0.046,
        chosen=curve[1],
        say=SendingPoint(1.0, 1.0, 0.1, 0.9, 0.9, 3.0),
        send=SendingPoint(0.0, 0.0, 0.0, 0.98, 0.92, 60.0),
        curve=curve,
        unknown=(UnknownScore("black", 1, 1.0, 0.0), UnknownScore("foreign", 300, 0.875, 0.12)),
    )


@pytest.fixture
def evaluation(sending: SendingScore) -> Evaluation:
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
    confusion = 4 * np.eye(10, dtype=np.int64)
    confusion[7, 7:9] = 3, 1
    by_class = tuple(ClassScore(name, 4, 0.75 if name == "truck" else 1.0, 5.5) for name in classes)
    worst = (Mistake(7, "truck", "ship", 0.91), Mistake(39, "cat", "truck", 0.55))
    measured = (by_class, confusion, worst, sending)
    return Evaluation("digits", classes, 40, 0.98, 12, 2.4, activity, codes, codes[1], words, *measured, 1.5)
