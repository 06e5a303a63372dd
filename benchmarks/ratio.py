"""A cost as a multiple of a floor, the two measured in turns so that the machine's moods cancel."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

WARM_UP = 2


@dataclass(frozen=True)
class Ratio:
    """One line of a benchmark: `value` times the floor (or `value` seconds), where at most `limit` is wanted.

    `spread` is the interquartile range over the rounds, 0 for what is counted rather than timed.

    >>> Ratio("loss", 1.5, 0.1, 1.7).holds
    True
    """

    name: str
    value: float
    spread: float
    limit: float
    holds: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", self.value <= self.limit)

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "FAILS"
        return f"{self.name:58s} {self.value:7.3g} +- {self.spread:.2g}  limit {self.limit:.3g}  {verdict}"


def measure(
    work: Callable[[], object],
    floor: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> tuple[float, float]:
    """Median and interquartile range of `repeats` ratios of the two, each from one round that runs both.

    They take turns at going first. The clock is the process's CPU time, which another process's load disturbs
    least; pass `time.perf_counter` where waiting counts.
    """

    def timed(call: Callable[[], object]) -> float:
        start = clock()
        call()
        return clock() - start

    ratios = []
    for turn in range(WARM_UP + repeats):
        if turn % 2:
            ours, bare = timed(work), timed(floor)
        else:
            bare, ours = timed(floor), timed(work)
        ratios.append(ours / bare)
    return middle(ratios[WARM_UP:])


def middle(values: Sequence[float]) -> tuple[float, float]:
    """Median and interquartile range.

    >>> middle([1.0, 2.0, 3.0, 4.0, 50.0, 6.0, 7.0])
    (4.0, 5.0)
    """
    low, median, high = statistics.quantiles(values, n=4)
    return median, high - low
