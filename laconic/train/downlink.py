r"""Training a downlink end to end: what a group's users share is sent once, what is a user's own to it alone.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025,
Algorithm 2 and equation (7): L = Charbonnier + lambda repulsion, with a new SNR for each user of each cell.

```
pictures --SemanticEncoder--> maps --PrivateEncoder--> p --balanced_groups--> groups
                                 \--CommonEncoder of each group--> c      Downlink: [c, p] --> decoder --> pictures
```
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Literal

import lightning as L
import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn
from torch.utils.data import Dataset

from laconic.data.correlated import CorrelatedUsers
from laconic.encoder.downlink import CommonEncoder, PrivateEncoder, SemanticEncoder
from laconic.encoder.picture_decoder import PaperDecoder, SpatialDecoder
from laconic.encoder.stem import Size
from laconic.geometry import balanced_groups, group_members, random_groups
from laconic.link import AWGN, Channel, Downlink, SymbolBudget
from laconic.objective import charbonnier, repulsion
from laconic.train.recipe import RecipeError

SLACK_DB = 1e-3
"""What float32 may add to an SNR that was drawn from the range."""


class SnrRangeWarning(UserWarning):
    """A network is asked to work at an SNR that it was not trained at."""


@dataclass(frozen=True)
class DownlinkRecipe:
    """How a downlink is built and trained. Defaults are the paper's where it says them.

    `snr_db` is the range of which each user's SNR is drawn, uniform in dB. `repulsion_weight` is lambda, which the
    paper leaves open; repulsion is left out where there is one group, and where nothing is common. `learning_rate` is
    Adam's, constant.

    Raises:
        RecipeError: a range of SNRs that is none, or a weight or rate that can't be.
    """

    budget: SymbolBudget
    channel: Channel = field(default_factory=AWGN)
    leak: float = 0.0
    decoder: Literal["paper", "spatial"] = "paper"
    grouping: Literal["balanced", "random"] = "balanced"
    width: float = 1.0
    snr_db: tuple[float, float] = (12.0, 18.0)
    repulsion_weight: float = 0.1
    learning_rate: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        low, high = self.snr_db
        if not -math.inf < low <= high < math.inf:
            raise RecipeError(f"SNRs to train at go from a lower to a higher number of dB, not {low} to {high}")
        if not (self.repulsion_weight >= 0 and self.learning_rate > 0):
            raise RecipeError(
                f"a repulsion weight of 0 or more and a learning rate above 0 wanted, not {self.repulsion_weight} and "
                f"{self.learning_rate}"
            )


@dataclass(frozen=True, eq=False)
class Delivered:
    """What users received: `pictures` from 0 to 1; their `groups`; each group's `common` features before scaling."""

    pictures: Float[Tensor, "cells users channels height width"]
    groups: Int64[Tensor, "cells users"]
    common: Float[Tensor, "cells groups reals"]


