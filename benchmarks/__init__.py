"""Ratios of laconic's hot paths to stated floors, each measured in one run with its floor.

`python -m benchmarks.encode` runs one of them, `laconic bench` all.
"""

from __future__ import annotations

import importlib
import sys

from benchmarks.ratio import Ratio

ALL = (
    "startup",
    "contrastive_loss",
    "jaccard_loss",
    "jaccard_epoch",
    "train_step",
    "encode",
    "fusion",
    "analog_link",
    "ldpc",
    "digital_link",
    "smoothness",
    "grouping",
    "int8",
)


def run() -> list[Ratio]:
    """Every benchmark in turn, a few minutes in all; what is being measured is told on standard error."""
    ratios: list[Ratio] = []
    for name in ALL:
        print(f"{name} ...", file=sys.stderr, flush=True)
        ratios += importlib.import_module(f"benchmarks.{name}").run()
    return ratios
