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

    weights = (part * shares / shares.sum(0)).to(pictures)
    affine = _warps(operations.flatten(1), (signs * strengths).flatten(1)).to(pictures)
    whole = (pictures.clamp(0, 1) * (LEVELS - 1)).round().long().flatten(2)
    mixed = pictures * (1 - part.to(pictures))[:, None, None, None]
    for chain, weight in enumerate(weights):
        rows = slice(chain * batch, (chain + 1) * batch)
        tables = _tables(whole, operations[:, chain].to(whole.device), strengths[:, chain].to(pictures))
        toned = tables.gather(2, whole).view_as(pictures)
        grid = F.affine_grid(affine[rows], list(pictures.shape), align_corners=False)
        warped = F.grid_sample(toned, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        mixed += weight[:, None, None, None] * warped
    return mixed


def _tables(
    whole: Int64[Tensor, "batch channels pixels"],
    operations: Int64[Tensor, "depth batch"],
    strengths: Float[Tensor, "depth batch"],
) -> Float[Tensor, "batch channels levels"]:
    """What each of the 256 values of each channel becomes, operation by operation."""
    counts = whole.new_zeros(*whole.shape[:2], LEVELS).scatter_add_(2, whole, torch.ones_like(whole))
    table = torch.arange(LEVELS, device=whole.device).expand_as(counts) / (LEVELS - 1)
    for operation, strength in zip(operations[:, :, None, None], strengths[:, :, None, None], strict=True):
        table = torch.where(operation == AUTOCONTRAST, _stretched(table, counts), table)
        table = torch.where(operation == EQUALIZE, _equalized(table, counts), table)
        steps = 2 ** (4 - (4 * strength).floor())
        table = torch.where(operation == POSTERIZE, _posterized(table, steps), table)
        table = torch.where((operation == SOLARIZE) & (table >= 1 - strength), 1 - table, table)
    return table


def _stretched(table: Tensor, counts: Tensor) -> Tensor:
    """The lowest value that the channel has becomes 0, the highest 1; a channel of one value stays."""
    there = counts > 0
    lowest = table.where(there, table.new_tensor(1)).amin(2, keepdim=True)
    highest = table.where(there, table.new_tensor(0)).amax(2, keepdim=True)
    return torch.where(highest > lowest, (table - lowest) / (highest - lowest), table).clamp(0, 1)


def _equalized(table: Tensor, counts: Tensor) -> Tensor:
    """Each value becomes the part of the channel's pixels below it, of those that are below its highest (Pillow's)."""
    level = (table * (LEVELS - 1)).round().long()
    spread = torch.zeros_like(counts).scatter_add_(2, level, counts)
    below = spread.cumsum(2) - spread
    highest = below.gather(2, level.where(counts > 0, level.new_tensor(0)).amax(2, keepdim=True))
    return torch.where(highest > 0, (below.gather(2, level) / highest).clamp(max=1), table)


def _posterized(table: Tensor, steps: Tensor) -> Tensor:
    """The highest bits of 8: `steps` values are left, the highest of them below 1."""
    width = LEVELS / steps
    return (table * (LEVELS - 1)).round().div(width).floor() * width / (LEVELS - 1)


def _warps(operations: Int64[Tensor, "depth rows"], amounts: Float[Tensor, "depth rows"]) -> Float[Tensor, "rows 2 3"]:
    """One map of the chain's rotations (to 9 degrees), shears (to 0.09) and moves (to a tenth), sides from -1 to 1."""
    warp = torch.eye(3, device=amounts.device).expand(operations.shape[1], 3, 3)
    for operation, amount in zip(operations, amounts, strict=True):
        step = torch.eye(3, device=amounts.device).repeat(len(operation), 1, 1)
        angle = torch.where(operation == ROTATE, torch.deg2rad(30 * amount), 0)
        step[:, 0, 0] = step[:, 1, 1] = angle.cos()
        step[:, 0, 1] = torch.where(operation == SHEAR_X, 0.3 * amount, -angle.sin())
        step[:, 1, 0] = torch.where(operation == SHEAR_Y, 0.3 * amount, angle.sin())
        step[:, 0, 2] = torch.where(operation == TRANSLATE_X, 2 / 3 * amount, 0)
        step[:, 1, 2] = torch.where(operation == TRANSLATE_Y, 2 / 3 * amount, 0)
        warp = warp @ step
    return warp[:, :2]
