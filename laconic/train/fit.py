"""From a source of pictures to a Codec folder: the whole way of `laconic train`, callable from Python."""

from __future__ import annotations

import contextlib
import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from torch import nn

from laconic.codec import Codec
from laconic.codec.folder import check_replaceable
from laconic.codec.limits import Limits
from laconic.data import Preprocessing, Source, open_source
from laconic.encoder import FeatureEncoder, augment, build_backbone
from laconic.encoder.features import channel_statistics
from laconic.language import MaxAmp, UnfittedCode
from laconic.train.batches import OrderedBatches, Pictures, ShuffledBatches, loader
from laconic.train.disentangle import Disentangled
from laconic.train.duration import steps_in
from laconic.train.export import export_onnx
from laconic.train.finish import finish
from laconic.train.pictures import TrainingData, choose_preprocessing, training_data
from laconic.train.receiver import train_receiver
from laconic.train.recipe import WITHOUT_LABELS, Objective, Recipe, RecipeError
from laconic.train.run import Run
from laconic.train.self_supervised import SelfSupervised
from laconic.train.supervised import Supervised
from laconic.train.tries import best_of
from laconic.train.way import Way

WORKERS = 2  # processes that decode pictures which don't fit into memory
MAX_EPOCHS = 1000  # where patience alone ends a run
CLIP = 5.0  # gradients' largest norm: features times mask can run away early in training
STATISTICS = 2000  # pictures from which each channel's mean and deviation are taken
AUGMENTATIONS = {
    "none": augment.NONE,
    "shift": augment.SHIFT,
    "shift-flip": augment.SHIFT_FLIP,
    "strong": augment.STRONG,
    "strong-gray": augment.STRONG_GRAY,
}


