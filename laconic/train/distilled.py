"""Training a student encoder into a teacher's units: the same view goes to both, the same unit has to win."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from laconic.encoder.augment import Augmentation
from laconic.encoder.features import FeatureEncoder
from laconic.encoder.translated import Translated
from laconic.geometry.layers import all_fire, check_layers, recorded_maps
from laconic.objective.distill import (
    AUTHORS_WEIGHT,
    distance_distillation,
    graph_distillation,
    logit_distillation,
)
from laconic.train.batches import Batch
from laconic.train.recipe import Recipe, RecipeError
from laconic.train.teacher import Teacher, network_of, stage_ends
from laconic.train.way import Way

METHODS = ("gkd", "rkd", "kd")
UNIT_TEMPERATURE = 0.2  # of the softmax over units, whose loudest is 1 in each picture
UNIT_WEIGHT = 1.0
QUIET = 0.1  # a picture whose loudest unit is quieter still counts as if it had this one
LOGIT_TEMPERATURE = 4.0  # of the softmax over classes
HEAD_WEIGHT = 0.3  # of decisions through the teacher's head; it was made for features that are learnt, and is steep
OWN_WEIGHT = 0.3  # of its teacher's decisions in what the student's own classifier learns
OWN_SCALE = 3.0  # of the rows of length 1 that it reads


@dataclass(frozen=True)
class Distillation:
    """What a student is taught beside its teacher's features and soft decisions, which it always is.

    `gkd` adds the geometry of inner layers as graphs, `rkd` as distances, `kd` nothing. `layers` of the student and
    `teacher_layers` go in pairs; left out, they are the ends of the stages of laconic's own networks, the last ones
    where one has more. `weight` is that of each pair. `task_weight` is that of the cross-entropy with the labels by a
    classifier of the student's own, where the source has the teacher's classes.

    Raises:
        RecipeError: a method that is not there, a weight below 0 or infinite, or layers for kd.
    """

    method: str = "gkd"
    layers: tuple[str, ...] | None = None
    teacher_layers: tuple[str, ...] | None = None
    weight: float = AUTHORS_WEIGHT
    task_weight: float = 0.3

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise RecipeError(f"method is one of {', '.join(METHODS)}, not {self.method!r}")
        for name in ("weight", "task_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise RecipeError(f"{name} is at least 0, not {getattr(self, name)}")
        if self.method == "kd" and (self.layers or self.teacher_layers):
            raise RecipeError("kd looks at no layers: leave layers and teacher_layers out, or choose gkd or rkd")

    def pairs(self, student: FeatureEncoder, teacher: Teacher) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The layers that are compared, the student's and the teacher's.

        Raises:
            RecipeError: there are not equally many, or the teacher's can't be looked at.
            LayerError: a layer does not exist.
        """
        if self.method == "kd":
            return (), ()
        ours = stage_ends(student.backbone) if self.layers is None else self.layers
        theirs = teacher.stage_ends if self.teacher_layers is None else self.teacher_layers
        n = min(len(ours), len(theirs))
        ours = ours[len(ours) - n :] if self.layers is None else ours
        theirs = theirs[len(theirs) - n :] if self.teacher_layers is None else theirs
        if len(ours) != len(theirs):
            raise RecipeError(
                f"layers of student and teacher go in pairs, and there are {len(ours)} and {len(theirs)}: give as many "
                "--layers as --teacher-layers"
            )
        check_layers(network_of(student.backbone), ours)
        teacher.check(theirs)
        return ours, theirs


