"""How like the picture that was sent the received one is: PSNR, SSIM and MS-SSIM (torchmetrics), picture by picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from laconic.score.activity import ScoreError

WINDOW = 11
"""Pixels on a side of SSIM's window (Wang et al., 2004)."""

SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""MS-SSIM's five (Wang, Simoncelli and Bovik, 2003): each halves the picture, and the window must fit into the last."""


@dataclass(frozen=True, eq=False)
class Fidelity:
    """Of each picture: `psnr_db` (infinite where nothing is lost), `ssim` and `ms_ssim` (1 at most).

    `ssim` is None for pictures below 11 pixels on a side, `ms_ssim` for those below 176.
    """

    psnr_db: Float[Tensor, " pictures"]
    ssim: Float[Tensor, " pictures"] | None
    ms_ssim: Float[Tensor, " pictures"] | None


def fidelity(
    received: Float[Tensor, "pictures channels height width"], sent: Float[Tensor, "pictures channels height width"]
) -> Fidelity:
    """PSNR, SSIM and MS-SSIM of pictures whose values go from 0 to 1, each of its own picture alone.

    Means over pictures are then means of dB, as papers of this field report them: above none, PSNR of the mean error.

    Raises:
        ScoreError: no picture, shapes that differ, or values outside 0 to 1.
    """
    _check(received, sent)
    side = min(sent.shape[2:])
    psnr = peak_signal_noise_ratio(received, sent, data_range=1.0, reduction="none", dim=(1, 2, 3))
    ssim = ms_ssim = None
    if side >= WINDOW:
        found = structural_similarity_index_measure(received, sent, reduction="none", data_range=1.0)
        ssim = _rows(found)
    if side // 16 >= WINDOW:
        found = multiscale_structural_similarity_index_measure(
            received, sent, reduction="none", data_range=1.0, betas=SCALES
        )
        ms_ssim = _rows(found)
    return Fidelity(_rows(psnr), ssim, ms_ssim)


def per_group(
    values: Float[Tensor, "cells users"], groups: Int64[Tensor, "cells users"], n_groups: int
) -> Float[Tensor, "cells groups"]:
    """The mean of the users' values in each group of each cell.

    >>> per_group(torch.tensor([[20.0, 30.0, 24.0]]), torch.tensor([[0, 1, 0]]), 2).tolist()
    [[22.0, 30.0]]

    Raises:
        ScoreError: a group without users, or a user of another group than these.
    """
    if int(groups.min()) < 0 or int(groups.max()) >= n_groups:
        raise ScoreError(f"users are of groups 0 to {n_groups - 1}, not of {int(groups.min())} to {int(groups.max())}")
    empty = values.new_zeros(len(values), n_groups)
    sizes = empty.scatter_add(1, groups, torch.ones_like(values))
    if bool((sizes == 0).any()):
        cell, group = (sizes == 0).nonzero()[0].tolist()
        raise ScoreError(f"group {group} of cell {cell} has no user to take a mean of")
    return empty.scatter_add(1, groups, values) / sizes


def _check(received: Tensor, sent: Tensor) -> None:
    if received.shape != sent.shape or not len(sent):
        came = f"{[*received.shape]} and {[*sent.shape]}"
        raise ScoreError(f"received and sent pictures are compared one to one, at least one; these are {came}")
    low, high = (float(each(torch.stack([each(received), each(sent)]))) for each in (torch.min, torch.max))
    if not (low >= 0 and high <= 1):
        raise ScoreError(f"values of pictures go from 0 to 1, these from {low:g} to {high:g}; scale or clip them")


def _rows(found: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    return found[0] if isinstance(found, tuple) else found.reshape(-1)