class DownlinkTraining(L.LightningModule):
    """All networks of a downlink and their training; `channels` and `size` are the pictures'.

    Initial weights, groups, SNRs and noise follow from the recipe's seed and the step alone.

    Raises:
        EncoderError: sides that don't halve three times, or a width multiplier that leaves no whole heads.
    """

    def __init__(self, recipe: DownlinkRecipe, channels: int, size: Size) -> None:
        super().__init__()
        self.recipe = recipe
        budget, width = recipe.budget, recipe.width
        decoder = {"paper": PaperDecoder, "spatial": SpatialDecoder}[recipe.decoder]
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            self.semantic = SemanticEncoder(channels, size, width)
            self.private = PrivateEncoder(2 * budget.private, width)
            self.common = CommonEncoder(2 * budget.common, width) if budget.common else None
            self.decoder: nn.Module = decoder(2 * (budget.common + budget.private), channels, size, width)
        self.downlink = Downlink(recipe.channel, recipe.leak)

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
        self._check(images.shape[1], snr_db)
        maps = self.semantic(_unit_range(images).flatten(0, 1))
        private = self.private(maps).reshape(*images.shape[:2], -1)
        groups = self._groups(private, generator)
        common = private.new_zeros(len(images), self.recipe.budget.groups, 0)
        if self.common is not None:
            members = group_members(groups, self.recipe.budget.groups)
            common = self.common(maps.reshape(*images.shape[:2], *maps.shape[1:]), members)
        received = self.downlink(common, private, groups, snr_db, generator=generator)
        pictures: Tensor = self.decoder(received.flatten(0, 1))
        return Delivered(pictures.reshape(*images.shape[:2], *pictures.shape[1:]), groups, common)

    def loss(
        self, images: UInt8[Tensor, "cells users height width channels"], generator: torch.Generator
    ) -> dict[str, Float[Tensor, ""]]:
        """Equation (7) as `loss`, and its parts `reconstruction` and `repulsion`, the second not yet weighed."""
        low, high = self.recipe.snr_db
        drawn = torch.rand(images.shape[:2], generator=generator, device=images.device)
        delivered = self(images, low + (high - low) * drawn, generator)
        reconstruction = charbonnier(delivered.pictures, _unit_range(images))
        if not self.recipe.budget.common or self.recipe.budget.groups < 2:
            return {"loss": reconstruction, "reconstruction": reconstruction}
        apart = repulsion(delivered.common)
        total = reconstruction + self.recipe.repulsion_weight * apart
        return {"loss": total, "reconstruction": reconstruction, "repulsion": apart}

    def training_step(self, images: UInt8[Tensor, "cells users height width channels"]) -> Tensor:
        """One step's loss.

        Raises:
            RecipeError: the loss is not finite.
        """
        parts = self.loss(images, step_generator(self.recipe.seed, self.global_step, self.device))
        if not math.isfinite(parts["loss"].item()):
            at = f"{parts['loss'].item()} at step {self.global_step}"
            raise RecipeError(f"the loss became {at}; learn at a lower rate")
        self.log_dict({name: part.detach() for name, part in parts.items()}, prog_bar=True, batch_size=len(images))
        return parts["loss"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam at a constant rate, as in the paper's Section IV-A."""
        return torch.optim.Adam(self.parameters(), self.recipe.learning_rate)

    def _groups(self, private: Tensor, generator: torch.Generator) -> Tensor:
        cells, users = private.shape[:2]
        n = self.recipe.budget.groups
        if self.recipe.grouping == "random":
            return random_groups(cells, users, n, generator=generator)
        return balanced_groups(private, n, generator=generator)

    def _check(self, users: int, snr_db: float | Tensor) -> None:
        if users != self.recipe.budget.users:
            raise RecipeError(f"symbols are budgeted for {self.recipe.budget.users} users a cell, not for {users}")
        low, high = self.recipe.snr_db
        asked = torch.as_tensor(snr_db)
        lowest, highest = float(asked.min()), float(asked.max())
        if lowest < low - SLACK_DB or highest > high + SLACK_DB:
            there = f"{lowest:g} dB" if lowest == highest else f"{lowest:g} to {highest:g} dB"
            message = f"trained at {low:g} to {high:g} dB, used at {there}; a network trained there would do better"
            warnings.warn(message, SnrRangeWarning, stacklevel=2)


class Cells(Dataset[Tensor]):
    """`n` cells of correlated users from number `first` on, as a torch data set of pictures [users, H, W, channels]."""

    def __init__(self, source: CorrelatedUsers, n: int, first: int = 0) -> None:
        self.source = source
        self.n = n
        self.first = first

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> UInt8[Tensor, "users height width channels"]:
        return torch.from_numpy(self.source.cell(self.first + index)[0])


def step_generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """The random numbers of one step, which share nothing with its neighbours'."""
    (mixed,) = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(mixed >> np.uint64(1)))


def _unit_range(
    images: UInt8[Tensor, "cells users height width channels"],
) -> Float[Tensor, "cells users channels height width"]:
    return images.movedim(-1, 2).float() / 255
