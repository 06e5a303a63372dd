"""From a teacher's Codec folder to a student's, which speaks the same language with a network of its own.

```
teacher/  speeches.safetensors, receiver.onnx, classes, names --byte for byte--> student/
          encoder.onnx --features of every view--> training   --encoder.onnx--> student/
          the rule of said or sent: its limits     --calibrated anew--> sending.safetensors
```
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
from jaxtyping import Float32
from lightning.pytorch.loggers import Logger
from torch import nn

from laconic.codec import Codec
from laconic.codec.folder import check_replaceable
from laconic.codec.limits import Limits
from laconic.codec.overlap import trained_on
from laconic.codec.session import Session
from laconic.data import Source, of_pictures, open_source
from laconic.train.distilled import Distillation
from laconic.train.lesson import Lesson
from laconic.train.pictures import TrainingData, training_data
from laconic.train.readout import chunks, encode_all
from laconic.train.recipe import Recipe, RecipeError
from laconic.train.run import Run
from laconic.train.student import is_of_clusters, write_student
from laconic.train.teacher import Teacher
from laconic.train.training import quiet, train

SAMPLE = 2000  # training pictures that the teacher's loudness and mean are taken of
LEARNING = {"objective": "cross-entropy", "sparsity": "none", "learning_rate": 0.1}


def student_recipe(**given: Any) -> Recipe:
    """How to train a student; what was not given (None) has the default that suits one.

    Raises:
        RecipeError: as for `Recipe`.
    """
    return Recipe(**{**LEARNING, **{name: value for name, value in given.items() if value is not None}})


def distill(
    folder: str | Path,
    source: str | Source,
    out: str | Path,
    *,
    recipe: Recipe,
    encoder: nn.Module | None = None,
    distillation: Distillation | None = None,
    calibration: float = 0.1,
    say_all: bool = False,
    int8: bool = False,
    code: type | None = None,
    callbacks: Sequence[L.Callback] = (),
    logger: Logger | None = None,
    resume: bool = False,
    progress: bool = False,
    command: str = "",
) -> Codec:
    """Train a student of the codec in `folder` on the training split of `source`, and write its codec to `out`.

    The student has the teacher's language and tables byte for byte: packets of either are decoded by both. Labels are
    used where they are the teacher's classes; pictures without labels will do. Where the teacher says or sends, so
    does its student, with the same limits: its rule is calibrated on the part `calibration` of the pictures, less
    those that the teacher was trained on; they are divided as the teacher's were. With `say_all` it has no rule, with
    `int8` an encoder in 8 bits besides. `recipe` is `student_recipe(encoder=...)`; `encoder` is a network of one's own.
    Where both are laconic's `Cnn` and the student's is none the wider, it begins with the teacher's loudest filters
    (`laconic.encoder.slimming`), else at random; a network of one's own keeps its weights. `code` is the class of the
    teacher's code, if that is an own one.

    Raises:
        LaconicError: the codec can't teach, or the source, recipe or encoder can't be trained on, and why.
    """
    began = time.perf_counter()
    folder, out = Path(folder).resolve(), Path(out).resolve()
    distillation = distillation or Distillation()
    recipe = recipe if encoder is None else replace(recipe, encoder=encoder)
    check_replaceable(out)
    if out == folder:
        raise RecipeError(f"{folder} is the teacher, which its student may not replace; choose another --out")
    codec = Codec.load(folder, code)
    of_pictures(codec.preprocessing, "laconic distill")
    source = open_source(source) if isinstance(source, str) else source
    labelled = has_its_classes(codec, source)
    limits = None if say_all else limits_of(codec)
    if limits is not None and not labelled:
        raise RecipeError(
            f"the teacher says or sends, which can't be calibrated on {source.name} without labels; let its student "
            "say everything (--say-all), and calibrate it later: laconic calibrate"
        )
    data = _divided(codec, folder, source, recipe, calibration if limits else 0.0)
    if limits is not None:
        limits.check(data.calibration_labels, data.calibration_groups, codec.classes)
    teacher = Teacher(folder, codec)
    told = _sample(codec.session, data)
    with_labels = labelled and not is_of_clusters(codec)
    lesson = Lesson(teacher, distillation, with_labels, told.mean(0), float(told.max(1).mean()))
    asked = {
        **recipe.record(),
        **asdict(distillation),
        "teacher": codec.fingerprint.hex(),
        "calibration": calibration if limits else None,
        "data": source.split("train").fingerprint,
    }
    lesson.build(data, codec.preprocessing, recipe, None, 1)  # what can't be taught is told before a run begins
    run = Run.begin(out, asked, resume)
    with quiet():
        module = train(
            data,
            codec.preprocessing,
            recipe,
            run,
            began,
            build=lesson.build,
            callbacks=callbacks,
            logger=logger,
            progress=progress,
        )
        provenance = {
            "command": command,
            "source": source.name,
            "data": asked["data"],
            "recipe": {**recipe.record(), "objective": "distillation"},
            "division": _division(codec, recipe),
            "distillation": {**asdict(distillation), "teacher": codec.fingerprint.hex()},
        }
        write_student(module, lesson, data, limits, out, provenance, began, labelled, int8)
    run.finish()
    return Codec.load(out, code)


def has_its_classes(codec: Codec, source: Source) -> bool:
    """Whether the labels of a source are the codec's classes; False where either has none.

    Raises:
        RecipeError: both have classes, and they differ.
    """
    named = not is_of_clusters(codec) or bool(codec.manifest.get("names"))
    if not source.labelled or not named:
        return False
    if source.class_names != codec.classes:
        raise RecipeError(
            f"this teacher knows the classes {', '.join(codec.classes[:5])}, ...; {source.name} has "
            f"{', '.join(source.class_names[:5])}, ...: distil on pictures of the same classes, or without labels"
        )
    return True


def limits_of(codec: Codec) -> Limits | None:
    """What a codec keeps to when it says; None of one that says everything."""
    if codec.sending is None:
        return None
    found = codec.sending.guarantee
    misses = {row["name"]: row["max_miss"] for row in found["classes"] if row["max_miss"] is not None}
    rule = codec.sending.rule
    return Limits(rule.max_error, rule.confidence, misses, found["per_class"], codec.sending.coder.budget_bytes)


def _divided(codec: Codec, folder: Path, source: Source, recipe: Recipe, calibration: float) -> TrainingData:
    """Pictures at the teacher's size, divided as its own were; none that it was trained on are to calibrate on."""
    data = training_data(source, codec.preprocessing, replace(recipe, **_division(codec, recipe)), calibration)
    n = len(data.calibration_labels)
    known = [trained_on(folder, data.read_calibration(rows)) for rows in chunks(n)]
    fresh = np.flatnonzero(~np.concatenate([np.zeros(0, bool), *known]))
    groups = data.calibration_groups
    return replace(
        data,
        read_calibration=data.read_calibration.some(fresh),
        calibration_labels=data.calibration_labels[fresh],
        calibration_groups=None if groups is None else groups[fresh],
    )


def _division(codec: Codec, recipe: Recipe) -> dict[str, Any]:
    """The seed by which pictures are divided, and the part that is held out: the first teacher's."""
    provenance = codec.manifest.get("provenance", {})
    own = provenance.get("division", provenance.get("recipe", {}))
    return {"seed": own.get("seed", 0), "validation": own.get("validation") or recipe.validation}


def _sample(session: Session, data: TrainingData) -> Float32[np.ndarray, "some units"]:
    """The teacher's features of some training pictures, spread evenly."""
    read = data.read.some(np.unique(np.linspace(0, len(data.labels) - 1, SAMPLE).astype(np.int64)))
    n = min(SAMPLE, len(data.labels))
    return encode_all(session, read, n)
