"""What the users of a downlink receive at each SNR: PSNR, SSIM, a perceptual distance, classes, user by user."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from laconic.contract import DownlinkPoint
from laconic.data.correlated import CorrelatedUsers
from laconic.score.activity import ScoreError
from laconic.score.fidelity import fidelity, per_group
from laconic.score.perceptual import Perceptual

MOST_DB = 100.0
"""PSNR that counts at most: a picture without any error has no number of dB."""


@runtime_checkable
class Received(Protocol):
    """What users received: pictures from 0 to 1, the users' groups, and classes' logits where there are some."""

    @property
    def pictures(self) -> Float[Tensor, "cells users channels height width"]:
        """As they arrived."""

    @property
    def groups(self) -> Int64[Tensor, "cells users"]:
        """The users' groups."""

    @property
    def logits(self) -> Float[Tensor, "cells users classes"] | None:
        """Of the classes, where the receiver classifies."""


@runtime_checkable
class Sends(Protocol):
    """What sends cells of pictures at an SNR, as `laconic.train.downlink.way.DownlinkWay` does."""

    def __call__(
        self, images: UInt8[Tensor, "cells users height width channels"], snr_db: float, generator: torch.Generator, /
    ) -> Received:
        """Send each user its picture."""


def downlink_points(
    sends: Sends,
    cells: CorrelatedUsers,
    n_cells: int,
    snr_db: Sequence[float],
    *,
    seed: int = 0,
    perceptual: Perceptual | None = None,
    device: torch.device | None = None,
    progress: bool = False,
) -> tuple[DownlinkPoint, ...]:
    """What users receive of the cells 0 to `n_cells` - 1, at each SNR with the same draws of noise.

    Raises:
        ScoreError: no cell, or no SNR.
        LinkError, RecipeError: what `sends` refuses.
    """
    check_measurable(n_cells, snr_db)
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    there = device or torch.device("cpu")
    snrs = tqdm(snr_db, "downlink", unit="SNR", disable=not progress, leave=False)
    return tuple(_point(sends, cells, n_cells, snr, seed, perceptual, there) for snr in snrs)


def check_measurable(n_cells: int, snr_db: Sequence[float]) -> None:
    """Raise a ScoreError where there is nothing to measure."""
    if n_cells < 1 or not snr_db:
        raise ScoreError(f"at least one cell at one SNR is measured, not {n_cells} at {len(snr_db)}")


def sent_once(
    sends: Sends, cells: CorrelatedUsers, number: int, snr_db: float, seed: int, device: torch.device
) -> tuple[Float[Tensor, "1 users channels height width"], Received]:
    """The pictures of one cell, from 0 to 1, and what is received of them."""
    images = torch.from_numpy(cells.cell(number)[0])[None].to(device)
    (mixed,) = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)
    generator = torch.Generator(device).manual_seed(int(mixed >> np.uint64(1)))
    with torch.no_grad():
        return images.movedim(-1, 2).float() / 255, sends(images, snr_db, generator)


def _point(
    sends: Sends,
    cells: CorrelatedUsers,
    n_cells: int,
    snr_db: float,
    seed: int,
    perceptual: Perceptual | None,
    device: torch.device,
) -> DownlinkPoint:
    found: dict[str, list[Tensor]] = {}
    for number in range(n_cells):
        sent, received = sent_once(sends, cells, number, snr_db, seed, device)
        labels = torch.from_numpy(cells.classes(number)).to(device)
        for name, values in _measured(sent.flatten(0, 1), received, labels, perceptual).items():
            found.setdefault(name, []).append(values)
    joined = {name: torch.cat(parts).double() for name, parts in found.items()}
    psnr, mean = joined["psnr_db"], {name: float(values.mean()) for name, values in joined.items()}
    low, high = torch.quantile(psnr, psnr.new_tensor([0.1, 0.9])).tolist()
    return DownlinkPoint(
        snr_db=snr_db,
        psnr_db=mean["psnr_db"],
        psnr_low_db=low,
        psnr_high_db=high,
        groups_psnr_db=tuple(joined["groups_psnr_db"].mean(0).tolist()),
        ssim=mean.get("ssim"),
        ms_ssim=mean.get("ms_ssim"),
        perceptual=mean.get("perceptual"),
        accuracy=mean.get("right"),
    )


def _measured(
    sent: Float[Tensor, "users channels height width"],
    received: Received,
    labels: Int64[Tensor, " users"],
    perceptual: Perceptual | None,
) -> dict[str, Tensor]:
    """Of one cell: what is measured of each user, and of each group, the worst first."""
    pictures = received.pictures[0]
    of = fidelity(pictures, sent)
    psnr = of.psnr_db.clamp_max(MOST_DB)
    groups = per_group(psnr[None], received.groups, int(received.groups.max()) + 1)
    found = {"psnr_db": psnr, "groups_psnr_db": groups.sort().values, "ssim": of.ssim, "ms_ssim": of.ms_ssim}
    if perceptual is not None:
        with torch.no_grad():
            found["perceptual"] = perceptual(pictures, sent)
    if received.logits is not None:
        found["right"] = (received.logits[0].argmax(1) == labels).float()
    return {name: values for name, values in found.items() if values is not None}
