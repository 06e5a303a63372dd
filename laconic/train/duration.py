"""How many steps a run may take: the time of a step is measured once, then the number of steps is fixed."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable
from itertools import cycle

import torch

from laconic.train.batches import Batch
from laconic.train.way import Way

MEASURED = 0.02  # of the whole time goes into measuring
WARM = 3  # steps before the clock counts
AFTER = 45.0  # seconds for export, tables and checkpoints of a long run, whatever the data's size


def steps_in(minutes: float, module: Way, batches: Iterable[Batch], n_pictures: int) -> int:
    """The number of training steps that fit into `minutes`, measuring and what comes after included.

    Works on a copy of `module`; `n_pictures` are encoded once at the end, to make the language.
    """
    budget = 60 * minutes
    began = time.perf_counter()
    step, encode = measure(copy.deepcopy(module), batches, MEASURED * budget)
    spent = time.perf_counter() - began
    after = min(AFTER, 0.2 * budget) + encode * n_pictures
    return max(10, int((budget - spent - after) / step))


def measure(module: Way, batches: Iterable[Batch], seconds: float) -> tuple[float, float]:
    """Mean seconds of a training step, and of encoding one picture in fp32; takes about `seconds`."""
    optimizer = module.configure_optimizers()["optimizer"]
    took: list[float] = []
    for images, labels in cycle(batches):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss, features, mask = module.loss(images, labels, torch.Generator())
        torch.autograd.backward(loss + module.sparsity(features, mask))
        optimizer.step()
        took.append(time.perf_counter() - start)
        if len(took) > WARM and sum(took) > seconds:
            break
    module.bf16 = False
    start = time.perf_counter()
    with torch.no_grad():
        module(module.encoder.pictures(images))
    encode = (time.perf_counter() - start) / len(images)
    steps = took[WARM:]
    return sum(steps) / len(steps), encode
