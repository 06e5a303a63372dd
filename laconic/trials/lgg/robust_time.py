"""What withstanding costs while training: the measure of `lgg/table-a1` (paper 003)."""

from __future__ import annotations

from laconic.trials.trial import Measured, Parameters


def robust_time(parameters: Parameters, seed: int, source: str) -> Measured:
    """`ratio`: how many times as long as a plain one a training step of this arm takes; `seconds`, its own.

    The two take turns in one process on the same batches and the median over rounds counts, so that the machine's moods
    cancel. Time is the process's CPU time; where there is a GPU, time on the clock. All is in float32, as the authors'.

    Parameters are `method` (none, parseval, smooth or pgd: training on pictures that PGD has moved in 7 steps),
    `width`, `batch_size` and `rounds`.
    """
    from laconic.trials.lgg.stepping import measured

    return measured(parameters, seed, source)