class Distilled(Way):
    """A student whose features are its teacher's.

    ```
    L = |s - t|^2 / |t - mean|^2       roots of features, as a share of the teacher's variance
      + KL over units                  softmax(t / UNIT_TEMPERATURE): the loudest, and those that nearly are
      + HEAD_WEIGHT * KL over classes  through the teacher's own head
      + OWN_WEIGHT * KL over classes   by a classifier of the student's own, thrown away afterwards (Hinton's KD)
      + task_weight * cross-entropy    by the same classifier, where there are labels
      + weight * graphs or distances of pairs of inner layers; of features where there are none
    ```

    A classifier of its own is learnt with the network that it reads, whereas the teacher's, fixed, is steep from the
    first step on: labels through it made students worse (docs/decisions/0011).
    s and t are roots of features over the teacher's mean loudest unit. KL over units has them over each picture's own
    loudest one: words name the loudest units, of quiet pictures as of loud ones.
    """

    def __init__(
        self,
        encoder: FeatureEncoder,
        teacher: Teacher,
        distillation: Distillation,
        labelled: bool,
        recipe: Recipe,
        augmentation: Augmentation,
        n_steps: int | None,
        warmup_steps: int,
    ) -> None:
        super().__init__(encoder, recipe, augmentation, n_steps, warmup_steps)
        self.teacher = teacher
        self.distillation = distillation
        self.labelled = labelled
        self.layers, self.teacher_layers = distillation.pairs(encoder, teacher)
        if teacher.head is not None:
            self.register_buffer("head_weight", torch.from_numpy(teacher.head.weight), persistent=False)
            self.register_buffer("head_bias", torch.from_numpy(teacher.head.bias), persistent=False)
        if teacher.head is not None or labelled:
            assert isinstance(encoder.backbone, Translated)
            n_classes = len(teacher.codec.classes) if teacher.head is None else len(teacher.head.bias)
            self.classifier = nn.Linear(encoder.backbone.wide, n_classes)

    def loss(
        self,
        images: UInt8[Tensor, "batch height width channels"],
        labels: Int64[Tensor, " batch"],
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "rows units"], Float[Tensor, "rows units"]]:
        """The lesson on one view of each picture."""
        loss, features, _ = self.lesson(self.views(images, generator, 1), labels)
        return loss, features, torch.ones_like(features)

    def lesson(
        self, views: Float[Tensor, "batch channels height width"], labels: Int64[Tensor, " batch"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "batch units"], Float[Tensor, "batch units"]]:
        """The loss on these views, with the student's features and the teacher's."""
        student = self.encoder.backbone
        with torch.autocast(views.device.type, torch.bfloat16, enabled=self.bf16):
            theirs, their_maps = self.teacher(views, self.teacher_layers)
        with (
            recorded_maps(network_of(student), self.layers) as maps,
            recorded_maps(student, ["translate.0", "translate"]) as rows,
        ):
            features, _ = self(views)
        seen, ours = (each.float() for each in rows)
        told = (theirs / student.get_buffer("loudness")).sqrt()
        loss = (ours.relu() - told).square().sum() / (told - told.mean(0)).square().sum().clamp_min(1e-6)
        loudest = told.amax(1, keepdim=True).clamp_min(QUIET)
        loss = (
            loss
            + UNIT_WEIGHT * logit_distillation(ours / loudest, told / loudest, UNIT_TEMPERATURE) / UNIT_TEMPERATURE**2
        )
        loss = (
            loss + self._decisions(seen, features, theirs, labels) + self._geometry(maps, features, their_maps, theirs)
        )
        return loss, features, theirs

    def _decisions(
        self,
        seen: Float[Tensor, "batch wide"],
        student: Float[Tensor, "batch units"],
        teacher: Float[Tensor, "batch units"],
        labels: Int64[Tensor, " batch"],
    ) -> Tensor:
        """What the teacher's head makes of both features, and the student's own classifier of what its network sees."""
        loss = student.new_zeros(())
        if self.teacher.head is None and not self.labelled:
            return loss
        own = self.classifier(OWN_SCALE * seen)
        if self.teacher.head is not None:
            ours, theirs = (
                F.linear(features, self.get_buffer("head_weight"), self.get_buffer("head_bias"))
                for features in (student, teacher)
            )
            loss = loss + HEAD_WEIGHT * logit_distillation(ours, theirs, LOGIT_TEMPERATURE) / LOGIT_TEMPERATURE**2
            loss = loss + OWN_WEIGHT * logit_distillation(own, theirs, LOGIT_TEMPERATURE)
        if self.labelled:
            loss = loss + self.distillation.task_weight * F.cross_entropy(own, labels)
        return loss

    def _geometry(self, maps: list[Tensor], student: Tensor, their_maps: list[Tensor], teacher: Tensor) -> Tensor:
        """The method's own term; a picture of which a map is all zeros has no place in its geometry."""
        if self.distillation.method == "kd":
            return student.new_zeros(())
        compare = graph_distillation if self.distillation.method == "gkd" else distance_distillation
        pairs = zip(maps, their_maps, strict=True) if maps else [(student, teacher)]
        heard = [(ours.float(), theirs.float(), all_fire([ours, theirs])) for ours, theirs in pairs]
        terms = [compare([ours[both]], [theirs[both]]) for ours, theirs, both in heard if both.sum() > 1]
        return self.distillation.weight * torch.stack([*terms, student.new_zeros(())]).sum()

    def validation_step(self, batch: Batch) -> None:
        """The same loss on held-out pictures, not augmented, and how often the same unit is the loudest."""
        images, labels = batch
        loss, features, theirs = self.lesson(self.encoder.pictures(images), labels)
        self.log("val_loss", loss, prog_bar=True, batch_size=len(labels))
        same = (features.argmax(1) == theirs.argmax(1)).float().mean()
        self.log("val_word_agreement", same, prog_bar=True, batch_size=len(labels))
