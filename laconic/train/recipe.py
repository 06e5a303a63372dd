"""What a training run is asked to do: one record, checked when it is made, stored with the run and the codec."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from laconic.contract import LaconicError
from laconic.encoder.features import MaskInput

Objective = Callable[[Tensor, Tensor], Tensor]
"""An own loss: features [batch, units] and labels [batch] to a scalar."""

DEFAULT_MINUTES = 15.0
QUEUE, MEMORY = 4096, 1024  # stale rows of MoCo and of paper 000, where the data has twice as many pictures
SUITED: dict[str, dict[str, Any]] = {
    "": {
        "sparsity": "mask",
        "sparsity_weight": 1e-3,
        "sparsity_warmup": 0.3,
        "learning_rate": 0.1,
        "temperature": 0.1,
        "encoder_momentum": 0.99,
        "tries": 1,
        "encoder": "cnn",
    },
    # Its loss pulls harder than a cross-entropy; pressed before classes stand apart, some share a unit for good.
    "supcon": {"sparsity_weight": 0.09, "sparsity_warmup": 0.8, "learning_rate": 0.05},
    # Its gradient is small: a mean over pairs, most of them far apart.
    "label-variation": {"sparsity": "none", "learning_rate": 1.0},
    "simclr": {"sparsity": "none", "temperature": 0.5},
    "moco": {"sparsity": "none", "temperature": 0.5},
    "disentangle": {"sparsity": "none", "encoder_momentum": 0.9, "tries": 4, "encoder": "cnnw16"},
}
"""What suits an objective where the user leaves it open; "" is for all that is not said elsewhere."""

WITHOUT_LABELS = ("simclr", "moco", "disentangle")
OBJECTIVES = ("joint", "cross-entropy", "supcon", "label-variation", *WITHOUT_LABELS)
CONSISTENCY = 12.0  # AugMix's own weight of the Jensen-Shannon term
CHOICES: dict[str, tuple[str | int, ...]] = {
    "sparsity": ("none", "feature", "mask", "weighted"),
    "similarity": ("cosine", "jaccard", "two-projectors"),
    "discrimination": ("consistency", "literal"),
    "mask_input": ("map", "vector"),
    "augment": ("auto", "none", "shift", "shift-flip", "strong", "strong-gray", "augmix"),
    "views": (1, 2),
    "optimizer": ("sgd", "adam"),
    "precision": ("auto", "bf16", "fp32"),
}

WAYS: dict[str, tuple[str, str]] = {
    "CE": ("cross-entropy", "none"),
    "CL": ("supcon", "none"),
    "CE-MS": ("cross-entropy", "mask"),
    "CL-MS": ("supcon", "mask"),
    "CL-FS": ("supcon", "feature"),
    "CL-WS": ("supcon", "weighted"),
}
"""The six ways of paper 001 (Section II) as (objective, sparsity)."""


class RecipeError(LaconicError):
    """A training run that can't be done as asked."""


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults were chosen by measurement (docs/decisions/0004, 0007).

    `objective` is `joint` (cross-entropy, supervised contrastive loss and cross-entropy on the words
    themselves), `cross-entropy` (one stage), `supcon` (two stages: encoder, then a linear classifier on it),
    `label-variation` (paper 003) or a function of (features, labels), two stages as well. `simclr` and `moco`
    (paper 004, with `similarity`) and `disentangle` (paper 000, with `discrimination` and `balance_weight`) train the
    encoder without labels. With `clusters` the whole codec does without: its classes are that many clusters, to be
    named later. `disentangle` begins `tries` times; the half of lower held-out loss goes on until one is left, for
    which no label is needed.
    Four things make a codec trained with labels withstand noise. `smooth` is gamma of paper 003's regulariser over
    `smooth_layers` of the backbone (none named: all after a ReLU). `parseval` keeps backbone and classifier nearly
    orthogonal. `adversarial` is how far `adversarial_steps` of PGD move pixels, from 0 to 1, before each step.
    `augment="augmix"` mixes pictures with varied copies; `consistency` is the weight with which the classifier shall
    say the same of a picture and of two mixtures (Jensen-Shannon).
    With `sensor_noise`, a range of SNRs in dB, the codec is one for noisy sensors: each view has Gaussian noise at an
    SNR drawn evenly from it (clean pictures are the upper end's), and tables, thresholds and figures are of pictures
    with such noise, too.
    `sparsity_weight` is lambda of paper 001, equation (12), reached over the first `sparsity_warmup` of the steps;
    `target_bits` drives it by feedback instead, and K and the code are chosen (`laconic.train.budget`). What is None
    becomes what suits the objective.
    `optimizer` is `sgd` with `momentum`, or `adam`, as texts are trained (`laconic.train.text_recipe`).
    A run lasts `minutes`, or `epochs`, the learning rate ending at 0; or at a constant rate until `patience` epochs
    bring no improvement (the paper's rule has 5). With none of the three it lasts DEFAULT_MINUTES.
    """

    objective: str | Objective = "joint"
    similarity: str = "cosine"
    discrimination: str = "consistency"
    balance_weight: float = 2.0
    clusters: int | None = None
    tries: int | None = None
    queue: int | None = None
    encoder_momentum: float | None = None
    sparsity: str | None = None
    sparsity_weight: float | None = None
    sparsity_warmup: float | None = None
    target_bits: float | None = None
    mask_input: str = "map"
    encoder: str | nn.Module | None = None
    k: int = 3
    epochs: int | None = None
    minutes: float | None = None
    patience: int | None = None
    batch_size: int = 256
    learning_rate: float | None = None
    optimizer: str = "sgd"
    weight_decay: float = 5e-4
    momentum: float = 0.9
    temperature: float | None = None
    augment: str = "auto"
    views: int = 1
    consistency: float | None = None
    smooth: float = 0.0
    smooth_layers: tuple[str, ...] = ()
    parseval: bool = False
    adversarial: float = 0.0
    adversarial_steps: int = 3
    sensor_noise: tuple[float, float] | None = None
    balance: bool = False
    validation: float = 0.1
    precision: str = "auto"
    seed: int = 0

    @classmethod
    def with_defaults(cls, **given: Any) -> Recipe:
        """A recipe in which what was not `given` (None) has its default.

        Raises:
            RecipeError: as for `Recipe`.
        """
        return cls(**{name: value for name, value in given.items() if value is not None})

    def __post_init__(self) -> None:
        """Refuse what can't work, before any data is read.

        Raises:
            RecipeError: a value is outside its range, or two contradict each other.
        """
        if self.minutes is None and self.epochs is None and self.patience is None:
            object.__setattr__(self, "minutes", DEFAULT_MINUTES)
        if self.tries is None and (self.patience is not None or not self.validation):
            object.__setattr__(self, "tries", 1)  # nothing would tell several apart
        for name, value in {**SUITED[""], **SUITED.get(str(self.objective), {})}.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        for bad, text in self._faults():
            if bad:
                raise RecipeError(text)

    def _faults(self) -> list[tuple[bool, str]]:
        own = not isinstance(self.objective, str)
        target = self.target_bits
        return [
            (
                not own and self.objective not in OBJECTIVES,
                f"objective is one of {', '.join(OBJECTIVES)} or package.module:name, not {self.objective!r}",
            ),
            *[
                (value not in choices, f"{name} is one of {', '.join(map(str, choices))}, not {value!r}")
                for name, choices in CHOICES.items()
                for value in [getattr(self, name)]
            ],
            (
                self.similarity != "cosine" and self.objective not in ("simclr", "moco"),
                f"similarity {self.similarity!r} is for the objectives simclr and moco, not {self.objective!r}",
            ),
            (
                self.clusters is not None and self.objective not in WITHOUT_LABELS,
                f"clusters are for the objectives {', '.join(WITHOUT_LABELS)}, not {self.objective!r}",
            ),
            (self.clusters is not None and self.clusters < 2, f"clusters are at least 2, not {self.clusters}"),
            (self.beginnings < 1, f"tries are at least 1, not {self.tries}"),
            (
                self.beginnings > 1 and (self.objective != "disentangle" or not self.validation),
                "tries are for the objective disentangle, told apart by the loss on held-out pictures (--validation)",
            ),
            (
                self.beginnings > 1 and self.patience is not None,
                "tries are judged on their way, before their end: give --epochs or --minutes, not --patience",
            ),
            (self.stale < 1, f"queue is at least 1, not {self.queue}"),
            (not 0 <= self.key_momentum < 1, f"encoder_momentum is from 0 to below 1, not {self.encoder_momentum}"),
            (not 0 <= self.balance_weight < math.inf, f"balance_weight is at least 0, not {self.balance_weight}"),
            (not 0 <= self.weight < math.inf, f"sparsity_weight is at least 0, not {self.sparsity_weight}"),
            (target is not None and not 0 < target < math.inf, f"target_bits is more than 0, not {target}"),
            (
                target is not None and self.sparsity == "none",
                "target_bits drives the sparsity weight; choose --sparsity mask, feature or weighted",
            ),
            (self.k < 1, f"k is at least 1, not {self.k}"),
            (
                [self.epochs, self.minutes, self.patience].count(None) != 2,
                "epochs, minutes and patience each say when the run ends; give one of them",
            ),
            (self.patience is not None and self.patience < 1, f"patience is at least 1, not {self.patience}"),
            (self.epochs is not None and self.epochs < 1, f"epochs is at least 1, not {self.epochs}"),
            (
                self.minutes is not None and not 0 < self.minutes < math.inf,
                f"minutes is more than 0, not {self.minutes}",
            ),
            (self.batch_size < 2, f"batch_size is at least 2, not {self.batch_size}"),
            (
                not 0 <= self.validation < 0.9,
                f"validation is a fraction from 0 to 0.9, not {self.validation}",
            ),
            (not 0 < self.peak_rate < math.inf, f"learning_rate is more than 0, not {self.learning_rate}"),
            (not 0 < self.softmax_temperature < math.inf, f"temperature is more than 0, not {self.temperature}"),
            *self._faults_of_robustness(),
        ]

    def _faults_of_robustness(self) -> list[tuple[bool, str]]:
        weight, noise = self.consistency_weight, self.sensor_noise
        robust = {"smooth": self.smooth, "parseval": self.parseval, "adversarial": self.adversarial}
        objective = self.record()["objective"]
        return [
            *[
                (bool(value) and not self.labelled, f"{name} is for objectives with labels, not {objective!r}")
                for name, value in robust.items()
            ],
            (not 0 <= self.smooth < math.inf, f"smooth is at least 0, not {self.smooth}"),
            (bool(self.smooth_layers) and not self.smooth, "smooth_layers are those of smooth, which is 0"),
            (not 0 <= self.adversarial < 1, f"adversarial is from 0 to below 1, not {self.adversarial}"),
            (
                noise is not None and not -math.inf < noise[0] <= noise[1] < math.inf,
                f"sensor_noise is a range of SNRs in dB, the lower first, not {noise}",
            ),
            (self.adversarial_steps < 1, f"adversarial_steps is at least 1, not {self.adversarial_steps}"),
            (not 0 <= weight < math.inf, f"consistency is at least 0, not {self.consistency}"),
            *[
                (
                    value > 0 and self.two_stage,
                    f"{name} needs a classifier that is trained with the encoder: the objective joint or "
                    f"cross-entropy, not {objective!r}",
                )
                for name, value in (("adversarial", self.adversarial), ("consistency", weight))
            ],
            (weight > 0 and self.augment != "augmix", "consistency is between mixed copies: choose --augment augmix"),
            (weight > 0 and self.views > 1, "consistency takes three views of its own: leave --views at 1"),
            (weight > 0 and self.adversarial > 0, "adversarial and consistency don't go together: choose one"),
        ]

    @property
    def weight(self) -> float:
        """The weight that is used: lambda of paper 001, equation (12)."""
        return self._chosen("sparsity_weight")

    @property
    def warmup(self) -> float:
        """The part of the steps over which the sparsity weight rises to its value."""
        return self._chosen("sparsity_warmup")

    @property
    def ramp(self) -> int:
        """The power of the steps with which it rises: `supcon` bears no pressure before classes stand apart."""
        return 3 if self.objective == "supcon" else 1

    @property
    def peak_rate(self) -> float:
        """The highest learning rate that is used."""
        return self._chosen("learning_rate")

    @property
    def stale(self) -> int:
        """How many stale rows are remembered: MoCo's queue, or paper 000's semantic memory on the whole."""
        if self.queue is not None:
            return self.queue
        return MEMORY if self.objective == "disentangle" else QUEUE

    @property
    def softmax_temperature(self) -> float:
        """The temperature that is used: tau of the contrastive losses."""
        return self._chosen("temperature")

    @property
    def key_momentum(self) -> float:
        """The momentum that is used: omega of paper 000, the part of the momentum encoder that stays at a step."""
        return self._chosen("encoder_momentum")

    @property
    def beginnings(self) -> int:
        """How many tries there are."""
        return int(self._chosen("tries"))

    def _chosen(self, name: str) -> float:
        return float(getattr(self, name))

    @property
    def consistency_weight(self) -> float:
        """The weight that is used: where nothing was asked, AugMix's own if its views and a classifier are there."""
        if self.consistency is not None:
            return self.consistency
        suits = self.augment == "augmix" and not self.two_stage and not self.adversarial and self.views == 1
        return CONSISTENCY if suits else 0.0

    @property
    def labelled(self) -> bool:
        """Whether the encoder is trained with labels."""
        return self.objective not in WITHOUT_LABELS

    @property
    def two_stage(self) -> bool:
        """Whether the classifier is trained after the encoder, on its frozen features (paper 001, Alg. 2)."""
        return self.objective not in ("joint", "cross-entropy")

    @property
    def mask(self) -> MaskInput:
        """The mask-net's input; feature sparsity and none have no mask-net (paper 001, Section II-B)."""
        if self.sparsity not in ("mask", "weighted"):
            return "none"
        return "vector" if self.mask_input == "vector" else "map"

    def record(self) -> dict[str, Any]:
        """The recipe as JSON values, own parts by name: what is stored, and what --resume compares."""
        values = dict(vars(self))
        for part in ("objective", "encoder"):
            if not isinstance(values[part], str):
                kind = (
                    values[part]
                    if callable(values[part]) and hasattr(values[part], "__qualname__")
                    else type(values[part])
                )
                values[part] = f"{kind.__module__}:{kind.__qualname__}"
        return values
