"""A codec over a noisy link: how often what is said, sent or left analog is understood, and for how many symbols."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int64, UInt8

from laconic.codec import Codec
from laconic.contract import LinkCurve, LinkPoint, LinkScore
from laconic.data import Loaded, Source
from laconic.score.evaluation import EvaluationError, labelled_pictures
from laconic.score.link_coding import WAYS, ways_of
from laconic.score.link_conditions import Conditions
from laconic.score.link_ways import Way


def link_source(
    codec: Codec,
    source: Source,
    asked: Conditions,
    *,
    ways: Sequence[str] = (),
    n: int | None = None,
    progress: bool = False,
) -> tuple[LinkScore, Loaded]:
    """Measure `codec` over a link on the test split of `source`, or on `n` of its pictures; also gives these.

    Raises:
        EvaluationError: the source's classes are not the codec's, or as `link_score`.
        SourceError: it has no test split, or one that can't be read.
        LinkError: as `link_score`.
    """
    if n is not None and n < 1:
        raise EvaluationError(f"at least one picture wanted, got n={n}")
    codec, loaded, labels = labelled_pictures(codec, source, progress, n)
    return link_score(codec, loaded.images, labels, source.name, asked, ways=ways, progress=progress), loaded


def link_score(
    codec: Codec,
    images: UInt8[np.ndarray, "n height width channels"],
    labels: Int64[np.ndarray, " n"],
    source: str,
    asked: Conditions,
    *,
    ways: Sequence[str] = (),
    progress: bool = False,
) -> LinkScore:
    """Tell every picture once at every SNR, by some of `laconic.score.link_coding.WAYS`; by default, by all it can.

    What the receiver lacks, it doesn't guess: a picture of which nothing was understood counts as wrong.

    Raises:
        EvaluationError: there is no picture, no such way, or the codec can't go it.
        LinkError: what the link or the channel refuses.
        PictureBudgetError: too few bytes for any picture.
        LaconicError: Sionna, numba or SciPy is not installed.
    """
    if not len(labels):
        raise EvaluationError(f"{source} has no pictures to measure on")
    began = time.perf_counter()
    gone = ways_of(codec, images, asked, ways, progress)
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    with tqdm(total=len(gone) * len(asked.snr_db), desc="link", unit="point", disable=not progress, leave=False) as bar:
        curves = []
        for name, way in gone.items():
            points = []
            for at, snr_db in enumerate(asked.snr_db):
                points.append(_point(way, snr_db, _generator(asked.seed, name, at), labels, images[0].size))
                bar.update()
            curves.append(LinkCurve(name, float((way.clean() == labels).mean()), tuple(points)))
    return LinkScore(
        source, repr(asked.channel), len(labels), asked.seed, tuple(curves), round(time.perf_counter() - began, 2)
    )


def _point(
    way: Way, snr_db: float, generator: torch.Generator, labels: Int64[np.ndarray, " n"], values: int
) -> LinkPoint:
    arrived = way(snr_db, generator)
    return LinkPoint(
        snr_db=snr_db,
        scheme=arrived.scheme,
        symbols=arrived.symbols,
        bandwidth_ratio=arrived.symbols / values,
        packet_error_rate=None if arrived.intact is None else float((~arrived.intact).mean()),
        delivered=float((arrived.answers >= 0).mean()),
        accuracy=float((arrived.answers == labels).mean()),
    )


def _generator(seed: int, way: str, at: int) -> torch.Generator:
    """The channel's randomness, the same for a way and an SNR whatever else is measured."""
    state = np.random.SeedSequence([seed, WAYS.index(way), at]).generate_state(1)
    return torch.Generator().manual_seed(int(state[0]))
