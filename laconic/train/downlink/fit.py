"""From a source of pictures to a Downlink folder: the whole way of `laconic downlink train`, callable from Python."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from laconic.data import Preprocessing, Source, open_source
from laconic.data.correlated import CorrelatedUsers
from laconic.encoder.downlink import check_halves
from laconic.score.downlink import downlink_points
from laconic.train.downlink.data import Sharing, cells_to_measure, training_cells
from laconic.train.downlink.folder import KIND, TrainedDownlink
from laconic.train.downlink.recipe import DownlinkRecipe
from laconic.train.downlink.run import held_loss, train_downlink
from laconic.train.downlink.splitting import DownlinkTraining
from laconic.train.downlink.way import DownlinkWay
from laconic.train.pictures import choose_preprocessing
from laconic.train.readout import machinery
from laconic.train.recipe import RecipeError
from laconic.train.run import Run

MEASURED_CELLS = 4


def fit_downlink(
    source: str | Source,
    out: str | Path,
    recipe: DownlinkRecipe,
    *,
    sharing: Sharing | None = None,
    preprocessing: Preprocessing | None = None,
    resume: bool = False,
    progress: bool = False,
    command: str = "",
) -> TrainedDownlink:
    """Train a downlink on the training split of `source` and write it to the folder `out`.

    It replaces an older one there only when it is complete; until then the run lives in `<out>.run`, from where
    `resume` goes on.

    Raises:
        LaconicError: the source, the recipe or the folder won't do, and why.
    """
    began = time.perf_counter()
    out = Path(out).resolve()
    KIND.check_replaceable(out)
    source = open_source(source) if isinstance(source, str) else source
    sharing = sharing or Sharing()
    if recipe.classify and not source.labelled:
        raise RecipeError(f"{source.name} has no labels, which --classify needs; leave it at 0")
    preprocessing = preprocessing or choose_preprocessing(source.split("train"))
    check_halves(preprocessing.shape[:2])
    data = training_cells(source, preprocessing, recipe, sharing)
    test, skipped = cells_to_measure(source, preprocessing, recipe.budget, sharing, recipe.seed)
    fingerprint = source.split("train").fingerprint
    asked = {**recipe.record(), "pictures": preprocessing.record(), **asdict(sharing), "data": fingerprint}
    run = Run.begin(out, asked, resume)
    classes = source.class_names if recipe.classify else ()
    way = train_downlink(data.train, recipe, data.held, classes=len(classes), run=run, began=began, progress=progress)
    assert isinstance(way, DownlinkTraining)
    provenance = {
        "command": command,
        "source": source.name,
        "data": fingerprint,
        "pictures": len(data.train.pictures),
        "held": 0 if data.held is None else len(data.held.pictures),
        "skipped": data.skipped + skipped,
        "steps": run.n_steps,
        **machinery(),
    }
    measured = _measured(way, data.held, test)
    provenance["seconds"] = round(time.perf_counter() - began, 1)
    trained = TrainedDownlink(way, preprocessing, classes, sharing, {"provenance": provenance, "measured": measured})
    trained.save(out)
    run.finish()
    return trained


def _measured(way: DownlinkWay, held: CorrelatedUsers | None, test: CorrelatedUsers) -> dict[str, Any]:
    """The held-out loss, and what users receive of some test cells in the midst of the SNRs that it was trained at."""
    low, high = way.recipe.snr_db
    (point,) = downlink_points(way, test, MEASURED_CELLS, [(low + high) / 2], seed=way.recipe.seed, device=way.device)
    loss = None if held is None else held_loss(way, held)
    return {"held_loss": loss, "test_cells": MEASURED_CELLS, **asdict(point)}
