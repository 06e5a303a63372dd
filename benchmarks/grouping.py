"""Groups of equal size for a thousand cells of fifty users, an epoch of 50,000 pictures; and their part of a step.

Seconds are CPU time on one thread, and so at least those that pass where cores are idle. The step is of one cell by a
network of a quarter of the width of Koh, Noh and Yang's, whose own would take some ten times as long: the part that
grouping has of it there is smaller. On a GPU it is larger, for the assignment is made on the CPU.
"""

from __future__ import annotations

import time

import torch

from benchmarks.ratio import Ratio, measure, middle
from laconic.geometry import balanced_groups
from laconic.link import SymbolBudget
from laconic.train import DownlinkRecipe
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.way import step_generator

CELLS, USERS, GROUPS, SYMBOLS = 1000, 50, 10, 512
SIDE, WIDTH = 32, 1 / 4
SECONDS, SHARE = 4.0, 0.05
REPEATS = 5


def run() -> list[Ratio]:
    """CPU time on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [_epoch(), _part_of_a_step()]
    finally:
        torch.set_num_threads(threads)


def _epoch() -> Ratio:
    budget = SymbolBudget.from_ratio(USERS, GROUPS, SYMBOLS, 0.2)
    features = torch.randn(CELLS, USERS, 2 * budget.private, generator=torch.Generator().manual_seed(0))
    took = []
    for number in range(REPEATS):
        start = time.process_time()
        balanced_groups(features, GROUPS, generator=torch.Generator().manual_seed(number))
        took.append(time.process_time() - start)
    return Ratio(f"grouping {CELLS} cells of {USERS} users: seconds", *middle(took), SECONDS)


def _part_of_a_step() -> Ratio:
    recipe = DownlinkRecipe(SymbolBudget.from_ratio(USERS, GROUPS, SYMBOLS, 0.2), width=WIDTH, precision="fp32")
    network = DownlinkTraining(recipe, 3, (SIDE, SIDE))
    optimizer = network.configure_optimizers()
    images = torch.randint(
        256, (1, USERS, SIDE, SIDE, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    generator = step_generator(0, 0, images.device)
    features = torch.randn(1, USERS, 2 * recipe.budget.private, generator=generator)

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(network.loss(images, generator)["loss"])
        optimizer.step()

    value, spread = measure(lambda: balanced_groups(features, GROUPS, generator=generator), step, REPEATS)
    return Ratio("its part of a training step at a quarter of the width", value, spread, SHARE)


if __name__ == "__main__":
    print(*run(), sep="\n")
