"""Several runs of one recipe, of which the one of lowest held-out loss is kept: no label is needed to tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from laconic.train.recipe import Recipe
from laconic.train.run import Run
from laconic.train.way import Way


def best_of(recipe: Recipe, run: Run, train: Callable[[Recipe, Run, float], Way], began: float) -> Way:
    """Train `recipe.tries` times with seeds of their own, each in a folder of the run; give back the best.

    `minutes` are shared. With one try the run is the try. A resumed run goes on with the try that it was in.
    """
    if recipe.tries == 1:
        return train(recipe, run, began)
    minutes = None if recipe.minutes is None else recipe.minutes / recipe.tries
    own = [replace(recipe, tries=1, minutes=minutes, seed=recipe.seed * recipe.tries + i) for i in range(recipe.tries)]
    parts = [run.part(f"try-{i}", each.record()) for i, each in enumerate(own)]
    best, least = 0, math.inf
    kept: Way | None = None
    for i, (each, part) in enumerate(zip(own, parts, strict=True)):
        module = None
        if part.held_loss is None:
            module = train(each, part, began if i == 0 else time.perf_counter())
            part.end(module.measured()["held_loss"])
        if part.held_loss is not None and part.held_loss < least:
            best, least, kept = i, part.held_loss, module
    return kept or train(own[best], parts[best], time.perf_counter())  # its checkpoint lies at its end
