"""The receiver's own network: it never rides on a sensor, so it may be larger, and it looks at pictures as they arrive.

```
pictures --picture coder, and back--> what arrives --network--> logits [classes]      receiver.onnx
```
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from laconic.codec.session import Session
from laconic.picture import PictureCoder
from laconic.receiver.linear import best_temperature, softmax
from laconic.train.batches import InMemory
from laconic.train.export import export_onnx
from laconic.train.pictures import TrainingData
from laconic.train.recipe import Recipe, RecipeError
from laconic.train.run import Run
from laconic.train.supervised import Supervised
from laconic.train.way import Way

CODED = 20_000  # training pictures of which a coded copy is made, at most

Trainer = Callable[[TrainingData, Recipe, Run], Way]


@dataclass(frozen=True)
class Receiver:
    """The network as ONNX bytes, and what codec.json says of it."""

    network: bytes
    record: dict[str, Any]


class Classified(nn.Module):
    """An encoder and its classifier: uint8 pictures to logits."""

    def __init__(self, encoder: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = classifier

    def forward(self, images: UInt8[Tensor, "batch height width channels"]) -> Float[Tensor, "batch classes"]:
        """Logits [batch, classes] of uint8 pictures [batch, height, width, channels]."""
        logits: Tensor = self.classifier(self.encoder(images))
        return logits


def train_receiver(
    data: TrainingData, recipe: Recipe, encoder: str, coder: PictureCoder, run: Run, train: Trainer
) -> Receiver:
    """Train `encoder` by cross-entropy on pictures as they are and as `coder` leaves them, as long as the codec itself.

    Its confidence is calibrated on coded held-out pictures.

    Raises:
        RecipeError: the pictures don't fit into memory.
    """
    if not isinstance(data.read, InMemory) or not isinstance(data.read_held, InMemory):
        raise RecipeError("a receiver's network is trained in memory, where these pictures don't fit; choose a --size")
    own = replace(
        recipe, encoder=encoder, objective="cross-entropy", sparsity="none", target_bits=None, similarity="cosine"
    )
    rows = np.random.default_rng([recipe.seed, 3]).permutation(len(data.labels))[:CODED]
    arrived, held = coded(coder, data.read.images[rows]), coded(coder, data.read_held.images)
    mixed = replace(
        data,
        read=InMemory(np.concatenate([data.read.images, arrived])),
        labels=np.concatenate([data.labels, data.labels[rows]]),
        read_held=InMemory(held),
    )
    module = train(mixed, own, run.part("receiver", own.record())).cpu()
    assert isinstance(module, Supervised)
    shape = data.read.images.shape[1:]
    network = export_onnx(
        Classified(module.encoder, module.classifier),
        (shape[0], shape[1], shape[2]),
        torch.arange(len(data.class_weights)),
    )
    temperature = _temperature(Session(network), held, data.held_labels)
    return Receiver(network, {"encoder": encoder, "temperature": temperature})


def coded(
    coder: PictureCoder, images: UInt8[np.ndarray, "n height width channels"]
) -> UInt8[np.ndarray, "n height width channels"]:
    """Pictures as they arrive when they are sent."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        arrived = list(pool.map(lambda image: coder.decode(coder.encode(image)), images))
    return np.stack(arrived) if arrived else images


def _temperature(
    session: Session, images: UInt8[np.ndarray, "n height width channels"], labels: Int64[np.ndarray, " n"]
) -> float:
    parts = [session(images[at : at + 256]) for at in range(0, len(images), 256)]
    return best_temperature(softmax(np.concatenate(parts).astype(np.float64)), labels) if parts else 1.0
