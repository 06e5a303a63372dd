"""One run of Lightning: a network made as the recipe says, trained, and stopped cleanly."""

from __future__ import annotations

import contextlib
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from torch import nn

from laconic.data import AnyPreprocessing, Preprocessing, TextPreprocessing
from laconic.encoder import Augmentation, FeatureEncoder, TextEncoder, augment, build_backbone
from laconic.encoder.features import channel_statistics
from laconic.objective.parseval import bake_convolutions, scale_convolutions
from laconic.train.batches import OrderedBatches, Pictures, ShuffledBatches, loader
from laconic.train.disentangle import Disentangled
from laconic.train.duration import steps_in
from laconic.train.export import export_onnx
from laconic.train.pictures import TrainingData, sensed
from laconic.train.recipe import Recipe, RecipeError
from laconic.train.run import Run
from laconic.train.self_supervised import SelfSupervised
from laconic.train.supervised import Supervised
from laconic.train.texts import make_text_encoder
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

Build: TypeAlias = Callable[[TrainingData, AnyPreprocessing, Recipe, int | None, int], Way]
"""Makes a way from what it is trained on, its recipe, its steps (None before they are known) and those of an epoch."""


def train(
    data: TrainingData,
    preprocessing: AnyPreprocessing,
    recipe: Recipe,
    run: Run,
    began: float,
    part: float = 1.0,
    *,
    build: Build | None = None,
    callbacks: Sequence[L.Callback] = (),
    logger: Logger | None = None,
    progress: bool = False,
) -> Way:
    """The recipe's network, trained from its initial weights or from where the run was left.

    `began` is the time (`time.perf_counter`) from which `minutes` count. With `part` it stops at the end of the epoch
    nearest to that part of its steps; called again, it goes on from there. `build` makes another way than the recipe's.

    Raises:
        RecipeError: it was interrupted, its loss is not finite, or the disk is full; the last complete epoch stays.
        ExportError: the encoder can't be exported, told before it is trained.
    """
    train = Pictures(data.read, data.labels)
    held = Pictures(sensed(data, recipe).read_held, data.held_labels)
    batches = ShuffledBatches(len(train), recipe.batch_size, recipe.seed)
    build = build or partial(build_way, new_encoder(data, preprocessing, recipe))
    module = build(data, preprocessing, recipe, None, len(batches))
    units = torch.arange(module.encoder.units)
    export_onnx(module.encoder, preprocessing.shape, units)  # before hours are spent on it
    n_steps = run.n_steps or _n_steps(module, train, batches, recipe, began)
    if n_steps is not None:
        run.fix_steps(n_steps)
        module = build(data, preprocessing, recipe, n_steps, len(batches))
    workers = 0 if data.in_memory else WORKERS
    last_step = n_steps if n_steps is None or part == 1 else min(n_steps, _epochs_end(part * n_steps, len(batches)))
    trainer = _trainer(recipe, run, n_steps, last_step, len(batches), len(held) > 0, callbacks, logger, progress)
    with stopped_cleanly(run):
        trainer.fit(
            module,
            loader(train, batches, workers),
            loader(held, OrderedBatches(len(held), 512), workers) if len(held) else None,
            ckpt_path=str(run.checkpoint) if run.checkpoint.exists() else None,
        )
    bake_convolutions(module.encoder)  # where they are scaled, for parseval
    return module.eval()


def _epochs_end(step: float, steps_per_epoch: int) -> int:
    """The end of the epoch, the first or a later one, that is nearest to a step."""
    return max(1, round(step / steps_per_epoch)) * steps_per_epoch


@contextlib.contextmanager
def stopped_cleanly(run: Run) -> Iterator[None]:
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


def new_encoder(data: TrainingData, preprocessing: AnyPreprocessing, recipe: Recipe) -> FeatureEncoder | TextEncoder:
    """The recipe's encoder for pictures, or for texts, with its initial weights, which follow from the seed alone."""
    if isinstance(preprocessing, TextPreprocessing):
        return make_text_encoder(preprocessing, recipe)
    return make_encoder(data, preprocessing, recipe)


def make_encoder(data: TrainingData, preprocessing: Preprocessing, recipe: Recipe) -> FeatureEncoder:
    """The recipe's encoder with its initial weights, which follow from the seed alone."""
    height, width, channels = preprocessing.shape
    sample = data.read(list(range(0, len(data.labels), -(-len(data.labels) // STATISTICS))))
    mean, std = channel_statistics(torch.from_numpy(sample))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        named = recipe.encoder
        backbone = named if isinstance(named, nn.Module) else build_backbone(str(named), channels, (height, width))
        encoder = FeatureEncoder(backbone, channels, (height, width), recipe.mask, mean, std)
        if recipe.parseval:
            scale_convolutions(encoder.backbone)
        return encoder


def build_way(
    encoder: FeatureEncoder | TextEncoder,
    data: TrainingData,
    preprocessing: AnyPreprocessing,
    recipe: Recipe,
    n_steps: int | None,
    steps_per_epoch: int,
) -> Way:
    """The recipe's way of training `encoder`; `n_steps` is None before it is known."""
    augmentation = chosen_augmentation(recipe, preprocessing)
    warmup = int(recipe.warmup * (n_steps or 10 * steps_per_epoch))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed + 1)
        if recipe.labelled:
            weights = torch.from_numpy(data.class_weights).float()
            module: Way = Supervised(encoder, weights, recipe, augmentation, n_steps, warmup)
        else:
            assert isinstance(encoder, FeatureEncoder)  # texts are trained with labels
            way = Disentangled if recipe.objective == "disentangle" else SelfSupervised
            module = way(encoder, recipe, augmentation, n_steps, warmup)
        return module.to(memory_format=torch.channels_last)


def chosen_augmentation(recipe: Recipe, preprocessing: AnyPreprocessing) -> Augmentation:
    """What the recipe asks for, or what suits it."""
    if isinstance(preprocessing, TextPreprocessing):
        return augment.NONE
    return AUGMENTATIONS.get(recipe.augment) or AUGMENTATIONS[_suited(recipe, preprocessing)]


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
    last_step: int | None,
    steps_per_epoch: int,
    validated: bool,
    callbacks: Sequence[L.Callback],
    logger: Logger | None,
    progress: bool,
) -> L.Trainer:
    """Lightning's Trainer, with a checkpoint after every epoch, and early stopping where nothing fixes the length."""
    stop = [EarlyStopping("val_loss" if validated else "loss", patience=recipe.patience)] if recipe.patience else []
    n_epochs = -(-(n_steps or 0) // steps_per_epoch)
    return L.Trainer(
        max_epochs=MAX_EPOCHS if n_steps is None else -1,  # steps count: its epochs miscount after a resumption
        max_steps=-1 if last_step is None else last_step,
        callbacks=[checkpoint_in(run), *stop, *callbacks],
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


def checkpoint_in(run: Run) -> ModelCheckpoint:
    """Leaves the last complete epoch in the run's folder."""
    return ModelCheckpoint(
        run.folder,
        filename="last",
        monitor=None,
        save_top_k=1,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
        every_n_epochs=1,
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
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
