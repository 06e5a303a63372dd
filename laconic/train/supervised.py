"""Training an encoder with labels: the six ways of paper 001, the joint default, and losses of one's own."""

from __future__ import annotations

import copy
from typing import Any

import lightning as L
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int64
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.projector import Projector
from laconic.encoder.straight_through import named_units
from laconic.objective.contrastive import supervised_contrastive
from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity
from laconic.train.batches import Batch, ShuffledBatches
from laconic.train.rate import SparsityWeight
from laconic.train.recipe import Recipe

GOOD_EVERY = 100  # steps between two copies of the weights, to go back to after a collapse
HEALTHY = 1.0  # mean active units a picture below which no copy is taken
WARMUP = 0.2  # of the steps, for the learning rate


class Supervised(L.LightningModule):
    """Encoder, classifier and projector under one loss: basic + lambda * sparsity (paper 001, eq. 12).

    `n_steps` fixes the learning-rate schedule (a rise over WARMUP of the steps, then linearly to 0); without
    it the rate is constant (the paper's way, stopped by patience). `class_weights` [classes] weigh the
    cross-entropy. Augmentation and batches derive from (seed, step) alone.
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
        super().__init__()
        units = encoder.units
        self.encoder = encoder
        self.classifier = nn.Linear(units, len(class_weights))
        self.word_classifier = nn.Linear(units, len(class_weights))
        self.projector = Projector(units)
        self.register_buffer("class_weights", class_weights)
        self.recipe = recipe
        self.augmentation = augmentation
        self.n_steps = n_steps
        self.rate = SparsityWeight(recipe.weight, warmup_steps, recipe.k, recipe.target_bits)
        self.good = self._weights()
        self.bf16 = use_bf16(recipe.precision)

    def forward(self, pictures: Float[Tensor, "batch channels height width"]) -> tuple[Tensor, Tensor]:
        """Features and mask, both [batch, units], in fp32; the network itself may run in bf16."""
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bf16):
            features, mask = self.encoder.features(pictures)
        return features.float(), mask.float()

    def on_train_epoch_start(self) -> None:
        """The epoch's batches follow from the step alone, in a resumed run, too."""
        batches = getattr(self.trainer.train_dataloader, "sampler", None)
        if isinstance(batches, ShuffledBatches):
            batches.begin(self.global_step)

    def training_step(self, batch: Batch) -> Tensor:
        """One step's loss; also keeps the running length of the words."""
        images, labels = batch
        generator = torch.Generator(self.device).manual_seed(_mix(self.recipe.seed, self.global_step))
        pictures = self.encoder.pictures(images)
        views = [self.augmentation(pictures, generator) for _ in range(self.recipe.views)]
        labels = labels.repeat(self.recipe.views)
        features, mask = self(torch.cat(views) if len(views) > 1 else views[0])
        loss = self.basic_loss(features, labels) + self.rate.at(self.global_step) * self.sparsity(features, mask)
        self.rate.hear(features.detach())
        self.log_dict({"loss": loss.detach(), "active": self.rate.active}, prog_bar=True)
        return loss

    def basic_loss(self, features: Float[Tensor, "batch units"], labels: Int64[Tensor, " batch"]) -> Tensor:
        """What the objective asks of the features, sparsity aside."""
        objective = self.recipe.objective
        if not isinstance(objective, str):
            return objective(features, labels)
        if objective == "cross-entropy":
            return self._cross_entropy(self.classifier(features), labels)
        contrast = supervised_contrastive(self.projector(features), labels, self.recipe.temperature)
        if objective == "supcon":
            return contrast
        said = self._cross_entropy(self.word_classifier(named_units(features, self.recipe.k)), labels)
        return self._cross_entropy(self.classifier(features), labels) + contrast + said

    def sparsity(self, features: Float[Tensor, "batch units"], mask: Float[Tensor, "batch units"]) -> Tensor:
        """L_sparse of paper 001: equations (6), (7) or (8); `features` are already F o mask."""
        if self.recipe.sparsity == "feature":
            return feature_sparsity(features)
        if self.recipe.sparsity == "mask":
            return mask_sparsity(mask)
        if self.recipe.sparsity == "weighted":
            return weighted_sparsity(features)
        return features.new_zeros(())

    def validation_step(self, batch: Batch) -> None:
        """The same loss on held-out pictures, not augmented; `patience` watches it."""
        images, labels = batch
        features, _ = self(self.encoder.pictures(images))
        self.log("val_loss", self.basic_loss(features, labels), prog_bar=True, batch_size=len(labels))
        if not self.recipe.two_stage:
            accuracy = (self.classifier(features).argmax(dim=1) == labels).float().mean()
            self.log("val_accuracy", accuracy, prog_bar=True, batch_size=len(labels))

    def on_train_batch_end(self, *_: Any) -> None:
        """Steer the sparsity weight; after a collapse go back to the last good weights."""
        if self.rate.look(self.global_step):
            self.load_state_dict(self.good)
            for optimizer in self.trainer.optimizers:
                optimizer.state.clear()  # its momentum points into the collapse
        elif self.global_step % GOOD_EVERY == 0 and self.rate.active_now > HEALTHY:
            self.good = self._weights()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """SGD with Nesterov momentum; weight decay on matrices and filters only."""
        recipe = self.recipe
        decayed = [p for p in self.parameters() if p.ndim > 1]
        free = [p for p in self.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": free, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.SGD(groups, recipe.learning_rate, recipe.momentum, nesterov=recipe.momentum > 0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: self.learning_rate_factor(step))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def learning_rate_factor(self, step: int) -> float:
        """The learning rate at `step` over its peak."""
        if self.n_steps is None:
            return 1.0
        part = min(1.0, step / self.n_steps)
        return 0.2 + 0.8 * part / WARMUP if part < WARMUP else (1 - part) / (1 - WARMUP)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The rate controller's state travels with the weights."""
        checkpoint["rate"] = self.rate.state()
        checkpoint["good"] = self.good

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Continue where the checkpoint left off."""
        self.rate.load(checkpoint["rate"])
        self.good = checkpoint["good"]

    def _cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        weights = self.get_buffer("class_weights")
        return F.cross_entropy(logits, labels, weight=weights)

    def _weights(self) -> dict[str, Tensor]:
        return copy.deepcopy(self.state_dict())


def use_bf16(precision: str) -> bool:
    """Whether to train in bf16: always with `bf16`, never with `fp32`, by hardware support with `auto`."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _mix(seed: int, step: int) -> int:
    """One 63-bit seed from two numbers (splitmix64's finaliser), so that nearby steps share nothing."""
    z = (seed * 0x9E3779B97F4A7C15 + step * 0xD1B54A32D192ED03 + 1) & (1 << 64) - 1
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & (1 << 64) - 1
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & (1 << 64) - 1
    return (z ^ z >> 31) >> 1
