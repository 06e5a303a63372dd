"""Ratios of laconic's hot paths to stated floors, each measured in one run with its floor.

`python -m benchmarks.encode` runs one of them, `laconic bench` all.
"""

from __future__ import annotations

from benchmarks.ratio import Ratio


def run() -> list[Ratio]:
    """Every benchmark in turn; a few minutes."""
    from benchmarks import contrastive_loss, encode, startup, train_step

    return [*startup.run(), *contrastive_loss.run(), *train_step.run(), *encode.run()]
