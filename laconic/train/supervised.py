"""Training an encoder with labels: the six ways of paper 001, the joint default, and losses of one's own."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int64, Shaped
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.augmix import augmix
from laconic.encoder.bilstm import TextEncoder
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.projector import Projector
from laconic.encoder.resnet import Residual
from laconic.encoder.straight_through import named_units
from laconic.geometry import GraphRecipe, firing, recorded_maps
from laconic.objective import (
    jensen_shannon,
    label_variation_loss,
    parseval_step,
    smoothness,
    supervised_contrastive,
)
from laconic.score.attack import pgd
from laconic.train.batches import Batch
from laconic.train.recipe import Recipe
from laconic.train.way import Way

UNIT_SPHERE = GraphRecipe("rbf", alpha=2.0)
"""Label variation's graph, of the projector's rows of unit length. Where lengths are free, as in the paper, all
distances grow and the loss is near 0 while classes still are mixed."""
SMOOTH_BATCH = 100  # pictures: that of paper 003's authors, for whose gamma it was


class Supervised(Way):
    """Encoder, classifier and projector under a loss that knows the labels.

    `class_weights` [classes] weigh the cross-entropy.
    """

    def __init__(
        self,
        encoder: FeatureEncoder | TextEncoder,
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
        self.layers = _smooth_layers(encoder.backbone, recipe) if recipe.smooth else ()

    def loss(
        self,
        images: Shaped[Tensor, " batch *item"],
        labels: Int64[Tensor, " batch"],
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """The objective on `views` views of each picture, attacked where that is asked, and the regularisers on it."""
        recipe, labels = self.recipe, labels.repeat(self.recipe.views)
        if recipe.consistency_weight:
            pictures = self._three_views(images, generator)
        else:
            pictures = self.views(images, generator, recipe.views)
        if recipe.adversarial:
            pictures = self._attacked(pictures, labels, generator)
        with recorded_maps(self.encoder.backbone, self.layers) as maps:
            features, mask = self(pictures)
        n = len(labels)
        loss = self.basic_loss(features[:n], labels)
        if recipe.smooth:  # a slice's gradient would lose channels_last, and with it time
            first = maps if n == len(features) else [each[:n] for each in maps]
            loss = loss + self._smoothness(first, labels)
        if recipe.consistency_weight:
            loss = loss + recipe.consistency_weight * jensen_shannon(self.classifier(features).split(n))
        return loss, features, mask

    def _smoothness(self, maps: list[Tensor], labels: Tensor) -> Tensor:
        """The regulariser of those pictures that no layer is silent about (a map of zeros has no cosine).

        A batch of r copies of each picture has r^3 times the value: gamma is made to mean what it does at SMOOTH_BATCH.
        """
        maps, labels = firing(maps, labels)
        return smoothness(maps, labels, self.recipe.smooth) * (SMOOTH_BATCH / max(1, len(labels))) ** 3

    def _three_views(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """AugMix's: each picture after shifts and the like, then two mixtures of that with its varied copies."""
        view = self.augmentation(self.encoder.pictures(images), generator)
        three = (view, augmix(view, generator), augmix(view, generator))
        return torch.cat([self.sensed(each, generator) for each in three])

    def _attacked(self, pictures: Tensor, labels: Tensor, generator: torch.Generator) -> Tensor:
        """PGD on the classifier from a random start, as Madry et al., 2018, train: no picture is left as it was."""
        eps, steps = self.recipe.adversarial, self.recipe.adversarial_steps
        step_size = 2.5 * eps / steps  # theirs: from any start the whole ball is within reach
        return pgd(Logits(self), pictures, labels, eps, steps=steps, step_size=step_size, generator=generator)

    def on_train_batch_end(self, *arguments: Any) -> None:
        """With `parseval` weights take a step towards orthogonal ones after the optimiser's."""
        if self.recipe.parseval:
            parseval_step([*self.encoder.backbone.parameters(), *self.classifier.parameters()])
        super().on_train_batch_end(*arguments)

    def basic_loss(self, features: Float[Tensor, "batch units"], labels: Int64[Tensor, " batch"]) -> Float[Tensor, ""]:
        """What the objective asks of the features, sparsity aside."""
        objective = self.recipe.objective
        if not isinstance(objective, str):
            return objective(features, labels)
        if objective == "cross-entropy":
            return self._cross_entropy(self.classifier(features), labels)
        if objective == "label-variation":
            return label_variation_loss(self.projector(features), labels, UNIT_SPHERE)
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


class Logits(nn.Module):
    """What the classifier makes of pictures in [0, 1]: the network that an attack goes against."""

    def __init__(self, way: Supervised) -> None:
        super().__init__()
        self.way = way

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        """Logits of the full features."""
        logits: Tensor = self.way.classifier(self.way(pictures)[0])
        return logits


def _smooth_layers(backbone: nn.Module, recipe: Recipe) -> tuple[str, ...]:
    """The layers that were asked for, or all whose maps are >= 0 in our networks: ReLUs and what ends in one."""
    after_relu = (name for name, layer in backbone.named_modules() if isinstance(layer, (nn.ReLU, Residual)))
    return recipe.smooth_layers or tuple(after_relu)
