"""Several beginnings of one recipe, of which the one of lowest held-out loss goes on: no label is needed to tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from laconic.train.recipe import Recipe
from laconic.train.run import Run
from laconic.train.way import Way

EXPLORED = 1 / 3  # of its steps each try runs before one is chosen


def best_of(recipe: Recipe, run: Run, train: Callable[[Recipe, Run, float, float], Way], began: float) -> Way:
    """Begin `recipe.tries` runs with seeds of their own, each in a folder of the run; end the best of them.

    ```
    try 0  |-------|                             each runs EXPLORED of its steps, to an epoch's end
    try 1  |-------|---------------------------| of lowest loss on held-out pictures: goes on
    try 2  |-------|
    ```

    `train(recipe, run, began, part)` trains the first `part` of the steps. `minutes` are those of all tries. With one
    try the run is the try. A resumed run goes on where it was.
    """
    n = recipe.beginnings
    if n == 1:
        return train(recipe, run, began, 1.0)
    minutes = recipe.minutes and recipe.minutes / (1 + EXPLORED * (n - 1))
    own = [replace(recipe, tries=1, minutes=minutes, seed=recipe.seed * n + i) for i in range(n)]
    parts = [run.part(f"try-{i}", each.record()) for i, each in enumerate(own)]
    for i, (each, part) in enumerate(zip(own, parts, strict=True)):
        if part.held_loss is None:
            module = train(each, part, began if i == 0 else time.perf_counter(), EXPLORED)
            part.judge(module.measured()["held_loss"])
    losses = [math.inf if part.held_loss is None else part.held_loss for part in parts]
    best = losses.index(min(losses))
    return train(own[best], parts[best], time.perf_counter(), 1.0)
