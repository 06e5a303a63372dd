"""How much labels, or any signal, vary between neighbours of a graph: Lassance, Gripon and Ortega, 2021, Section 3.2.

The paper's (4) and (5) equate a trace with a sum over all i, j, in which each pair stands twice: as printed they are
right for unordered pairs. Here the trace is what counts, so that, V being the classes' indicator vectors,

    tr(V^T L V) = sum of A_ij over ordered pairs (i, j) of distinct classes
                = 1/2 sum over i, j of A_ij |V_i - V_j|^2
"""

from __future__ import annotations

import warnings

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from laconic.geometry.errors import GeometryError, OneClassWarning


def laplacian(weights: Float[Tensor, "batch batch"]) -> Float[Tensor, "batch batch"]:
    """L = D - A, D being the diagonal of A's row sums. A's own diagonal cancels."""
    return weights.sum(1).diag() - weights


def signal_variation(
    weights: Float[Tensor, "batch batch"], signals: Float[Tensor, "batch signals"], power: int = 1
) -> Float[Tensor, ""]:
    """tr(S^T L^m S) of symmetric weights, equation (3) with the Laplacian to the power m.

    Neither L nor a power of it is formed. L is symmetric, so that with R = L^(m // 2) S it is tr(R^T R) for an
    even m and tr(R^T L R) for an odd one.

    Raises:
        GeometryError: a power below 1.
    """
    if power < 1:
        raise GeometryError(f"the Laplacian's power is 1 or more, not {power}")
    degrees = weights.sum(1, keepdim=True)
    for _ in range(power // 2):
        signals = degrees * signals - weights @ signals
    if power % 2 == 0:
        return signals.square().sum()
    return (signals * (degrees * signals - weights @ signals)).sum()


def label_variation(
    weights: Float[Tensor, "batch batch"], labels: Int[Tensor, " batch"], power: int = 1
) -> Float[Tensor, ""]:
    """tr(V^T L^m V), Definition 6: for m = 1 the weights between distinct classes, each pair counted both ways.

    It is 0 if and only if (for weights >= 0) no edge joins two classes, and doesn't depend on the classes' names.

    Warns:
        OneClassWarning: the batch has only one class.

    Raises:
        GeometryError: a power below 1.
    """
    return signal_variation(weights, label_indicators(labels).to(weights), power)


def relative_label_variation(weights: Float[Tensor, "batch batch"], labels: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
    """The mean weight between two pictures of distinct classes: label variation over its highest value (Appendix C).

    From 0 to 1 where weights are. Of a batch of one class it is 0.

    Warns:
        OneClassWarning: the batch has only one class.
    """
    return label_variation(weights, labels) / max(1, distinct_pairs(labels))


def distinct_pairs(labels: Int[Tensor, " batch"]) -> int:
    """The number of ordered pairs of distinct classes.

    >>> distinct_pairs(torch.tensor([4, 4, 7]))
    4
    """
    return len(labels) ** 2 - int(torch.unique(labels, return_counts=True)[1].square().sum())


def label_indicators(labels: Int[Tensor, " batch"]) -> Bool[Tensor, "batch classes"]:
    """V, a column for each class of the batch, in the order of their numbers.

    Warns:
        OneClassWarning: there is only one.
    """
    classes: Tensor = torch.unique(labels)
    if len(classes) == 1:
        message = (
            f"all {len(labels)} pictures of the batch are of class {int(classes)}: its label variation is 0 and "
            "teaches nothing; draw batches from several classes"
        )
        warnings.warn(message, OneClassWarning, stacklevel=3)
    return labels[:, None].eq(classes)
