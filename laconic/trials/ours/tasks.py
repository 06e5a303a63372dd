"""One codec, several questions: where words earn their bits, and where a label is enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from laconic.trials.figures import COLORS
from laconic.trials.ours.answers import TASKS, answers
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Value, higher, less_by
from laconic.trials.trial import Column, Parameters, Scale, Trial

PARITY = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
VEHICLES = [1, 1, 0, 0, 0, 0, 0, 0, 1, 1]
MESSAGES = {"words": "words", "label": "label", "equal": "likeliest classes, equal bits"}


def _arms(n_train: int, above: list[int], weight: float, **recipe: Any) -> dict[str, Parameters]:
    asked = {"way": "CL-MS", "recipe": {**recipe, "sparsity_weight": weight}, "n_train": n_train}
    return {"CL-MS": {**asked, "n_new": 2, "super": above}}


def _draw(axes: Any, outcome: Outcome) -> None:
    """A group of bars for each task."""
    for i, (key, label) in enumerate(MESSAGES.items()):
        means = outcome.values("CL-MS", key).mean(axis=0)
        axes.bar(np.arange(len(TASKS)) + 0.27 * (i - 1), means, width=0.25, color=COLORS[i], alpha=0.7, label=label)
    axes.set_xticks(range(len(TASKS)), [task.replace(" ", "\n", 1) for task in TASKS], fontsize=5.5)
    axes.set_ylabel("right (%)")
    axes.legend(fontsize=6)


def _task(message: str, task: int) -> Value:
    return Value("CL-MS", message, task)


SOURCE = "CIFAR-10 (50,000 training pictures{}; two of its classes are learnt later)"

TASKS_TRIAL = Trial(
    name="ours/tasks",
    claim="For the class alone a label is enough. For other questions the words of a codec serve better than labels in "
    "as many bits, most of all for classes that were not there in training.",
    rule="of class and super-class words lose less than 3 points to the label; similar pictures, the odd one out and a "
    "class learnt later are found more often by words than by the label, and than by the likeliest classes in as many "
    "bits",
    rules=(
        *[less_by(_task("label", task), _task("words", task), -3.0) for task in (0, 1)],
        *[higher(_task("words", task), _task(rival, task)) for task in (2, 3, 4) for rival in ("label", "equal")],
    ),
    measure=answers,
    scales={
        "smoke": Scale(_arms(0, PARITY, 0.03, encoder="cnnw16", epochs=12, batch_size=128, precision="fp32"), seeds=5),
        "reduced": Scale(
            _arms(10_000, VEHICLES, 0.01, encoder="cnnw16", epochs=8, batch_size=128),
            source="",
            data=SOURCE.format(", of which 10,000 are drawn"),
        ),
        "full": Scale(
            _arms(0, VEHICLES, 1e-5, encoder="resnet-50", epochs=200, batch_size=512),
            seeds=5,
            source="",
            data=SOURCE.format(""),
        ),
    },
    columns=(
        *[Column(key, f"{label} (%)", 1) for key, label in MESSAGES.items()],
        *[Column(f"{key}_bits", f"{label}: bits", 2) for key, label in MESSAGES.items()],
    ),
    figure=_draw,
    points=TASKS,
)
