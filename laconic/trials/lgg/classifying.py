"""Plain classifiers for trials: pictures drawn by a seed, a network with its normalisation, and one way of training it.

SGD with momentum 0.9 and weight decay 5e-4 on every parameter, as in the code of Lassance, Gripon and Ortega.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from laconic.data import Preprocessing, load, open_source, suggest
from laconic.encoder.augment import Augmentation
from laconic.train.way import use_bf16
from laconic.trials.trial import TrialError

MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
AUGMENTATION = Augmentation(shift=0.125, flip=True)
"""Moves of up to 4 of 32 pixels; the border is reflected, where the authors' code pads with zeros."""
CHUNK = 500
"""Pictures that are classified at one time."""

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Drawn(NamedTuple):
    """Some pictures of a split and their classes."""

    images: UInt8[Tensor, "n height width channels"]
    labels: Int64[Tensor, " n"]
    n_classes: int

    @property
    def channels(self) -> int:
        """1 or 3."""
        return int(self.images.shape[3])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.images.shape[1]), int(self.images.shape[2])


def drawn(source: str, split: str, n: int, seed: int, size: str | None = None) -> Drawn:
    """`n` pictures of a split of a SOURCE, drawn by the seed; 0 for all, and all where there are fewer.

    `size` is WIDTHxHEIGHT in pixels; None is the source's own.
    """
    opened = open_source(source)
    part = opened.split(split).sample(n, seed)
    own = suggest(opened.split("train"))
    loaded = load(part, own if size is None else Preprocessing.parse(size, own.fit, own.color))
    labels = part.labels[loaded.rows]
    return Drawn(
        torch.from_numpy(loaded.images).to(DEVICE), torch.from_numpy(labels).to(DEVICE), len(opened.class_names)
    )


class Classifier(nn.Module):
    """Pictures [batch, channels, height, width] in [0, 1] to some numbers each, the normalisation included.

    ```
    pictures --(x - mean) / std--> normalised --body: backbone, mean over the map, head--> [batch, outputs]
    ```

    Mean and standard deviation are those of `data` by channel. While it is trained the body runs in bfloat16 where the
    machine is fast at it. Layers are named `body.backbone...`, `body.pool`, `body.head`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, head: nn.Module, data: Drawn) -> None:
        super().__init__()
        pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.body = nn.Sequential(OrderedDict(backbone=backbone, pool=pool, head=head))
        pixels = data.images.flatten(0, 2).float() / 255
        self.register_buffer("mean", pixels.mean(0)[:, None, None])
        self.register_buffer("std", pixels.std(0)[:, None, None] + 1e-6)
        self.bf16 = False
        convert: Any = self.to  # torch's types lack the memory format
        convert(data.images.device, memory_format=torch.channels_last)

    def normalised(
        self, pictures: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """What the body sees."""
        return (pictures - self.mean) / self.std

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        """The outputs, in float32."""
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bf16):
            outputs: Tensor = self.body(self.normalised(pictures))
        return outputs.float()


Loss: TypeAlias = Callable[[Classifier, Tensor, Tensor], Tensor]
"""`loss(network, pictures, labels)` of a batch; it runs the network itself, so that it may record layers."""


def cross_entropy(
    network: Classifier, pictures: Float[Tensor, "batch channels height width"], labels: Int64[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """The usual loss."""
    return F.cross_entropy(network(pictures), labels)


def train(
    network: Classifier,
    data: Drawn,
    phases: Sequence[Sequence[int | float]],
    seed: int,
    *,
    batch_size: int = 100,
    augment: bool = False,
    loss: Loss = cross_entropy,
    after_step: Callable[[], None] | None = None,
) -> None:
    """Train in place. `phases` are (epochs, learning rate), each with a new optimiser, as in the authors' code.

    Batches are full, from a permutation drawn anew each epoch; what remains of it is left out. Afterwards the network
    is in evaluation mode. The seed decides over batches and views.

    Raises:
        TrialError: fewer pictures than a batch, or a loss that is not finite.
    """
    if len(data.images) < batch_size:
        raise TrialError(f"{len(data.images)} pictures don't fill one batch of {batch_size}")
    order, views = torch.Generator().manual_seed(seed), torch.Generator(data.images.device).manual_seed(seed)
    network.train()
    network.bf16 = use_bf16("auto")
    for epochs, rate in phases:
        optimizer = torch.optim.SGD(network.parameters(), rate, MOMENTUM, weight_decay=WEIGHT_DECAY)
        for _ in range(int(epochs)):
            rows = torch.randperm(len(data.images), generator=order).to(data.images.device)
            for batch in torch.split(rows[: len(rows) // batch_size * batch_size], batch_size):
                pictures = scaled(data.images[batch])
                value = loss(network, AUGMENTATION(pictures, views) if augment else pictures, data.labels[batch])
                optimizer.zero_grad()
                torch.autograd.backward(value)
                optimizer.step()
                if after_step is not None:
                    after_step()
            if not bool(value.isfinite()):
                raise TrialError(f"the loss became {value.item()} at a learning rate of {rate:g}")
    network.bf16 = False
    network.eval()


@torch.no_grad()
def outputs(network: nn.Module, images: UInt8[Tensor, "n height width channels"]) -> Float[Tensor, "n outputs"]:
    """What a network in evaluation mode gives for pictures, in float32."""
    network.eval()
    return torch.cat([network(scaled(chunk)) for chunk in torch.split(images, CHUNK)])


def says(network: nn.Module) -> Callable[[UInt8[np.ndarray, "n height width channels"]], Int64[np.ndarray, " n"]]:
    """The network as a function from pictures to classes: the largest output's number."""
    return lambda images: outputs(network, torch.from_numpy(images).to(DEVICE)).argmax(1).cpu().numpy()


def scaled(images: UInt8[Tensor, "n height width channels"]) -> Float[Tensor, "n channels height width"]:
    """Pictures in [0, 1] as networks take them, channels last in memory."""
    return images.permute(0, 3, 1, 2).float() / 255
