"""A network's forward and backward passes with the smoothness regulariser on 17 layers, against the passes without it.

The network is ResNet-18 with one linear classifier, channels last in memory as `laconic train` has them; a batch has
100 pictures, as in the paper. At width 64 pictures are 16 x 16 instead of 32 x 32, to save minutes: convolutions and
Gram matrices both cost in proportion to the pixels.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.ratio import Ratio, measure
from laconic.encoder.resnet import resnet_18
from laconic.geometry import recorded_maps
from laconic.objective import smoothness

BATCH, CLASSES = 100, 10
WIDTHS = ((64, 16, 1.45), (16, 32, 1.7))
"""Width, side of the pictures, limit."""
REPEATS = 5

LAYERS = ["0.stem", *(name for i in range(8) for name in (f"0.blocks.{i}.branch.2", f"0.blocks.{i}"))]
"""After each ReLU: the first layer's, and two in each block."""


def run() -> list[Ratio]:
    """CPU time on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [_ratio(*each) for each in WIDTHS]
    finally:
        torch.set_num_threads(threads)


def network(width: int, side: int) -> nn.Sequential:
    """ResNet-18 for pictures of `side` x `side`, pooled and classified."""
    net = nn.Sequential(
        resnet_18(3, (side, side), width), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, CLASSES)
    )
    convert: Any = net.to  # torch's types lack the memory format
    convert(memory_format=torch.channels_last)
    return net


def _ratio(width: int, side: int, limit: float) -> Ratio:
    torch.manual_seed(0)
    pictures = torch.rand(BATCH, 3, side, side).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % CLASSES
    passes = functools.partial(_passes, network(width, side), pictures, labels)
    value, spread = measure(functools.partial(passes, LAYERS), functools.partial(passes, []), REPEATS)
    return Ratio(f"smoothness on 17 layers, width {width}: time over bare passes", value, spread, limit)


def _passes(net: nn.Module, pictures: Tensor, labels: Tensor, layers: list[str]) -> None:
    net.zero_grad()
    with recorded_maps(net, layers) as maps:
        loss = F.cross_entropy(net(pictures), labels)
    if layers:
        loss = loss + smoothness(maps, labels)
    loss.backward()


if __name__ == "__main__":
    print(*run(), sep="\n")