def fit(
    source: str | Source,
    out: str | Path,
    *,
    recipe: Recipe | None = None,
    objective: str | Objective | None = None,
    encoder: str | nn.Module | None = None,
    code: UnfittedCode | None = None,
    preprocessing: Preprocessing | None = None,
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
    recipe = _merged(recipe or Recipe(), objective, encoder)
    out = Path(out).resolve()
    check_replaceable(out)
    source = open_source(source) if isinstance(source, str) else source
    recipe = _with_clusters(recipe, source)
    if code is None and recipe.clusters is None:
        code = MaxAmp(k=recipe.k)
    preprocessing = preprocessing or choose_preprocessing(source.split("train"))
    data = training_data(source, preprocessing, recipe, calibration if limits else 0.0)
    recipe = _with_queue(recipe, len(data.labels))
    _check_sending(recipe, source, data, preprocessing, limits, receiver_encoder)
    asked = {
        **recipe.record(),
        **vars(preprocessing),
        "code": repr(code),
        "limits": asdict(limits) | {"calibration": calibration} if limits else None,
        "receiver_encoder": receiver_encoder,
        "data": source.split("train").fingerprint,
    }
    run = Run.begin(out, asked, resume)
    with _quiet():
        train = partial(_train, data, preprocessing, callbacks=callbacks, logger=logger, progress=progress)
        module = best_of(recipe, run, train, began)
        provenance = {
            "command": command,
            "source": source.name,
            "data": asked["data"],
            "recipe": recipe.record(),
        }
        receiver = None
        if limits is not None and receiver_encoder is not None:
            trainer = partial(_train_receiver, preprocessing, progress)
            receiver = train_receiver(data, recipe, receiver_encoder, limits.coder(preprocessing), run, trainer)
        return finish(module, data, source, preprocessing, code, out, run, provenance, limits, receiver, began)


def _merged(recipe: Recipe, objective: str | Objective | None, encoder: str | nn.Module | None) -> Recipe:
    if objective is not None:
        recipe = replace(recipe, objective=objective)
    return recipe if encoder is None else replace(recipe, encoder=encoder)


def _check_sending(
    recipe: Recipe,
    source: Source,
    data: TrainingData,
    preprocessing: Preprocessing,
    limits: Limits | None,
    receiver_encoder: str | None,
) -> None:
    """Refuse before training what could not be calibrated after it."""
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
    limits.coder(preprocessing)
    limits.check(data.calibration_labels, data.calibration_groups, source.class_names)


def _train_receiver(preprocessing: Preprocessing, progress: bool, data: TrainingData, recipe: Recipe, run: Run) -> Way:
    return _train(data, preprocessing, recipe, run, time.perf_counter(), progress=progress)


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


def _train(
    data: TrainingData,
    preprocessing: Preprocessing,
    recipe: Recipe,
    run: Run,
    began: float,
    *,
    callbacks: Sequence[L.Callback] = (),
    logger: Logger | None = None,
    progress: bool = False,
) -> Way:
    train = Pictures(data.read, data.labels)
    held = Pictures(data.read_held, data.held_labels)
    batches = ShuffledBatches(len(train), recipe.batch_size, recipe.seed)
    encoder = make_encoder(data, preprocessing, recipe)
    export_onnx(encoder, preprocessing.shape, torch.arange(encoder.units))  # before hours are spent on it
    module = _module(encoder, data, preprocessing, recipe, None, len(batches))
    n_steps = run.n_steps or _n_steps(module, train, batches, recipe, began)
    if n_steps is not None:
        run.fix_steps(n_steps)
        module = _module(encoder, data, preprocessing, recipe, n_steps, len(batches))
    workers = 0 if data.in_memory else WORKERS
    trainer = _trainer(recipe, run, n_steps, len(batches), len(held) > 0, callbacks, logger, progress)
    with _stopped_cleanly(run):
        trainer.fit(
            module,
            loader(train, batches, workers),
            loader(held, OrderedBatches(len(held), 512), workers) if len(held) else None,
            ckpt_path=str(run.checkpoint) if run.checkpoint.exists() else None,
        )
    return module.eval()


@contextlib.contextmanager
def _stopped_cleanly(run: Run) -> Iterator[None]:
    """Ctrl-C (Lightning turns it into an exit) and a full disk leave the last complete epoch, and say so."""
    kept = f"{run.folder} keeps the last complete epoch: continue with --resume"
    try:
        yield
    except SystemExit as stop:
        raise RecipeError(f"interrupted; {kept}") from stop
    except OSError as error:
        raise RecipeError(f"can't write to {run.folder}: {error.strerror or error}; {kept}") from error
    except RuntimeError as error:
        if "PytorchStreamWriter" not in str(error):
            raise
        raise RecipeError(f"can't write to {run.folder}: is the disk full? {kept}") from error


def make_encoder(data: TrainingData, preprocessing: Preprocessing, recipe: Recipe) -> FeatureEncoder:
    """The recipe's encoder with its initial weights, which follow from the seed alone."""
    height, width, channels = preprocessing.shape
    sample = data.read(list(range(0, len(data.labels), -(-len(data.labels) // STATISTICS))))
    mean, std = channel_statistics(torch.from_numpy(sample))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        backbone = recipe.encoder
        if isinstance(backbone, str):
            backbone = build_backbone(backbone, channels, (height, width))
        return FeatureEncoder(backbone, channels, (height, width), recipe.mask, mean, std)


def _module(
    encoder: FeatureEncoder,
    data: TrainingData,
    preprocessing: Preprocessing,
    recipe: Recipe,
    n_steps: int | None,
    steps_per_epoch: int,
) -> Way:
    augmentation = AUGMENTATIONS[recipe.augment if recipe.augment != "auto" else _suited(recipe, preprocessing)]
    warmup = int(recipe.warmup * (n_steps or 10 * steps_per_epoch))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed + 1)
        if recipe.labelled:
            weights = torch.from_numpy(data.class_weights).float()
            module: Way = Supervised(encoder, weights, recipe, augmentation, n_steps, warmup)
        else:
            way = Disentangled if recipe.objective == "disentangle" else SelfSupervised
            module = way(encoder, recipe, augmentation, n_steps, warmup)
        return module.to(memory_format=torch.channels_last)


def _suited(recipe: Recipe, preprocessing: Preprocessing) -> str:
    """Labels bear mild views; without them the views are all there is to learn from.

    Gray pictures are often characters, which a mirror turns into others.
    """
    if preprocessing.color == "gray":
        return "shift" if recipe.labelled else "strong-gray"
    return "shift-flip" if recipe.labelled else "strong"


def _n_steps(module: Way, train: Pictures, batches: ShuffledBatches, recipe: Recipe, began: float) -> int | None:
    if recipe.epochs is not None:
        return recipe.epochs * len(batches)
    if recipe.minutes is None:
        return None
    minutes = recipe.minutes - (time.perf_counter() - began) / 60
    return steps_in(minutes, module, loader(train, batches), len(train))


def _trainer(
    recipe: Recipe,
    run: Run,
    n_steps: int | None,
    steps_per_epoch: int,
    validated: bool,
    callbacks: Sequence[L.Callback],
    logger: Logger | None,
    progress: bool,
) -> L.Trainer:
    """Lightning's Trainer, with a checkpoint after every epoch, and early stopping where nothing fixes the length."""
    checkpoint = ModelCheckpoint(
        run.folder,
        filename="last",
        monitor=None,
        save_top_k=1,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
        every_n_epochs=1,
    )
    stop = [EarlyStopping("val_loss" if validated else "loss", patience=recipe.patience)] if recipe.patience else []
    n_epochs = -(-(n_steps or 0) // steps_per_epoch)
    return L.Trainer(
        max_epochs=MAX_EPOCHS if n_steps is None else -1,  # steps count: its epochs miscount after a resumption
        max_steps=-1 if n_steps is None else n_steps,
        callbacks=[checkpoint, *stop, *callbacks],
        logger=logger or TensorBoardLogger(run.folder, name="", version="tensorboard"),
        enable_progress_bar=progress,
        enable_model_summary=False,
        check_val_every_n_epoch=1 if n_steps is None or not recipe.labelled else max(1, n_epochs // 6),
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, steps_per_epoch),
        use_distributed_sampler=False,
        gradient_clip_val=CLIP,
        inference_mode=True,
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Lightning's advice on workers and loggers is about scripts of one's own; here it was decided."""
    log = logging.getLogger("lightning.pytorch")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning|torch|tensorboard|google")
            yield
    finally:
        log.setLevel(level)
