"""A training step of laconic against the bare forward and backward passes of the same network on the same batch.

The batch is 256 digits as the default encoder takes pictures from CIFAR-10, 32 x 32 x 3. The floor is that encoder
with its mask-net, one linear classifier and cross-entropy, in the same precision. The step adds everything else that
the default recipe does, but for augmentation: two more losses, sparsity, clipping, SGD, logs, and Lightning's loop.
"""

from __future__ import annotations

import contextlib
import copy
import tempfile
import time
from dataclasses import replace
from typing import Any

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.ratio import WARM_UP, Ratio, middle
from laconic.data import Preprocessing, Source, open_source
from laconic.train import Recipe, fit
from laconic.train.batches import Batch
from laconic.train.supervised import Supervised

BATCH, SIDE = 256, 32
LIMIT = 1.25
ROUNDS = 25
COPIES = 8  # of the digits, so that one epoch has all the rounds


class Enough(Exception):  # noqa: N818
    """All rounds are done; the rest of the run is not of interest."""


class Rounds(L.Callback):
    """Between two steps of a real run, the bare passes on the batch that the next step is about to take.

    A step lasts from the end of one call to the beginning of the next, so nothing of Lightning's loop is left out.
    """

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.bare: list[float] = []
        self.network: Supervised | None = None
        self.left = 0.0

    def on_train_batch_start(self, trainer: L.Trainer, module: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Time the step that has ended, and the bare passes."""
        if self.network is None:
            self.network = copy.deepcopy(module)
        else:
            self.steps.append(time.process_time() - self.left)
        if len(self.steps) == WARM_UP + ROUNDS:
            raise Enough
        self.bare.append(_passes(self.network, *batch))
        self.left = time.process_time()

    def ratios(self) -> list[float]:
        """Each round's step over its bare passes, without the first rounds."""
        pairs = zip(self.steps, self.bare, strict=True)
        return [step / bare for step, bare in pairs][WARM_UP:]


def run() -> list[Ratio]:
    """CPU time on one thread, a step and its floor in turns inside one run of `laconic.train.fit`."""
    rounds = Rounds()
    recipe = Recipe(epochs=1, batch_size=BATCH, augment="none")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Enough):
            fit(
                _source(), f"{folder}/codec", recipe=recipe, preprocessing=Preprocessing(SIDE, SIDE), callbacks=[rounds]
            )
    finally:
        torch.set_num_threads(threads)
    value, spread = middle(rounds.ratios())
    return [Ratio(f"training step, {BATCH} pictures: time over bare passes", value, spread, LIMIT)]


def _source() -> Source:
    digits = open_source("digits")
    train = digits.split("train")
    many = train.subset(np.tile(np.arange(len(train)), COPIES))
    return replace(digits, splits={**digits.splits, "train": many})


def _passes(network: Supervised, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Seconds of one forward and backward pass, from pictures that are floats already."""
    pictures = network.encoder.pictures(images)
    network.zero_grad()
    start = time.process_time()
    with torch.autocast("cpu", torch.bfloat16, enabled=network.bf16):
        features, _ = network.encoder.features(pictures)
    F.cross_entropy(network.classifier(features.float()), labels).backward()
    return time.process_time() - start


if __name__ == "__main__":
    print(*run(), sep="\n")
