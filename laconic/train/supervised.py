"""Training an encoder with labels: the six ways of paper 001, the joint default, and losses of one's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.projector import Projector
from laconic.encoder.straight_through import named_units
from laconic.objective.contrastive import supervised_contrastive
from laconic.train.batches import Batch
from laconic.train.recipe import Recipe
from laconic.train.way import Way


class Supervised(Way):
    """Encoder, classifier and projector under a loss that knows the labels.

    `class_weights` [classes] weigh the cross-entropy.
    """

    def __init__(
        self,
        encoder: FeatureEncoder,
        class_weights: Float32[Tensor, " classes"],
        recipe: Recipe,
        augmentation: Augmentation,
        n_steps: int | None,
        warmup_steps: int,
    ) -> None:
        super().__init__(encoder, recipe, augmentation, n_steps, warmup_steps)
        units = encoder.units
        self.classifier = nn.Linear(units, len(class_weights))
        self.word_classifier = nn.Linear(units, len(class_weights))
        self.projector = Projector(units)
        self.register_buffer("class_weights", class_weights)

    def loss(
        self,
        images: UInt8[Tensor, "batch height width channels"],
        labels: Int64[Tensor, " batch"],
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """The objective on `views` views of each picture."""
        n = self.recipe.views
        features, mask = self(self.views(images, generator, n))
        return self.basic_loss(features, labels.repeat(n)), features, mask

    def basic_loss(self, features: Float[Tensor, "batch units"], labels: Int64[Tensor, " batch"]) -> Float[Tensor, ""]:
        """What the objective asks of the features, sparsity aside."""
        objective = self.recipe.objective
        if not isinstance(objective, str):
            return objective(features, labels)
        if objective == "cross-entropy":
            return self._cross_entropy(self.classifier(features), labels)
        contrast = supervised_contrastive(self.projector(features), labels, self.recipe.softmax_temperature)
        if objective == "supcon":
            return contrast
        said = self._cross_entropy(self.word_classifier(named_units(features, self.recipe.k)), labels)
        return self._cross_entropy(self.classifier(features), labels) + contrast + said

    def validation_step(self, batch: Batch) -> None:
        """The same loss on held-out pictures, not augmented; `patience` watches it."""
        images, labels = batch
        features, _ = self(self.encoder.pictures(images))
        self.log("val_loss", self.basic_loss(features, labels), prog_bar=True, batch_size=len(labels))
        if not self.recipe.two_stage:
            accuracy = (self.classifier(features).argmax(dim=1) == labels).float().mean()
            self.log("val_accuracy", accuracy, prog_bar=True, batch_size=len(labels))

    def _cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(logits, labels, weight=self.get_buffer("class_weights"))
