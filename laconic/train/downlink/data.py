"""What a downlink trains on and is measured on: a source's pictures as cells of users, held-out ones apart."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from laconic.data import Preprocessing, Source, SourceError, Split, find_duplicates, fits_in_memory, hold_out, load
from laconic.data.correlated import SAME_VIEW, CorrelatedUsers, Views
from laconic.link import SymbolBudget
from laconic.train.downlink.recipe import DownlinkRecipe

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sharing:
    """What users of a cell have in common: at `correlation` they look at `scenes`, as many as groups if None is said.

    Without a correlation each has a picture of the source as it is, unrelated to the others'.
    """

    correlation: float | None = None
    scenes: int | None = None

    def over(self, correlation: float | None, scenes: int | None) -> Sharing:
        """The same, but for what is given.

        Raises:
            SourceError: scenes of users who share nothing.
        """
        chosen = Sharing(
            self.correlation if correlation is None else correlation, self.scenes if scenes is None else scenes
        )
        if scenes is not None and chosen.correlation is None:
            raise SourceError("scenes are of users whose pictures have a correlation; give one (--correlation)")
        return chosen

    def cells(
        self,
        images: UInt8[np.ndarray, "n height width channels"],
        labels: Int64[np.ndarray, " n"],
        budget: SymbolBudget,
        seed: int,
    ) -> CorrelatedUsers:
        """Cells of some pictures.

        Raises:
            SourceError: too few pictures, no such correlation, or scenes that aren't from 1 to the users.
        """
        if self.correlation is None:
            return CorrelatedUsers(images, 0.0, budget.users, 1, SAME_VIEW, seed, labels)
        scenes = budget.groups if self.scenes is None else self.scenes
        return CorrelatedUsers(images, self.correlation, budget.users, scenes, Views(), seed, labels)


@dataclass(frozen=True, eq=False)
class DownlinkData:
    """Cells to learn from, and cells of pictures held out of these, if any; `skipped` pictures could not be read."""

    train: CorrelatedUsers
    held: CorrelatedUsers | None
    skipped: int


def training_cells(
    source: Source, preprocessing: Preprocessing, recipe: DownlinkRecipe, sharing: Sharing
) -> DownlinkData:
    """The training split of a source as cells, the part `recipe.validation` of its pictures held out.

    Raises:
        SourceError: the source can't be trained on, or has too few pictures for a cell.
    """
    source.check()
    split, images = _read(source, "train", preprocessing)
    if warning := find_duplicates(images, _read(source, "test", preprocessing)[1]).warning:
        log.warning("%s", warning)
    rows, held = np.arange(len(images)), np.arange(0)
    if recipe.validation:
        rows, held = hold_out(split.labels, split.groups, recipe.validation, np.random.default_rng([recipe.seed, 1]))
    skipped = len(source.split("train")) - len(split)

    def cells(rows: Int64[np.ndarray, " some"]) -> CorrelatedUsers:
        return sharing.cells(images[rows], _labels(source, split)[rows], recipe.budget, recipe.seed)

    train = cells(rows)
    if not recipe.validation:
        return DownlinkData(train, None, skipped)
    try:
        return DownlinkData(train, cells(held), skipped)
    except SourceError as error:
        advice = "hold out more of the training pictures (--validation), or none: --validation 0"
        raise SourceError(f"of held-out pictures: {error}; or {advice}") from error


def cells_to_measure(
    source: Source, preprocessing: Preprocessing, budget: SymbolBudget, sharing: Sharing, seed: int
) -> tuple[CorrelatedUsers, int]:
    """The test split of a source as cells, and how many of its pictures could not be read.

    Raises:
        SourceError: it has too few pictures for a cell, or too many that can't be read.
    """
    split, images = _read(source, "test", preprocessing)
    cells = sharing.cells(images, _labels(source, split), budget, seed)
    return cells, len(source.split("test")) - len(split)


def _labels(source: Source, split: Split) -> Int64[np.ndarray, " n"]:
    """Each picture's class, -1 where there are none."""
    return split.labels if source.labelled else np.full(len(split), -1)


def _read(
    source: Source, name: str, preprocessing: Preprocessing
) -> tuple[Split, UInt8[np.ndarray, "n height width channels"]]:
    split = source.split(name)
    if not fits_in_memory(split, preprocessing):
        raise SourceError(
            f"{len(split)} pictures of {preprocessing.width}x{preprocessing.height} don't fit into memory, and cells "
            "are drawn from all of them; take a smaller --size"
        )
    loaded = load(split, preprocessing)
    return split.subset(loaded.rows), np.asarray(loaded.images)
