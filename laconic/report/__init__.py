"""The pages that people look at: what a codec says, what it costs, and what no codec could do better."""

from __future__ import annotations

from laconic.report.accuracy import accuracy_figure
from laconic.report.activity import activity_figure
from laconic.report.limits import best_accuracy, label_rate, one_shot_accuracy
from laconic.report.page import write_report

__all__ = [
    "accuracy_figure",
    "activity_figure",
    "best_accuracy",
    "label_rate",
    "one_shot_accuracy",
    "write_report",
]
