"""From a source of pictures to a Codec folder: the whole way of `laconic train`, callable from Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import lightning as L
from lightning.pytorch.loggers import Logger
from torch import nn

from laconic.codec import Codec
from laconic.codec.folder import check_replaceable
from laconic.codec.limits import Limits
from laconic.data import AnyPreprocessing, Preprocessing, Source, Split, of_pictures, open_source
from laconic.data.loading import check_kind
from laconic.language import MaxAmp, UnfittedCode
from laconic.train.budget import check_target
from laconic.train.finish import finish
from laconic.train.pictures import TrainingData, choose_preprocessing, training_data
from laconic.train.receiver import train_receiver
from laconic.train.recipe import WITHOUT_LABELS, Objective, Recipe, RecipeError
from laconic.train.run import Run
from laconic.train.texts import checked_for_texts, choose_text, text_recipe
from laconic.train.training import quiet, train
from laconic.train.tries import best_of
from laconic.train.way import Way


def fit(
    source: str | Source,
    out: str | Path,
    *,
    recipe: Recipe | None = None,
    objective: str | Objective | None = None,
    encoder: str | nn.Module | None = None,
    code: UnfittedCode | None = None,
    preprocessing: AnyPreprocessing | None = None,
    limits: Limits | None = None,
    calibration: float = 0.1,
    receiver_encoder: str | None = None,
    callbacks: Sequence[L.Callback] = (),
    logger: Logger | None = None,
    resume: bool = False,
    progress: bool = False,
    command: str = "",
) -> Codec:
    """Train a codec on the training split of `source` and write it to the folder `out`.

    Where its items are texts, the recipe is `laconic.train.text_recipe()` unless another is given.

    `objective`, `encoder` and `code` may be objects of one's own: a loss of (features [batch, units], labels
    [batch]), a module that maps [batch, channels, height, width] to features, a code that passes
    `laconic.language.conformance`. They stand before what `recipe` says. With `limits` the codec says only what it
    may and sends the other pictures; the part `calibration` of the training pictures is kept to find thresholds on,
    and `receiver_encoder` names the network that looks at sent pictures (without one, the codec's own does). The
    codec replaces an older one at `out` only when it is complete; until then the run lives in `<out>.run`, from where
    `resume` goes on.

    Raises:
        LaconicError: the source, the recipe, the limits or the encoder can't be trained on, and why.
    """
    began = time.perf_counter()
    source = open_source(source) if isinstance(source, str) else source
    texts = source.split("train").holds_texts
    recipe = _merged(recipe or (text_recipe() if texts else Recipe()), objective, encoder)
    recipe = checked_for_texts(recipe, source) if texts else recipe
    out = Path(out).resolve()
    check_replaceable(out)
    recipe = _with_clusters(recipe, source)
    if code is None and recipe.clusters is None and recipe.target_bits is None:
        code = MaxAmp(k=recipe.k)
    choose: Callable[[Split], AnyPreprocessing] = choose_text if texts else choose_preprocessing
    preprocessing = preprocessing or choose(source.split("train"))
    check_kind(source.split("train"), preprocessing)
    data = training_data(source, preprocessing, recipe, calibration if limits else 0.0)
    recipe = _with_queue(recipe, len(data.labels))
    if recipe.target_bits is not None and recipe.clusters is None:
        check_target(recipe.target_bits, data.labels)
    _check_sending(recipe, source, data, preprocessing, limits, receiver_encoder)
    asked = {
        **recipe.record(),
        **preprocessing.record(),
        "code": repr(code),
        "limits": asdict(limits) | {"calibration": calibration} if limits else None,
        "receiver_encoder": receiver_encoder,
        "data": source.split("train").fingerprint,
    }
    run = Run.begin(out, asked, resume)
    with quiet():
        run_recipe = partial(train, data, preprocessing, callbacks=callbacks, logger=logger, progress=progress)
        module = best_of(recipe, run, run_recipe, began)
        provenance = {
            "command": command,
            "source": source.name,
            "data": asked["data"],
            "recipe": recipe.record(),
        }
        receiver = None
        if limits is not None and receiver_encoder is not None:
            pictures = of_pictures(preprocessing, "receiver_encoder")
            trainer = partial(_train_receiver, pictures, progress)
            receiver = train_receiver(data, recipe, receiver_encoder, limits.coder(pictures), run, trainer)
        return finish(module, data, source, preprocessing, code, out, run, provenance, limits, receiver, began)


def _merged(recipe: Recipe, objective: str | Objective | None, encoder: str | nn.Module | None) -> Recipe:
    if objective is not None:
        recipe = replace(recipe, objective=objective)
    return recipe if encoder is None else replace(recipe, encoder=encoder)


def _check_sending(
    recipe: Recipe,
    source: Source,
    data: TrainingData,
    preprocessing: AnyPreprocessing,
    limits: Limits | None,
    receiver_encoder: str | None,
) -> None:
    """Refuse before training what could not be calibrated after it."""
    if receiver_encoder is not None and recipe.sensor_noise is not None:
        raise RecipeError("a receiver's network is trained on pictures as they came: leave out it, or sensor_noise")
    if limits is None:
        if receiver_encoder is not None:
            raise RecipeError("a receiver's network looks at sent pictures: give --max-error, so that some are sent")
        return
    if recipe.clusters is not None:
        raise RecipeError(
            "clusters have no right or wrong until they are named: train without --max-error, then laconic name, "
            "then laconic calibrate"
        )
    if not recipe.validation:
        raise RecipeError("the order of thresholds is fixed on held-out pictures: --validation above 0 is wanted")
    limits.coder(of_pictures(preprocessing, "max_error, by which some are sent,"))
    limits.check(data.calibration_labels, data.calibration_groups, source.class_names)


def _train_receiver(preprocessing: Preprocessing, progress: bool, data: TrainingData, recipe: Recipe, run: Run) -> Way:
    return train(data, preprocessing, recipe, run, time.perf_counter(), progress=progress)


def _with_clusters(recipe: Recipe, source: Source) -> Recipe:
    """How many clusters are wanted, where labels are not there or not to be used.

    Raises:
        RecipeError: the objective needs labels and the source has none, or nothing says how many clusters.
    """
    if recipe.labelled:
        if not source.labelled:
            raise RecipeError(
                f"{source.name} has no labels, which the objective {recipe.record()['objective']!r} needs; "
                f"use --objective {' or '.join(WITHOUT_LABELS)}"
            )
        return recipe
    if recipe.clusters is not None or (source.labelled and recipe.objective != "disentangle"):
        return recipe
    if not source.labelled:
        raise RecipeError(f"{source.name} has no labels: say how many clusters are wanted, --clusters M")
    return replace(recipe, clusters=len(source.class_names))


def _with_queue(recipe: Recipe, n: int) -> Recipe:
    """How many stale rows are remembered, of `n` training pictures.

    Raises:
        RecipeError: more than there are pictures, so that a picture would meet itself.
    """
    if recipe.queue is None:
        return replace(recipe, queue=max(1, min(recipe.stale, n // 2)))
    if recipe.objective in ("moco", "disentangle") and recipe.queue > n:
        raise RecipeError(
            f"a queue of {recipe.queue} rows is larger than the data, {n} training pictures, which would then be their "
            f"own negatives; use --queue {n} or less"
        )
    return recipe
