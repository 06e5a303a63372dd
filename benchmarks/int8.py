"""An encoder in 8 bits against the same in float, both in ONNX Runtime, on batches of 64 pictures.

It is a student's, `cnnw12` for pictures of 32 x 32 x 3, untrained: that takes as long. Its kilobytes (1000 bytes) are
counted, too.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from benchmarks.ratio import Ratio, measure
from laconic.codec.session import Session
from laconic.encoder import FeatureEncoder, build_backbone
from laconic.train.export import export_onnx
from laconic.train.int8 import quantise

ENCODER, SIDE = "cnnw12", 32
PICTURES = 64
LIMIT = 1 / 1.3
LARGEST_KB = 100.0
REPEATS = 51


def run() -> list[Ratio]:
    """CPU time on one thread; quantised on the pictures that are then encoded, which are noise."""
    images = np.random.default_rng(0).integers(256, size=(PICTURES, SIDE, SIDE, 3), dtype=np.uint8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = FeatureEncoder(build_backbone(ENCODER, 3, (SIDE, SIDE)), 3, (SIDE, SIDE)).eval()
    network = export_onnx(encoder, images.shape[1:], torch.arange(encoder.units))
    small = quantise(network, images)
    ours, bare = (functools.partial(Session(each, threads=1), images) for each in (small, network))
    value, spread = measure(ours, bare, REPEATS)
    return [
        Ratio(f"INT8 {ENCODER}, {PICTURES} pictures: time over float's", value, spread, LIMIT),
        Ratio(f"INT8 {ENCODER}: kilobytes", len(small) / 1000, 0.0, LARGEST_KB),
    ]


if __name__ == "__main__":
    print(*run(), sep="\n")
