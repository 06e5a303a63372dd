"""A trained downlink on a source's test pictures: figures at every SNR, and some of the pictures to look at."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from laconic.contract import DownlinkScore
from laconic.data import Preprocessing, Source, load
from laconic.data.correlated import CorrelatedUsers
from laconic.report.downlink import Shown
from laconic.score.downlink import check_measurable, downlink_points, sent_once
from laconic.score.perceptual import Lpips, Perceptual
from laconic.train.downlink.data import Sharing, cells_to_measure
from laconic.train.downlink.folder import DownlinkError, TrainedDownlink
from laconic.train.downlink.stand_in import stand_in
from laconic.train.downlink.way import SnrRangeWarning

SHOWN_USERS = 10
SHOWN_SNRS = 3
LEARNT_FROM = 5000  # training pictures at most for what stands in for LPIPS


def evaluate_downlink(
    trained: TrainedDownlink,
    source: Source,
    snr_db: Sequence[float],
    *,
    n_cells: int = 10,
    sharing: Sharing | None = None,
    lpips_weights: Path | None = None,
    seed: int = 0,
    progress: bool = False,
) -> tuple[DownlinkScore, tuple[Shown, ...], int]:
    """What users receive of the source's test pictures, some of these, and how many pictures could not be read.

    Cells are alike as `sharing` says, by default as in training. Each draws its pictures anew from all test pictures.
    Without `lpips_weights`, features of a small network stand in for LPIPS, or nothing where there are no labels.
    Of an SNR outside the trained range nothing is said here: see `DownlinkRecipe.outside`.

    Raises:
        SourceError, ScoreError, LinkError, DownlinkError: what can't be measured, and why.
    """
    began = time.perf_counter()
    if trained.classes and trained.classes != source.class_names:
        raise DownlinkError(
            f"this downlink tells {len(trained.classes)} classes apart, and {source.name} has others; evaluate it on "
            "the classes that it learnt"
        )
    sharing, budget = sharing or trained.sharing, trained.recipe.budget
    cells, skipped = cells_to_measure(source, trained.preprocessing, budget, sharing, seed)
    check_measurable(n_cells, snr_db)
    perceptual = _perceptual(source, trained.preprocessing, lpips_weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SnrRangeWarning)
        points = downlink_points(
            trained.way,
            cells,
            n_cells,
            snr_db,
            seed=seed,
            perceptual=perceptual,
            device=trained.way.device,
            progress=progress,
        )
        shown = tuple(_shown(trained, cells, snr, seed) for snr in _some(snr_db))
    score = DownlinkScore(
        source=source.name,
        channel=repr(trained.recipe.channel),
        correlation=sharing.correlation,
        cells=n_cells,
        users=budget.users,
        groups=budget.groups,
        symbols=budget.symbols,
        common=budget.common,
        private=budget.private,
        spent=budget.spent,
        accounting=budget.accounting,
        trained_snr_db=trained.recipe.snr_db,
        perceptual=None if perceptual is None else perceptual.name,
        seed=seed,
        points=points,
        seconds=round(time.perf_counter() - began, 2),
    )
    return score, shown, skipped


def _perceptual(source: Source, preprocessing: Preprocessing, lpips_weights: Path | None) -> Perceptual | None:
    if lpips_weights is not None:
        return Lpips(lpips_weights)
    if not source.labelled:
        return None
    train = source.split("train")
    some = train.subset(np.unique(np.linspace(0, len(train) - 1, min(len(train), LEARNT_FROM)).astype(np.int64)))
    loaded = load(some, preprocessing)
    labels = some.labels[loaded.rows]
    return stand_in(np.asarray(loaded.images), labels, len(source.class_names), source.name)


def _some(snr_db: Sequence[float]) -> list[float]:
    """The SNRs at which pictures are shown: evenly spaced, the first and the last among them."""
    rows = np.unique(np.linspace(0, len(snr_db) - 1, min(len(snr_db), SHOWN_SNRS)).astype(int))
    return [snr_db[row] for row in rows]


def _shown(trained: TrainedDownlink, cells: CorrelatedUsers, snr_db: float, seed: int) -> Shown:
    """The first cell's users, group by group, as many as are shown."""
    sent, received = sent_once(trained.way, cells, 0, snr_db, seed, trained.way.device)
    users = received.groups[0].argsort(stable=True)[:SHOWN_USERS]
    groups = tuple(int(group) for group in received.groups[0][users])
    return Shown(snr_db, _bytes(sent[0][users]), _bytes(received.pictures[0][users]), groups)


def _bytes(pictures: Float[Tensor, "n channels height width"]) -> UInt8[np.ndarray, "n height width channels"]:
    return np.asarray((255 * pictures).round().to(torch.uint8).movedim(1, -1).cpu().numpy())
