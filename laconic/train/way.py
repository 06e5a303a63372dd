"""What every way of training shares: seeded steps, sparsity under control, the schedule, checkpoints, collapse."""

from __future__ import annotations

import copy
import math
from typing import Any

import lightning as L
import torch
from jaxtyping import Float, Int64, Shaped
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from laconic.encoder.augment import Augmentation
from laconic.encoder.augmix import augmix
from laconic.encoder.bilstm import TextEncoder
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.sensor import sensor_noise
from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity
from laconic.train.batches import Batch, ShuffledBatches
from laconic.train.rate import SparsityWeight
from laconic.train.recipe import Recipe, RecipeError

GOOD_EVERY = 100  # steps between two copies of the weights, to go back to after a collapse
HEALTHY = 1.0  # mean active units a picture below which no copy is taken
WARMUP = 0.2  # of the steps, for the learning rate


class Way(L.LightningModule):
    """One way of training an encoder: basic loss + lambda * sparsity (paper 001, eq. 12).

    A way implements `loss` and brings the layers that it needs beside the encoder. `n_steps` fixes the learning-rate
    schedule (a rise over WARMUP of the steps, then linearly to 0); without it the rate is constant (paper 001's way,
    stopped by patience). Augmentation and batches derive from (seed, step) alone.
    """

    def __init__(
        self,
        encoder: FeatureEncoder | TextEncoder,
        recipe: Recipe,
        augmentation: Augmentation,
        n_steps: int | None,
        warmup_steps: int,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.recipe = recipe
        self.augmentation = augmentation
        self.n_steps = n_steps
        self.rate = SparsityWeight(recipe.weight, warmup_steps, recipe.k, recipe.target_bits, recipe.ramp)
        self.good: dict[str, Tensor] = {}
        self.bf16 = use_bf16(recipe.precision)

    def loss(
        self,
        images: Shaped[Tensor, " batch *item"],
        labels: Int64[Tensor, " batch"],
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """The step's loss, sparsity aside, and the features and mask that it was taken of."""
        raise NotImplementedError

    def measured(self) -> dict[str, float]:
        """What training itself has measured, for the codec's record."""
        return {}

    def forward(self, pictures: Shaped[Tensor, " batch *view"]) -> tuple[Tensor, Tensor]:
        """Features and mask, both [batch, units], in fp32; the network itself may run in bf16."""
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bf16):
            features, mask = self.encoder.features(pictures)
        return features.float(), mask.float()

    def views(
        self, images: Shaped[Tensor, " batch *item"], generator: torch.Generator, n: int
    ) -> Shaped[Tensor, " rows *view"]:
        """`n` augmented views of each picture, view by view: picture i's are rows i, i + batch, ...

        A text's views are all alike; what dropout leaves of each is not.
        """
        pictures = self.encoder.pictures(images)
        if isinstance(self.encoder, TextEncoder):
            return pictures.repeat(n, 1)
        views = [self.augmentation(pictures, generator) for _ in range(n)]
        if self.recipe.augment == "augmix":
            views = [augmix(view, generator) for view in views]
        views = [self.sensed(view, generator) for view in views]
        return torch.cat(views) if n > 1 else views[0]

    def sensed(
        self, pictures: Float[Tensor, "batch channels height width"], generator: torch.Generator
    ) -> Float[Tensor, "batch channels height width"]:
        """Views as the sensor takes them: noisy, where the recipe asks for that."""
        noise = self.recipe.sensor_noise
        return pictures if noise is None else sensor_noise(pictures, noise, generator)

    def sparsity(self, features: Float[Tensor, "batch units"], mask: Float[Tensor, "batch units"]) -> Tensor:
        """L_sparse of paper 001: equations (6), (7) or (8); `features` are already F o mask."""
        if self.recipe.sparsity == "feature":
            return feature_sparsity(features)
        if self.recipe.sparsity == "mask":
            return mask_sparsity(mask)
        if self.recipe.sparsity == "weighted":
            return weighted_sparsity(features)
        return features.new_zeros(())

    def on_train_start(self) -> None:
        """The weights to go back to, until there are better ones."""
        if not self.good:
            self.good = self._weights()

    def on_train_epoch_start(self) -> None:
        """The epoch's batches follow from the step alone, in a resumed run, too."""
        batches = getattr(self.trainer.train_dataloader, "sampler", None)
        if isinstance(batches, ShuffledBatches):
            batches.begin(self.global_step)

    def training_step(self, batch: Batch) -> Tensor:
        """One step's loss; also keeps the running length of the words.

        Raises:
            RecipeError: the loss is not finite; the last checkpoint stays.
        """
        seed = _mix(self.recipe.seed, self.global_step)
        generator = torch.Generator(self.device).manual_seed(seed)
        with torch.random.fork_rng():  # dropout draws from torch's global generator
            torch.manual_seed(seed)
            basic, features, mask = self.loss(*batch, generator)
        loss = basic + self.rate.at(self.global_step) * self.sparsity(features, mask)
        if not math.isfinite(loss.item()):
            raise RecipeError(
                f"the loss became {loss.item()} at step {self.global_step}; the last good checkpoint is kept: use a "
                "smaller --learning-rate (or a larger --temperature)"
            )
        self.rate.hear(features.detach())
        self.log_dict({"loss": loss.detach(), "active": self.rate.active}, prog_bar=True)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Steer the sparsity weight; after a collapse go back to the last good weights."""
        if self.rate.look(self.global_step):
            self.load_state_dict(self.good)
            for optimizer in self.trainer.optimizers:
                optimizer.state.clear()  # its momentum points into the collapse
        elif self.global_step % GOOD_EVERY == 0 and self.rate.active_now > HEALTHY:
            self.good = self._weights()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """SGD with Nesterov momentum, or Adam; weight decay on matrices and filters only."""
        recipe = self.recipe
        learning = [p for p in self.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in learning if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer: torch.optim.Optimizer
        if recipe.optimizer == "adam":
            optimizer = torch.optim.Adam(groups, recipe.peak_rate)
        else:
            optimizer = torch.optim.SGD(groups, recipe.peak_rate, recipe.momentum, nesterov=recipe.momentum > 0)
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
