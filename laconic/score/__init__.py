"""Measurements of trained encoders."""

from __future__ import annotations

from laconic.score.activity import (
    ScoreError,
    activation_probability,
    class_activity,
    effective_units,
    n1,
    n2,
    ordered_activity,
)

__all__ = [
    "ScoreError",
    "activation_probability",
    "class_activity",
    "effective_units",
    "n1",
    "n2",
    "ordered_activity",
]
