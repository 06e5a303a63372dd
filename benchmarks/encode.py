"""`codec.encode` against the bare network in ONNX Runtime on the same batch.

The encoder is the default one at 32 x 32 x 3, untrained: that takes as long, and its words are more diverse than a
trained one's. Half of the pictures are new to the lexicon, so that words outside of it are written, too. The bare
network takes them in the codec's own batches, which is faster than all at once.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from benchmarks.ratio import Ratio, measure
from laconic.codec import Codec
from laconic.codec.codec import BATCH
from laconic.codec.session import Session
from laconic.data import Preprocessing, load, open_source
from laconic.encoder import FeatureEncoder, build_backbone
from laconic.language import MaxAmp
from laconic.train.export import export_onnx
from laconic.train.tables import make_speech

PICTURES, SIDE = 1024, 32
LIMIT = 1.15
CASES = ((PICTURES, 5), (1, 500))  # pictures a call, repeats


def run() -> list[Ratio]:
    """CPU time on one thread: pictures to packets over pictures to features, many at a time and one as at a node."""
    digits = open_source("digits").split("train")
    preprocessing = Preprocessing(SIDE, SIDE)
    images = load(digits, preprocessing).images[:PICTURES]
    codec = _codec(images, digits.labels[:PICTURES], preprocessing)
    return [_encode(codec, images[:n], repeats) for n, repeats in CASES]


def _encode(codec: Codec, images: np.ndarray, repeats: int) -> Ratio:
    network = codec.session._session
    feeds = [{"images": images[start : start + BATCH]} for start in range(0, len(images), BATCH)]

    def bare() -> list[np.ndarray]:
        return [network.run(None, feed)[0] for feed in feeds]

    value, spread = measure(functools.partial(codec.encode, images), bare, repeats)
    return Ratio(f"encode, {len(images)} at a time: time over ONNX Runtime's", value, spread, LIMIT)


def _codec(images: np.ndarray, labels: np.ndarray, preprocessing: Preprocessing) -> Codec:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = FeatureEncoder(build_backbone("cnn", 3, (SIDE, SIDE)), 3, (SIDE, SIDE)).eval()
    session = Session(export_onnx(encoder, preprocessing.shape, torch.arange(encoder.units)), threads=1)
    known = (session(images[::2]), labels[::2])
    speech = make_speech(MaxAmp(), known, known, np.ones(10))
    return Codec(tuple("0123456789"), preprocessing, {"said": speech}, session, {})


if __name__ == "__main__":
    print(*run(), sep="\n")
