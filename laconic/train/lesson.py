"""What a student learns and from whom: the way of training it, made anew for every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from laconic.data import AnyPreprocessing, of_pictures
from laconic.encoder import FeatureEncoder
from laconic.encoder.slimming import slim
from laconic.encoder.translated import Translated
from laconic.train.distilled import Distillation, Distilled
from laconic.train.pictures import TrainingData
from laconic.train.recipe import Recipe
from laconic.train.teacher import Teacher, network_of
from laconic.train.training import chosen_augmentation, make_encoder
from laconic.train.way import Way


@dataclass(frozen=True, eq=False)
class Lesson:
    """From whom, how, and whether with labels; the mean of the teacher's features, and of its loudest in a picture."""

    teacher: Teacher
    distillation: Distillation
    labelled: bool
    mean: Float32[np.ndarray, " units"]
    loudness: float

    def build(
        self, data: TrainingData, preprocessing: AnyPreprocessing, recipe: Recipe, n_steps: int | None, _: int
    ) -> Way:
        """The student with its initial weights: its teacher's loudest filters where both are `Cnn`, else the seed's.

        A network of one's own keeps the weights that it came with.
        """
        pictures = of_pictures(preprocessing, "laconic distill")
        height, width, channels = pictures.shape
        plain = make_encoder(data, pictures, recipe)
        if self.teacher.network is not None and not isinstance(recipe.encoder, nn.Module):
            slim(plain.backbone, network_of(self.teacher.network.backbone))
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed + 1)
            backbone = Translated(plain.backbone, channels, (height, width), self.teacher.units, self.loudness)
            mean, std = (values.flatten().tolist() for values in (plain.mean, plain.std))
            encoder = FeatureEncoder(backbone, channels, (height, width), "none", mean, std)
            augmentation = chosen_augmentation(recipe, preprocessing)
            way = Distilled(encoder, self.teacher, self.distillation, self.labelled, recipe, augmentation, n_steps, 1)
        return way.to(memory_format=torch.channels_last)
