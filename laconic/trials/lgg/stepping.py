"""Training steps of the ways to withstand, each as its runs take them: behind `robust_time`."""

from __future__ import annotations

import functools

import torch
from torch import nn

from laconic.encoder.preact import preact_18
from laconic.objective import parseval_step, scale_convolutions
from laconic.score.attack import pgd
from laconic.trials.lgg.attacked import smooth
from laconic.trials.lgg.classifying import (
    DEVICE,
    MOMENTUM,
    WEIGHT_DECAY,
    Classifier,
    Drawn,
    cross_entropy,
    drawn,
    scaled,
)
from laconic.trials.trial import Measured, Parameters
from laconic.trials.turns import in_turns

GAMMA = 0.01
RADIUS, STEPS, STEP_SIZE = 8 / 255, 7, 2 / 255
"""PGD as Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks" (2018), train with on CIFAR."""


class Stepper:
    """One way of training a pre-activation ResNet-18; the same seed gives the same weights and batches."""

    def __init__(self, method: str, width: int, batch_size: int, data: Drawn, seed: int) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            backbone = preact_18(data.channels, data.size, width, average=method == "parseval")
            self.network = Classifier(backbone, nn.Linear(backbone.units, data.n_classes), data).train()
        if method == "parseval":
            scale_convolutions(self.network)
        self.loss = smooth(backbone.relus, GAMMA) if method == "smooth" else cross_entropy
        self.optimizer = torch.optim.SGD(self.network.parameters(), 0.1, MOMENTUM, weight_decay=WEIGHT_DECAY)
        self.generator = torch.Generator(DEVICE).manual_seed(seed)
        self.method, self.batch_size, self.data = method, batch_size, data

    def step(self) -> None:
        """One step on a batch that is drawn anew."""
        rows = torch.randint(len(self.data.images), (self.batch_size,), generator=self.generator, device=DEVICE)
        pictures, labels = scaled(self.data.images[rows]), self.data.labels[rows]
        if self.method == "pgd":
            attack = functools.partial(pgd, steps=STEPS, step_size=STEP_SIZE, generator=self.generator)
            pictures = attack(self.network, pictures, labels, RADIUS)
        value = self.loss(self.network, pictures, labels)
        self.optimizer.zero_grad()
        torch.autograd.backward(value)
        self.optimizer.step()
        if self.method == "parseval":
            parseval_step(self.network.parameters())


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.lgg.robust_time.robust_time`."""
    width, batch_size = parameters["width"], parameters["batch_size"]
    data = drawn(source, "train", 4 * batch_size, seed)
    arm, plain = (Stepper(method, width, batch_size, data, seed) for method in (parameters["method"], "none"))
    return in_turns(arm.step, plain.step, parameters["rounds"])
