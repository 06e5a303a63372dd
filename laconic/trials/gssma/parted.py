"""Common features looked at while a downlink is trained: behind `laconic.trials.gssma.fig_3.parting`."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from laconic.data.correlated import CorrelatedUsers
from laconic.encoder.stem import Size
from laconic.objective import angular_repulsion
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.run import steps_per_epoch
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.way import Delivered, step_generator
from laconic.trials.gssma.delivered import TRAINED, cells, trained
from laconic.trials.trial import Measured, Parameters


class Watched(DownlinkTraining):
    """A downlink that notes, before some of its steps, its common features of cells that it is given."""

    def __init__(
        self, recipe: DownlinkRecipe, channels: int, size: Size, watched: dict[str, Tensor], steps: int, looks: int
    ) -> None:
        super().__init__(recipe, channels, size)
        self.watched = watched
        self.steps = steps
        self.every = max(1, steps // looks)
        self.noted: dict[int, dict[str, Tensor]] = {}

    def on_train_batch_start(self, batch: object, number: int) -> None:  # noqa: ARG002
        """Look, where it is time to."""
        if self.global_step % self.every == 0:
            self.look(self.global_step)

    @torch.no_grad()
    def look(self, step: int) -> None:
        """Note the common features after so many steps; the network stays in the mode that it is in."""
        was, snr_db = self.training, sum(TRAINED) / 2
        self.eval()
        self.noted[step] = {
            name: self._common(images.to(self.device), snr_db).cpu() for name, images in self.watched.items()
        }
        self.train(was)

    def _common(self, images: Tensor, snr_db: float) -> Float[Tensor, "cells groups reals"]:
        told: Delivered = self(images, snr_db, step_generator(self.recipe.seed, 0, self.device, stream=2))
        return told.common


def measured(parameters: Parameters, seed: int, source: str) -> Measured:
    """See `laconic.trials.gssma.fig_3.parting`."""
    seen, new = (cells(parameters, seed, source, split) for split in ("train", "test"))
    watched = {"seen": _images(seen, parameters["cells"]), "new": _images(new, parameters["cells"])}
    made: list[Watched] = []

    def build(recipe: DownlinkRecipe, channels: int, size: Size) -> Watched:
        steps = recipe.steps or (recipe.epochs or 1) * steps_per_epoch(seen, recipe)
        made.append(Watched(recipe, channels, size, watched, steps, parameters["looks"]))
        return made[0]

    trained(parameters, seed, source, build)
    (way,) = made
    way.look(way.steps)
    steps = sorted(way.noted)
    off = {name: [_off(way.noted[step][name]) for step in steps] for name in watched}
    cosine = [_mean_cosine(way.noted[step]["new"]) for step in steps]
    return {"step": [float(step) for step in steps], "cosine": cosine, "off": off["new"], "off_seen": off["seen"]}


def _images(users: CorrelatedUsers, n: int) -> Tensor:
    return torch.from_numpy(np.stack([users.cell(number)[0] for number in range(n)]))


def _off(common: Float[Tensor, "cells groups reals"]) -> float:
    return math.sqrt(float(angular_repulsion(common)))


def _mean_cosine(common: Float[Tensor, "cells groups reals"]) -> float:
    """Over pairs i != j: |sum of the unit vectors|^2 is G and the sum of all of these."""
    groups = common.shape[1]
    together = torch.nn.functional.normalize(common, dim=-1).sum(1).square().sum(-1)
    return float(((together - groups) / (groups * (groups - 1))).mean())
