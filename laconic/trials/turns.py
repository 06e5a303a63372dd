"""Two training steps timed in turn, so that the machine's moods cancel."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

WARM_UP = 2  # rounds that no clock counts


def in_turns(step: Callable[[], None], plain: Callable[[], None], rounds: int) -> dict[str, float]:
    """`ratio`: how many times as long as `plain` a `step` takes, the median over rounds; `seconds`: a step's own.

    Time is the process's CPU time; where there is a GPU, time on the clock.
    """
    times = []
    for turn in range(WARM_UP + rounds):
        first, second = (step, plain) if turn % 2 else (plain, step)
        took = {first: _seconds(first), second: _seconds(second)}
        times.append((took[step], took[plain]))
    return {
        "ratio": statistics.median(ours / bare for ours, bare in times[WARM_UP:]),
        "seconds": statistics.median(ours for ours, _ in times[WARM_UP:]),
    }


def _seconds(step: Callable[[], None]) -> float:
    import torch

    on_gpu = torch.cuda.is_available()

    def now() -> float:
        if not on_gpu:
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    began = now()
    step()
    return now() - began
