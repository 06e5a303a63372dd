r"""Training a downlink end to end: what a group's users share is sent once, what is a user's own to it alone.

Koh, Noh and Yang, "Group-wise Semantic Splitting Multiple Access for Multi-User Semantic Communication", 2025,
Algorithm 2 and equation (7): L = Charbonnier + lambda repulsion, with a new SNR for each user of each cell.

```
pictures --SemanticEncoder--> maps --PrivateEncoder--> p --balanced_groups--> groups
                                 \--CommonEncoder of each group--> c      Downlink: [c, p] --> decoder --> pictures
```
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from laconic.encoder.downlink import CommonEncoder, PrivateEncoder, SemanticEncoder, scaled
from laconic.encoder.picture_decoder import PaperDecoder, SpatialDecoder
from laconic.encoder.stem import Size
from laconic.geometry import balanced_groups, group_members, random_groups
from laconic.link import Downlink
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.way import Delivered, DownlinkWay, unit_range


class DownlinkTraining(DownlinkWay):
    """All networks of a downlink and their training; `channels` and `size` are the pictures'.

    Where the recipe classifies, a head tells the class, of `classes`, of the same received features as the picture.
    Initial weights, groups, SNRs and noise follow from the recipe's seed and the step alone.

    Raises:
        EncoderError: sides that don't halve three times, or a width multiplier that leaves no whole heads.
    """

    def __init__(self, recipe: DownlinkRecipe, channels: int, size: Size, classes: int = 0) -> None:
        super().__init__(recipe)
        budget, width, aware = recipe.budget, recipe.width, recipe.snr_aware
        decoder = {"paper": PaperDecoder, "spatial": SpatialDecoder}[recipe.decoder]
        length = 2 * (budget.common + budget.private)
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            self.semantic = SemanticEncoder(channels, size, width, aware)
            self.private = PrivateEncoder(2 * budget.private, width)
            self.common = CommonEncoder(2 * budget.common, width, aware) if budget.common else None
            self.decoder: nn.Module = decoder(length, channels, size, width, aware)
            self.classifier = _classifier(length, scaled(512, width), classes) if recipe.classify else None
        nn.utils.convert_conv2d_weight_memory_format(self, torch.channels_last)
        self.downlink = Downlink(recipe.channel, recipe.leak)

    def forward(
        self,
        images: UInt8[Tensor, "cells users height width channels"],
        snr_db: float | Float[Tensor, "cells users"],
        generator: torch.Generator,
    ) -> Delivered:
        """Send each user its picture: see `DownlinkWay.forward`."""
        self.check(images.shape[1], snr_db)
        cells, users = images.shape[:2]
        each = torch.as_tensor(snr_db, dtype=torch.float32, device=images.device).expand(cells, users).flatten()
        with self.autocast():
            maps = self.semantic(unit_range(images).flatten(0, 1), each)
            private = self.private(maps).float().reshape(cells, users, -1)
        groups = self._groups(images, private, generator)
        common = private.new_zeros(cells, self.recipe.budget.groups, 0)
        if self.common is not None:
            members = group_members(groups, self.recipe.budget.groups)
            with self.autocast():
                common = self.common(maps.reshape(cells, users, *maps.shape[1:]), members, each).float()
        received = self.downlink(common, private, groups, snr_db, generator=generator).flatten(0, 1)
        with self.autocast():
            pictures = self.decoder(received, each).float()
            logits = None if self.classifier is None else self.classifier(received).float()
        told = None if logits is None else logits.reshape(cells, users, -1)
        return Delivered(pictures.reshape(cells, users, *pictures.shape[1:]), groups, common, told)

    def _groups(self, images: Tensor, private: Tensor, generator: torch.Generator) -> Tensor:
        cells, users = private.shape[:2]
        n = self.recipe.budget.groups
        if self.recipe.grouping == "random":
            return random_groups(cells, users, n, generator=generator)
        if self.recipe.grouping == "pictures":
            seen = unit_range(images).flatten(2)
            apart = F.pad(seen - seen.mean(1, keepdim=True), (0, 1), value=1e-3)  # a cell's mean has a direction, too
            return balanced_groups(apart, n, generator=generator)
        return balanced_groups(private, n, generator=generator)


def _classifier(length: int, hidden: int, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(length, hidden), nn.ReLU(), nn.Linear(hidden, classes))
