"""What every way of training a downlink shares: equation (7), steps that follow from seed and number, held-out loss."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import lightning as L
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from laconic.data.correlated import CorrelatedUsers
from laconic.objective import charbonnier, repulsion
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.recipe import RecipeError
from laconic.train.way import use_bf16

CellBatch = tuple[UInt8[Tensor, "cells users height width channels"], Int64[Tensor, "cells users"]]
"""Pictures of some cells, and each user's class, -1 where it has none."""


class SnrRangeWarning(UserWarning):
    """A network is asked to work at an SNR that it was not trained at."""


@dataclass(frozen=True, eq=False)
class Delivered:
    """What users received: `pictures` from 0 to 1; their `groups`; each group's `common` features before scaling.

    `common` has no reals where nothing is shared. `logits` of the pictures' classes are there where the receiver
    classifies.
    """

    pictures: Float[Tensor, "cells users channels height width"]
    groups: Int64[Tensor, "cells users"]
    common: Float[Tensor, "cells groups reals"]
    logits: Float[Tensor, "cells users classes"] | None = None


class DownlinkWay(L.LightningModule):
    """One way of sending a cell's pictures, and its training; it implements `forward`.

    Groups, SNRs and noise follow from the recipe's seed and the step alone. While it is training, its networks may run
    in bf16; once `eval()` was called, they run in fp32.
    """

    def __init__(self, recipe: DownlinkRecipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.bf16 = use_bf16(recipe.precision)

    def forward(
        self,
        images: UInt8[Tensor, "cells users height width channels"],
        snr_db: float | Float[Tensor, "cells users"],
        generator: torch.Generator,
    ) -> Delivered:
        """Send each user its picture, at one SNR E_s/N_0 in dB or at each user's own.

        Warns:
            SnrRangeWarning: an SNR outside the range that the recipe trains at.

        Raises:
            RecipeError: another number of users than the recipe's.
            LinkError: what the channel refuses.
        """
        raise NotImplementedError

    def loss(
        self,
        images: UInt8[Tensor, "cells users height width channels"],
        generator: torch.Generator,
        labels: Int64[Tensor, "cells users"] | None = None,
    ) -> dict[str, Float[Tensor, ""]]:
        """Equation (7) as `loss`, and its parts: `reconstruction`, and not yet weighed `repulsion` and `classes`.

        `repulsion` is there where several groups share something, the cross-entropy `classes` where `forward` gives
        logits.
        """
        low, high = self.recipe.snr_db
        drawn = torch.rand(images.shape[:2], generator=generator, device=images.device)
        delivered = self(images, low + (high - low) * drawn, generator)
        parts = {"reconstruction": charbonnier(delivered.pictures, unit_range(images))}
        total = parts["reconstruction"]
        if delivered.common.shape[1] > 1 and delivered.common.shape[2]:
            parts["repulsion"] = repulsion(delivered.common)
            total = total + self.recipe.repulsion_weight * parts["repulsion"]
        if delivered.logits is not None and labels is not None:
            parts["classes"] = F.cross_entropy(delivered.logits.flatten(0, 1), labels.flatten())
            total = total + self.recipe.classify * parts["classes"]
        return {"loss": total, **parts}

    def training_step(self, batch: CellBatch) -> Tensor:
        """One step's loss.

        Raises:
            RecipeError: the loss is not finite.
        """
        images, labels = batch
        parts = self.loss(images, step_generator(self.recipe.seed, self.global_step, self.device), labels)
        if not math.isfinite(parts["loss"].item()):
            at = f"{parts['loss'].item()} at step {self.global_step}"
            raise RecipeError(f"the loss became {at}; learn at a lower rate")
        self.log_dict({name: part.detach() for name, part in parts.items()}, prog_bar=True, batch_size=len(images))
        return parts["loss"]

    def validation_step(self, batch: CellBatch, number: int) -> None:
        """The loss on held-out cells, each time at the same SNRs and with the same noise."""
        images, labels = batch
        parts = self.loss(images, step_generator(self.recipe.seed, number, self.device, stream=1), labels)
        self.log("val_loss", parts["loss"], prog_bar=True, batch_size=len(images))

    def on_train_epoch_start(self) -> None:
        """The epoch's cells follow from the step alone, in a resumed run, too."""
        numbers = getattr(self.trainer.train_dataloader, "sampler", None)
        if isinstance(numbers, CellNumbers):
            numbers.begin(self.global_step)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam at a constant rate, as in the paper's Section IV-A."""
        return torch.optim.Adam(self.parameters(), self.recipe.learning_rate)

    def autocast(self) -> torch.autocast:
        """bf16 while it trains, if the recipe has it: for the networks, not for what is between them."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16 and self.training)

    def check(self, users: int, snr_db: float | Float[Tensor, "cells users"]) -> None:
        """Refuse cells that the budget is not for.

        Warns:
            SnrRangeWarning: an SNR outside the range that the recipe trains at.

        Raises:
            RecipeError: another number of users than the recipe's.
        """
        if users != self.recipe.budget.users:
            raise RecipeError(f"symbols are budgeted for {self.recipe.budget.users} users a cell, not for {users}")
        asked = torch.as_tensor(snr_db)
        if message := self.recipe.outside([float(asked.min()), float(asked.max())]):
            warnings.warn(message, SnrRangeWarning, stacklevel=3)


class Cells(Dataset[CellBatch]):
    """Cells of correlated users as a torch data set, whose every item is a batch of cells by their numbers."""

    def __init__(self, source: CorrelatedUsers) -> None:
        self.source = source

    def __getitem__(self, numbers: list[int]) -> CellBatch:
        images = np.stack([self.source.cell(number)[0] for number in numbers])
        labels = np.stack([self.source.classes(number) for number in numbers])
        return torch.from_numpy(images), torch.from_numpy(labels)


class CellNumbers(Sampler[list[int]]):
    """The cells of `steps` steps, `cells` each, from the one that `begin` says on: no cell comes twice in a run."""

    def __init__(self, steps: int, cells: int) -> None:
        self.steps = steps
        self.cells = cells
        self.first = 0

    def begin(self, step: int) -> None:
        """Go on from the step `step` of the run."""
        self.first = step * self.cells

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(self.steps):
            start = self.first + step * self.cells
            yield list(range(start, start + self.cells))


def step_generator(seed: int, step: int, device: torch.device, stream: int = 0) -> torch.Generator:
    """The random numbers of one step, which share nothing with its neighbours', nor with another stream's."""
    (mixed,) = np.random.SeedSequence([seed, step, stream]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(mixed >> np.uint64(1)))


def unit_range(
    images: UInt8[Tensor, "cells users height width channels"],
) -> Float[Tensor, "cells users channels height width"]:
    """Pictures whose values go from 0 to 1, channels first."""
    return images.movedim(-1, 2).float() / 255
