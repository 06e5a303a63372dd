"""Training an encoder without labels: SimCLR and MoCo, with one projector, two, or two and the Jaccard similarity."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.momentum import MomentumEncoder, Queue
from laconic.encoder.projector import PROJECTED, BatchNormProjector
from laconic.objective.info_nce import momentum_contrast, nt_xent
from laconic.objective.jaccard import THIRDS, jaccard_momentum_contrast, jaccard_nt_xent
from laconic.score.neighbours import knn_accuracy
from laconic.train.batches import Batch, Pictures
from laconic.train.recipe import Recipe
from laconic.train.way import Way

WEIGHTS = {"jaccard": THIRDS, "two-projectors": (0.5, 0.5)}
"""a1 and a2 of Jiang et al., 2022, equation (4); what they leave is the Jaccard term's."""

BANK, ASKED = 4096, 1024  # training and held-out pictures, at most, of which the k-NN accuracy is taken
CHUNK = 512  # of them encoded at once


class Projectors(nn.Module):
    """Several projectors side by side."""

    def __init__(self, units: int, n: int) -> None:
        super().__init__()
        self.each = nn.ModuleList([BatchNormProjector(units) for _ in range(n)])

    def forward(self, features: Float[Tensor, "batch units"]) -> list[Float[Tensor, "batch dim"]]:
        """Each one's rows of unit length."""
        return [projector(features) for projector in self.each]


class SelfSupervised(Way):
    """Two views of each picture are drawn together and away from other pictures; labels play no part.

    ```
    simclr   both views --encoder--> features --projectors--> rows        against the batch's other rows
    moco     first view --encoder--> features --projectors--> queries     against the queue's keys
             second view --momentum copies of both--> keys --> queue
    ```

    With `similarity` cosine there is one projector; with jaccard and two-projectors there are two. Where held-out
    pictures have labels, `knn` is the k-NN accuracy at each validation; it steers nothing.
    """

    encoder: FeatureEncoder

    def __init__(
        self,
        encoder: FeatureEncoder,
        recipe: Recipe,
        augmentation: Augmentation,
        n_steps: int | None,
        warmup_steps: int,
    ) -> None:
        super().__init__(encoder, recipe, augmentation, n_steps, warmup_steps)
        self.projectors = Projectors(encoder.units, 1 if recipe.similarity == "cosine" else 2)
        self.knn: list[float] = []
        if recipe.objective == "moco":
            self.key_encoder = MomentumEncoder(encoder, recipe.key_momentum)
            self.key_projectors = MomentumEncoder(self.projectors, recipe.key_momentum)
            self.queue = Queue(recipe.stale, PROJECTED * len(self.projectors.each))

    def loss(
        self,
        images: UInt8[Tensor, "batch height width channels"],
        labels: Int64[Tensor, " batch"],  # noqa: ARG002
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """The contrast of two views of each picture; `labels` are not looked at."""
        views = self.views(images, generator, 2)
        if self.recipe.objective == "simclr":
            features, mask = self(views)
            return self.contrast(features), features, mask
        first, second = views.chunk(2)
        features, mask = self(first)
        return self._against_queue(features, second), features, mask

    def contrast(self, features: Float[Tensor, "rows units"]) -> Float[Tensor, ""]:
        """SimCLR's form: two views of each picture, view by view, and all other rows of the batch as negatives."""
        rows = self.projectors(features)
        temperature = self.recipe.softmax_temperature
        if len(rows) == 1:
            return nt_xent(rows[0], temperature)
        return jaccard_nt_xent(rows[0], rows[1], temperature, WEIGHTS[self.recipe.similarity])

    def _against_queue(self, features: Tensor, second: Tensor) -> Tensor:
        """MoCo's form: earlier pictures' keys are the negatives, and this batch's will be."""
        self.key_encoder.follow(self.encoder)
        self.key_projectors.follow(self.projectors)
        queries, keys = self.projectors(features), self._keys(second)
        queued = torch.split(self.queue.rows(), PROJECTED, dim=1)
        self.queue.add(torch.cat(keys, dim=1))
        temperature = self.recipe.softmax_temperature
        if len(queries) == 1:
            return momentum_contrast(queries[0], keys[0], queued[0], temperature)
        (first, other), (key, other_key), (rows, other_rows) = queries, keys, queued
        weights = WEIGHTS[self.recipe.similarity]
        return jaccard_momentum_contrast((first, other), (key, other_key), (rows, other_rows), temperature, weights)

    @torch.no_grad()
    def _keys(self, pictures: Tensor) -> list[Tensor]:
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bf16):
            features, _ = self.key_encoder.network.features(pictures)
        rows: list[Tensor] = self.key_projectors.network(features.float())
        return rows

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """SimCLR's form of the loss on held-out pictures, with the same views every time; `patience` watches it."""
        images, _ = batch
        generator = torch.Generator(self.device).manual_seed(batch_idx)
        features, _ = self(self.views(images, generator, 2))
        self.log("val_loss", self.contrast(features), prog_bar=True, batch_size=len(images))

    def on_validation_epoch_end(self) -> None:
        """k-NN accuracy of held-out pictures among training pictures, not augmented, where there are labels."""
        bank, bank_labels = self._features(self.trainer.train_dataloader, BANK)
        asked, labels = self._features(self.trainer.val_dataloaders, ASKED)
        if bool((bank_labels != bank_labels[0]).any()):
            self.knn.append(knn_accuracy(bank, bank_labels, asked, labels))
            self.log("knn", self.knn[-1], prog_bar=True)

    def measured(self) -> dict[str, Any]:
        """The k-NN accuracy of the last validation; beside it the best one's, which chose nothing, and all of them."""
        if not self.knn:
            return {}
        return {"knn_last": self.knn[-1], "knn_best": max(self.knn), "knn_curve": self.knn}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The accuracies so far travel with the weights."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["knn"] = self.knn

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue where the checkpoint left off."""
        super().on_load_checkpoint(checkpoint)
        self.knn = checkpoint["knn"]

    def _features(self, loader: Any, n: int) -> tuple[Tensor, Tensor]:
        """Features and labels of `n` pictures spread evenly over a loader's, or of all."""
        pictures = self._pictures(loader)
        rows = np.unique(np.linspace(0, len(pictures) - 1, min(n, len(pictures))).astype(int)).tolist()
        batches = [pictures[rows[start : start + CHUNK]] for start in range(0, len(rows), CHUNK)]
        features = [self(self.encoder.pictures(images.to(self.device)))[0] for images, _ in batches]
        return torch.cat(features), torch.cat([labels for _, labels in batches]).to(self.device)

    @staticmethod
    def _pictures(loader: Any) -> Pictures:
        pictures: Pictures = loader.dataset
        return pictures
