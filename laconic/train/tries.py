"""Several beginnings of one recipe, of which the one of lowest held-out loss is ended: no label is needed to tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from laconic.train.recipe import Recipe
from laconic.train.run import Run
from laconic.train.way import Way


def best_of(recipe: Recipe, run: Run, train: Callable[[Recipe, Run, float, float], Way], began: float) -> Way:
    """Successive halving (Jamieson and Talwalkar, 2016): `recipe.tries` runs begin, the better half goes on, one ends.

    ```
    try 0  |------|                    with seeds of their own, each in a folder of the run;
    try 1  |------|------|------|      after each part the half of lower loss on held-out pictures
    try 2  |------|                    goes on, at an epoch's end
    try 3  |------|------|
    ```

    `train(recipe, run, began, part)` trains the first `part` of the steps. `minutes` are those of all tries. With one
    try the run is the try. A resumed run goes on where it was.
    """
    sizes = halved(recipe.beginnings)
    if len(sizes) == 1:
        return train(recipe, run, began, 1.0)
    n, minutes = sizes[0], recipe.minutes and recipe.minutes * len(sizes) / sum(sizes)
    own = [replace(recipe, tries=1, minutes=minutes, seed=recipe.seed * n + i) for i in range(n)]
    parts = [run.part(f"try-{i}", each.record()) for i, each in enumerate(own)]
    left = list(range(n))
    for stage, size in enumerate(sizes[:-1]):
        left = sorted(left, key=lambda i: _judged(parts[i], stage - 1))[:size]
        for i in left:
            if stage >= len(parts[i].held_losses):
                module = train(own[i], parts[i], began, (stage + 1) / len(sizes))
                before = parts[i].held_losses[-1:] or [math.nan]  # of a run that had no step left to make
                parts[i].judge(module.measured().get("held_loss", before[0]))
                began = time.perf_counter()  # what was before counts once
    best = min(left, key=lambda i: _judged(parts[i], len(sizes) - 2))
    return train(own[best], parts[best], began, 1.0)


def halved(n: int) -> list[int]:
    """How many go on, until it is one.

    >>> halved(5)
    [5, 3, 2, 1]
    """
    return [n] if n == 1 else [n, *halved(-(-n // 2))]


def _judged(part: Run, stage: int) -> float:
    """The loss after a stage; before the first all are alike, and a loss that is no number is the worst."""
    loss = part.held_losses[stage] if stage >= 0 else 0.0
    return math.inf if math.isnan(loss) else loss
