"""AugMix on a batch: each picture mixed with three varied copies of itself, on the pictures' own device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

CHAINS, DEPTH, STRONGEST = 3, 3, 3  # the paper's for CIFAR, as is a concentration of 1 for both mixtures
AUTOCONTRAST, EQUALIZE, POSTERIZE, SOLARIZE, ROTATE, SHEAR_X, SHEAR_Y, TRANSLATE_X, TRANSLATE_Y, NOTHING = range(10)
LEVELS = 256


def augmix(
    pictures: Float[Tensor, "batch channels height width"], generator: torch.Generator
) -> Float[Tensor, "batch channels height width"]:
    """A mixed view of every picture in [0, 1], in the same memory format; draws come from `generator`.

    ```
               .- 1 to 3 operations -.
    picture x -+- 1 to 3 operations -+- weighted mean, Dirichlet(1, 1, 1) -> (1 - m) x + m mean, m from Beta(1, 1)
               '- 1 to 3 operations -'
    ```

    Hendrycks et al., "AugMix: A Simple Data Processing Method to Improve Robustness and Uncertainty", 2020, with the
    nine operations and strengths of their code: autocontrast, equalise, posterise, solarise; rotation, shear and move
    along either axis. None of them is one of `laconic.data.corruptions`.

    Ours differ in that a chain is one table of 256 values a channel and then one bilinear warp, whatever order was
    drawn between the two kinds, and that the picture is continued by reflection, not by black.
    """
    batch, home = len(pictures), generator.device
    shares = -torch.rand(CHAINS, batch, generator=generator, device=home).clamp_min(1e-30).log()
    part = torch.rand(batch, generator=generator, device=home)
    operations = torch.randint(NOTHING, (DEPTH, CHAINS, batch), generator=generator, device=home)
    depths = torch.randint(1, DEPTH + 1, (CHAINS, batch), generator=generator, device=home)
    operations[torch.arange(DEPTH, device=home)[:, None, None] >= depths] = NOTHING
    strengths = 0.01 + (STRONGEST / 10 - 0.01) * torch.rand(operations.shape, generator=generator, device=home)
    signs = torch.randint(2, operations.shape, generator=generator, device=home) * 2 - 1

    plain = pictures.contiguous()  # until the end, or layouts would be mixed in every sum
    weights = (part * shares / shares.sum(0)).to(plain)
    affine = _warps(operations, signs * strengths, plain.shape[3] / plain.shape[2]).to(plain)
    whole = (plain.clamp(0, 1) * (LEVELS - 1)).round().long().flatten(2)
    counts = torch.zeros(*whole.shape[:2], LEVELS, device=whole.device)
    counts.scatter_add_(2, whole, torch.ones_like(whole, dtype=counts.dtype))
    mixed = plain * (1 - part.to(plain))[:, None, None, None]
    for chain, weight in enumerate(weights[:, :, None, None, None]):
        table = _table(counts, operations[:, chain].to(whole.device), strengths[:, chain].to(plain))
        toned = table.gather(2, whole).view_as(plain)
        grid = F.affine_grid(affine[chain], list(plain.shape), align_corners=False)
        warped = F.grid_sample(toned, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        mixed.addcmul_(weight, warped)
    channels_last = pictures.is_contiguous(memory_format=torch.channels_last)
    return mixed.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def _table(
    counts: Float[Tensor, "batch channels levels"],
    operations: Int64[Tensor, "depth batch"],
    strengths: Float[Tensor, "depth batch"],
) -> Float[Tensor, "batch channels levels"]:
    """What each of the 256 values of each channel becomes, operation by operation."""
    table = (torch.arange(LEVELS, device=counts.device) / (LEVELS - 1)).repeat(*counts.shape[:2], 1)
    for operation, strength in zip(operations, strengths[:, :, None, None], strict=True):
        for kind, change in enumerate((_stretched, _equalized, _posterized, _solarized)):
            rows = (operation == kind).nonzero()[:, 0]  # a ninth of them, or there would be nine times the work
            table[rows] = change(table[rows], counts[rows], strength[rows])
    return table


def _stretched(table: Tensor, counts: Tensor, _: Tensor) -> Tensor:
    """The lowest value that the channel has becomes 0, the highest 1; a channel of one value stays."""
    there = counts > 0
    lowest = table.where(there, table.new_tensor(1)).amin(2, keepdim=True)
    highest = table.where(there, table.new_tensor(0)).amax(2, keepdim=True)
    return torch.where(highest > lowest, (table - lowest) / (highest - lowest), table).clamp(0, 1)


def _equalized(table: Tensor, counts: Tensor, _: Tensor) -> Tensor:
    """Each value becomes the part of the channel's pixels below it, of those that are below its highest (Pillow's)."""
    level = (table * (LEVELS - 1)).round().long()
    spread = torch.zeros_like(counts).scatter_add_(2, level, counts)
    below = spread.cumsum(2) - spread
    highest = below.gather(2, level.where(counts > 0, level.new_tensor(0)).amax(2, keepdim=True))
    return torch.where(highest > 0, (below.gather(2, level) / highest).clamp(max=1), table)


def _posterized(table: Tensor, _: Tensor, strength: Tensor) -> Tensor:
    """Of a value's 8 bits the highest 4 are left, or 3."""
    width = 2 ** (4 + (4 * strength).floor())
    return (table * (LEVELS - 1)).round().div(width).floor() * width / (LEVELS - 1)


def _solarized(table: Tensor, _: Tensor, strength: Tensor) -> Tensor:
    """The brightest values, a part `strength` of them all, are inverted."""
    inverted = (table * (LEVELS - 1)).round() >= LEVELS - (LEVELS * strength).floor()
    return torch.where(inverted, 1 - table, table)


def _warps(
    operations: Int64[Tensor, "depth chains batch"], amounts: Float[Tensor, "depth chains batch"], aspect: float
) -> Float[Tensor, "chains batch 2 3"]:
    """One map of each chain's rotations (to 9 degrees), shears (to 0.09) and moves (to a tenth), sides from -1 to 1."""
    identity = torch.eye(3, device=amounts.device)
    warp = identity.expand(*operations.shape[1:], 3, 3)
    for operation, amount in zip(operations, amounts, strict=True):
        step = identity.repeat(*operation.shape, 1, 1)
        angle = torch.where(operation == ROTATE, torch.deg2rad(30 * amount), 0)
        step[..., 0, 0] = step[..., 1, 1] = angle.cos()
        step[..., 0, 1] = torch.where(operation == SHEAR_X, 0.3 * amount, -angle.sin()) / aspect
        step[..., 1, 0] = torch.where(operation == SHEAR_Y, 0.3 * amount, angle.sin()) * aspect
        step[..., 0, 2] = torch.where(operation == TRANSLATE_X, 2 / 3 * amount, 0)
        step[..., 1, 2] = torch.where(operation == TRANSLATE_Y, 2 / 3 * amount, 0)
        warp = warp @ step
    return warp[..., :2, :]
