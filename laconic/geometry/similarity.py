"""How alike the pictures of a batch are, two by two: [batch, batch] matrices, whatever the features' shape."""

from __future__ import annotations

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from laconic.geometry.errors import GeometryError

Similarity = Literal["auto", "cosine", "rbf"]


def similarity(
    features: Float[Tensor, "batch ..."], kind: Similarity = "auto", alpha: float = 1.0
) -> Float[Tensor, "batch batch"]:
    """The similarity of each two pictures' features or maps, computed in float32 (float64 for float64).

    `auto` is the rule of Lassance, Gripon and Ortega, "Representing Deep Neural Networks Latent Space Geometries
    with Graphs", 2021, Section 3.3: `cosine` if no value of the batch is below 0, `rbf` otherwise. It is asked anew
    for every batch: where batches are to be compared, choose one. `alpha` is the kernel's, and cosine ignores it.

    Raises:
        GeometryError: cosine of a vector of zeros.
    """
    if kind == "auto":
        kind = "cosine" if bool(features.amin() >= 0) else "rbf"
    return cosine_similarity(features) if kind == "cosine" else rbf_similarity(features, alpha)


def cosine_similarity(features: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch batch"]:
    """<x_i, x_j> / (|x_i| |x_j|): from 0 to 1 where no feature is below 0.

    No normalised copy of the features is made: lengths are the square roots of the Gram matrix's diagonal.

    Raises:
        GeometryError: a vector of zeros (or one so short that its square is 0).
    """
    rows = flat_rows(features)
    apply: Any = _Gram.apply
    gram: Tensor = apply(rows)
    squares = gram.diagonal()
    if bool((squares == 0).any()):
        zero = (squares == 0).nonzero().flatten().tolist()
        raise GeometryError(
            f"{len(zero)} of {len(rows)} vectors are zero (the first is row {zero[0]}) and have no cosine; "
            "choose the similarity 'rbf', or features that don't vanish"
        )
    lengths = squares.sqrt()
    return gram / lengths[:, None] / lengths


def rbf_similarity(features: Float[Tensor, "batch ..."], alpha: float = 1.0) -> Float[Tensor, "batch batch"]:
    """exp(-alpha |x_i - x_j|), a radial basis function of the Euclidean distance (not of its square).

    The paper names neither `alpha` nor a scale: distances grow with the number of features, and with them what
    `alpha` means.
    """
    rows = flat_rows(features)
    # differences, not products: those would leave equal rows some 1e-3 apart, and all pairs near them imprecise
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return (-alpha * distances).exp()


def flat_rows(features: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch dim"]:
    """Maps as rows, float32 unless float64, in the order in which they lie in memory, so that none is copied."""
    if features.dtype != torch.float64:
        features = features.float()
    if features.ndim == 4 and features.is_contiguous(memory_format=torch.channels_last):
        features = features.permute(0, 2, 3, 1)
    return features.flatten(1)


class _Gram(torch.autograd.Function):
    """X X^T, whose gradient (G + G^T) X takes one product here and two by autograd's own rules."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        with torch.autocast(rows.device.type, enabled=False):
            return rows @ rows.T

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        with torch.autocast(rows.device.type, enabled=False):
            product: Tensor = (gradient + gradient.T) @ rows
            return product
