"""One run of Lightning for a downlink: in memory for trials, or with checkpoints in a run's folder."""

from __future__ import annotations

import contextlib
import copy
import itertools
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import lightning as L
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader, Sampler

from laconic.data.correlated import CorrelatedUsers
from laconic.encoder.stem import Size
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.way import CellBatch, CellNumbers, Cells, DownlinkWay, step_generator
from laconic.train.duration import AFTER, MEASURED, WARM
from laconic.train.recipe import RecipeError
from laconic.train.run import Run
from laconic.train.training import CLIP, checkpoint_in, quiet, stopped_cleanly

WORKERS = 2  # processes that make cells, where a GPU would wait for them
MOST_HELD = 20  # cells at most of which the held-out loss is taken
FORWARD = 1 / 3  # of a training step's time goes into what a held-out loss needs, too

Build: TypeAlias = Callable[[DownlinkRecipe, int, Size], DownlinkWay]
"""Makes a way of sending from its recipe, and the pictures' channels and size (height, width)."""


def train_downlink(
    cells: CorrelatedUsers,
    recipe: DownlinkRecipe,
    held: CorrelatedUsers | None = None,
    *,
    build: Build | None = None,
    classes: int = 0,
    run: Run | None = None,
    began: float | None = None,
    progress: bool = False,
) -> DownlinkWay:
    """A downlink trained on `cells` as the recipe says, in `eval` mode; it says its loss on cells of `held` pictures.

    `build` makes another way than `DownlinkTraining`, which is told how many `classes` there are. With `run` each
    epoch leaves a checkpoint there, from where it goes on if there is one; the result is bit for bit that of a run
    that was not interrupted. `began` is the time (`time.perf_counter`) from which the recipe's minutes count. The
    same arguments give the same weights on one CPU thread.

    Raises:
        RecipeError: labels are wanted and there are none; or it was interrupted, its loss is not finite, the disk is
            full, or memory is, and the last complete epoch stays.
        EncoderError: pictures of sides that don't halve three times, or a width that leaves no whole heads.
    """
    if recipe.classify and build is None and (cells.labels is None or classes < 2):
        raise RecipeError("to classify, pictures have labels of two classes or more")
    height, width, channels = cells.pictures.shape[1:]
    began = time.perf_counter() if began is None else began
    way = _built(build or _default(classes), recipe, channels, (height, width))
    epoch = steps_per_epoch(cells, recipe)
    n_steps = (run and run.n_steps) or _n_steps(way, cells, held, recipe, began)
    if run is not None:
        run.fix_steps(n_steps)
    known = run is not None and run.checkpoint.exists()
    with quiet(), stopped_cleanly(run) if run is not None else contextlib.nullcontext():
        _trainer(run, n_steps, min(epoch, n_steps), progress).fit(
            way,
            _loader(cells, CellNumbers(min(epoch, n_steps), recipe.cells)),
            None if held is None else _loader(held, CellNumbers(held_cells(held), 1)),
            ckpt_path=str(run.checkpoint) if run is not None and known else None,
        )
    return way.eval()


def steps_per_epoch(cells: CorrelatedUsers, recipe: DownlinkRecipe) -> int:
    """Steps in which each picture comes to one user in the mean: 1 at least."""
    return max(1, len(cells.pictures) // (cells.users * recipe.cells))


def held_cells(held: CorrelatedUsers) -> int:
    """Cells of which the held-out loss is taken."""
    return min(MOST_HELD, max(1, len(held.pictures) // held.users))


def held_loss(way: DownlinkWay, held: CorrelatedUsers) -> float:
    """Equation (7) on cells of held-out pictures, as it is said after each epoch."""
    with torch.no_grad():
        losses = [
            way.loss(images, step_generator(way.recipe.seed, number, way.device, stream=1), labels)["loss"].item()
            for number, (images, labels) in enumerate(_loader(held, CellNumbers(held_cells(held), 1)))
        ]
    return sum(losses) / len(losses)


def _built(build: Build, recipe: DownlinkRecipe, channels: int, size: Size) -> DownlinkWay:
    try:
        return build(recipe, channels, size)
    except RuntimeError as error:
        if "memory" not in str(error):
            raise
        raise RecipeError("networks of this width for so many symbols don't fit into memory; take less") from error


def _default(classes: int) -> Build:
    return lambda recipe, channels, size: DownlinkTraining(recipe, channels, size, classes)


def _n_steps(
    way: DownlinkWay, cells: CorrelatedUsers, held: CorrelatedUsers | None, recipe: DownlinkRecipe, began: float
) -> int:
    """How many steps there are, where minutes are said by the time that some take, held-out losses included."""
    epoch = steps_per_epoch(cells, recipe)
    if recipe.steps is not None or recipe.epochs is not None:
        return recipe.steps or (recipe.epochs or 0) * epoch
    left = 60 * (recipe.minutes or 0) - (time.perf_counter() - began)
    before = time.perf_counter()
    step = _seconds_of_step(copy.deepcopy(way), cells, MEASURED * left)
    if held is not None:
        step *= 1 + FORWARD * held_cells(held) / (recipe.cells * epoch)
    return max(10, int((left - (time.perf_counter() - before) - min(AFTER, 0.2 * left)) / step))


def _seconds_of_step(way: DownlinkWay, cells: CorrelatedUsers, seconds: float) -> float:
    """Mean seconds of a training step, the making of its cells included; takes about `seconds`."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # as Lightning's Trainer chooses
    optimizer = way.to(device).configure_optimizers()
    took: list[float] = []
    for number in itertools.count():
        start = time.perf_counter()
        images, labels = (part.to(device) for part in Cells(cells)[[number]])
        optimizer.zero_grad()
        loss = way.loss(images, step_generator(0, number, device), labels)["loss"]
        torch.autograd.backward(loss)
        optimizer.step()
        loss.item()  # a GPU is waited for
        took.append(way.recipe.cells * (time.perf_counter() - start))
        if number >= WARM and sum(took) > seconds:
            break
    return sum(took[WARM:]) / len(took[WARM:])


def _loader(cells: CorrelatedUsers, numbers: Sampler[list[int]]) -> DataLoader[CellBatch]:
    workers = WORKERS if torch.cuda.is_available() else 0
    return DataLoader(
        Cells(cells),
        sampler=numbers,
        batch_size=None,
        collate_fn=_as_is,
        generator=torch.Generator(),  # workers' seeds; without it one is drawn from torch's global generator
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def _as_is(batch: Any) -> Any:
    return batch


def _trainer(run: Run | None, n_steps: int, epoch: int, progress: bool) -> L.Trainer:
    """Lightning's Trainer, with a checkpoint after every epoch where there is a folder for it."""
    checkpoint: list[L.Callback] = [] if run is None else [checkpoint_in(run)]
    return L.Trainer(
        max_epochs=-1,  # steps count: its epochs miscount after a resumption
        max_steps=n_steps,
        devices=1,  # a step is a cell or a few: nothing to divide
        callbacks=checkpoint,
        logger=False if run is None else TensorBoardLogger(run.folder, name="", version="tensorboard"),
        enable_checkpointing=run is not None,
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, epoch),
        use_distributed_sampler=False,
        gradient_clip_val=CLIP,
    )
