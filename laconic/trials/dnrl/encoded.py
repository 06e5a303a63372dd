"""An encoder trained in one of the six ways of paper 001, and what it makes of the pictures of a source.

It is trained as `laconic train` does, without the Codec folder: exporting takes longer than a small training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import lightning as L
import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from laconic.codec import Speech
from laconic.data import Preprocessing, Source, Split, load, open_source
from laconic.encoder import FeatureEncoder
from laconic.language import Decision, MaxAmp, MaxPro, MaxProAmp, Scalar, UnfittedCode
from laconic.receiver import LinearReceiver
from laconic.score.activity import n1
from laconic.score.attention import attention, feature_map
from laconic.score.dissection import exciting
from laconic.train.batches import InMemory, Pictures, Reader, ShuffledBatches, loader
from laconic.train.pictures import TrainingData, choose_preprocessing, training_data
from laconic.train.probe import fit_linear
from laconic.train.readout import chunks
from laconic.train.recipe import WAYS, Recipe
from laconic.train.supervised import Supervised
from laconic.train.tables import make_speech
from laconic.train.training import CLIP, build_way, make_encoder, quiet
from laconic.train.way import Way

K = 3  # units of a word of MaxAmp, as in Table III
CODES = ("full", "scalar", "maxpro", "maxamp", "maxproamp", "decision")
EXAMPLES = 6  # pictures in which a unit's attention is looked at


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features of training, held-out and test pictures by one trained encoder, the labels, and a classifier of them."""

    encoder: FeatureEncoder
    data: TrainingData
    train: Float32[np.ndarray, "n units"]
    held: Float32[np.ndarray, "held units"]
    test: Float32[np.ndarray, "tests units"]
    head: LinearReceiver

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.data.class_weights)

    def read(self, features: Float32[np.ndarray, "m units"]) -> Int64[np.ndarray, " m"]:
        """The classes that the classifier of full features finds."""
        return np.asarray((features @ self.head.weight.T + self.head.bias).argmax(axis=1))

    def speech(self, name: str) -> Speech:
        """One of CODES, fitted on the training pictures, with its receiver."""
        k = min(K, n1(self.train))  # MaxProAmp's K are of these
        codes: dict[str, UnfittedCode] = {
            "full": MaxPro(threshold=-1.0),
            "scalar": Scalar(),
            "maxpro": MaxPro(),
            "maxamp": MaxAmp(k=k),
            "maxproamp": MaxProAmp(k=k),
            "decision": Decision(self.head.weight, self.head.bias),
        }
        train, held = (self.train, self.data.labels), (self.held, self.data.held_labels)
        speech = make_speech(codes[name], train, held, self.data.class_weights)
        return replace(speech, receiver=self.head) if name == "full" else speech

    def features(self, split: Split) -> Float32[np.ndarray, "n units"]:
        """What the encoder makes of pictures of other classes than it was trained on."""
        height, width, channels = self.data.read_test([0]).shape[1:]
        color = "gray" if channels == 1 else "rgb"
        images = load(split, Preprocessing.parse(f"{width}x{height}", "squash", color)).images
        return _features(self.encoder, InMemory(images), len(images))

    def focus(self, unit: int) -> float:
        """The part of a picture that half of what excites a unit comes from; the mean over its EXAMPLES best pictures.

        0.5: it comes from everywhere alike.
        """
        rows = exciting(self.test, unit, EXAMPLES).tolist()
        images = torch.from_numpy(self.data.read_test(rows))
        maps = attention(feature_map(self.encoder, images), unit, (images.shape[1], images.shape[2]))
        parts = maps.flatten(1).sort(dim=1, descending=True).values.double()
        held = parts.cumsum(dim=1) / parts.sum(dim=1, keepdim=True).clamp(min=1e-12)
        return float((held < 0.5).double().mean()) if rows else 0.5


def encode(parameters: Mapping[str, Any], seed: int, source: str | Source) -> Encoded:
    """Train an encoder in the `way` (of `laconic.train.recipe.WAYS`) with the `recipe`, and encode all pictures.

    `n_train` training pictures are drawn by the seed, 0 for all. Two stages end with a linear classifier on features.
    """
    opened = open_source(source) if isinstance(source, str) else source
    split = opened.split("train").sample(parameters["n_train"], seed)
    opened = replace(opened, splits={**opened.splits, "train": split})
    preprocessing = choose_preprocessing(split)
    objective, sparsity = WAYS[parameters["way"]]
    recipe = Recipe(objective=objective, sparsity=sparsity, seed=seed, **parameters["recipe"])
    data = training_data(opened, preprocessing, recipe)
    batches = ShuffledBatches(len(data.labels), recipe.batch_size, seed)
    n_steps = (recipe.epochs or 1) * len(batches)
    encoder = make_encoder(data, preprocessing, recipe)
    way = build_way(encoder, data, preprocessing, recipe, n_steps, len(batches))
    _fit(way, data, batches, n_steps)
    train, held, test = (
        _features(encoder, read, n)
        for read, n in (
            (data.read, len(data.labels)),
            (data.read_held, len(data.held_labels)),
            (data.read_test, len(data.test_labels)),
        )
    )
    if recipe.two_stage or not isinstance(way, Supervised):
        head = LinearReceiver(*fit_linear(train, data.labels, data.class_weights))
    else:
        weight, bias = (parameter.detach().numpy() for parameter in way.classifier.parameters())
        head = LinearReceiver(weight, bias)
    return Encoded(encoder, data, train, held, test, head)


def _fit(way: Way, data: TrainingData, batches: ShuffledBatches, n_steps: int) -> None:
    with quiet():
        trainer = L.Trainer(
            max_epochs=-1,
            max_steps=n_steps,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            gradient_clip_val=CLIP,
        )
        trainer.fit(way, loader(Pictures(data.read, data.labels), batches))
    way.cpu().eval()


@torch.no_grad()
def _features(encoder: FeatureEncoder, read: Reader, n: int) -> Float32[np.ndarray, "n units"]:
    def batch(rows: list[int]) -> Tensor:
        found: Tensor = encoder(torch.from_numpy(read(rows)))
        return found

    parts = [batch(rows).numpy() for rows in chunks(n)]
    return np.concatenate(parts or [np.zeros((0, encoder.units), np.float32)])
