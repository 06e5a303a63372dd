"""A training step of SimCLR with the Jaccard similarity against one with the cosine's: an epoch is so many steps.

The batch is 256 pictures of 32 x 32 x 3, noise as well as any; the encoder a narrow ResNet-18, so that the loss weighs
more than beside the paper's ResNet-50.
"""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.ratio import Ratio, measure
from laconic.train import Recipe
from laconic.trials.contrast import Stepper

BATCH, SIDE = 256, 32
ENCODER = "resnet-18w16"
LIMIT = 1.10
REPEATS = 9


def run() -> list[Ratio]:
    """CPU time on one thread: views, both passes through the encoder, loss, optimizer."""
    images = np.random.default_rng(0).integers(256, size=(2 * BATCH, SIDE, SIDE, 3), dtype=np.uint8)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ours, plain = (
            Stepper(
                Recipe(objective="simclr", similarity=similarity, encoder=ENCODER, batch_size=BATCH, epochs=1), images
            )
            for similarity in ("jaccard", "cosine")
        )
        value, spread = measure(ours.step, plain.step, REPEATS)
    finally:
        torch.set_num_threads(threads)
    return [Ratio(f"SimCLR step, {BATCH} pictures: Jaccard over cosine", value, spread, LIMIT)]


if __name__ == "__main__":
    print(*run(), sep="\n")
