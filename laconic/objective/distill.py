"""What a small network, the student, learns from a large one, the teacher: by graphs, by distances, by its logits.

The first two compare layers of any shapes and depths, pair by pair: [batch, ...] tensors of the same pictures in the
same order. All of them are to be added to the task's own loss, with a weight (equation 7 of Lassance, Gripon and
Ortega, "Representing Deep Neural Networks Latent Space Geometries with Graphs", 2021). No gradient reaches the teacher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from laconic.contract import LaconicError
from laconic.geometry import GraphRecipe, flat_rows, latent_graph

AUTHORS_GRAPH = GraphRecipe("cosine", normalise="first")
"""The graph of the authors' code: cosine, no diagonal, all pairs, normalised before any cut (paper: after it)."""

AUTHORS_WEIGHT = 25 / 3
"""The authors' factor of each of three layers, for `graph_distillation` and `distance_distillation` alike."""


class DistillationError(LaconicError):
    """Layers, weights or a temperature with which nothing can be distilled."""


def graph_distillation(
    student: Sequence[Float[Tensor, "batch ..."]],
    teacher: Sequence[Float[Tensor, "batch ..."]],
    recipe: GraphRecipe = AUTHORS_GRAPH,
    labels: Int[Tensor, " batch"] | None = None,
    weights: Sequence[float] | None = None,
    power: int = 1,
) -> Float[Tensor, ""]:
    """GKD: make the student's latent geometry graphs the teacher's, equation (8).

    ```
    sum over layers l of w_l |A_S,l^p - A_T,l^p|_F^2
    ```

    The paper says "the Frobenius norm"; its code has the norm's square, and so have we. The student's graph has the
    teacher's edges, whichever its own neighbours are. `weights` are w_l, 1 for each layer where they are left out;
    AUTHORS_WEIGHT is the authors'. `recipe.pairs` of `between` or `within` classes needs `labels`; the authors' further
    experiments found `between` the better. `power` is p of the weights' matrix, which reaches p edges far.

    Raises:
        DistillationError: no layers, different numbers of them or of weights, or a power below 1.
        GeometryError: what `laconic.geometry.latent_graph` refuses.
    """
    if power < 1:
        raise DistillationError(f"the power of a graph is 1 or more, not {power}")

    def squared_difference(ours: Tensor, theirs: Tensor) -> Tensor:
        told = latent_graph(theirs, recipe, labels)
        heard = latent_graph(ours, recipe, labels, told.edges)
        reach, target = (torch.linalg.matrix_power(graph.weights, power) for graph in (heard, told))
        return F.mse_loss(reach, target, reduction="sum")

    return _over_layers(squared_difference, student, teacher, weights)


def distance_distillation(
    student: Sequence[Float[Tensor, "batch ..."]],
    teacher: Sequence[Float[Tensor, "batch ..."]],
    weights: Sequence[float] | None = None,
) -> Float[Tensor, ""]:
    """RKD-D: make the student's distances between pictures the teacher's, each over their own mean.

    ```
    sum over layers l of w_l mean over i < j of smooth_l1(d_ij^S / mean d^S, d_ij^T / mean d^T)
    ```

    Park et al., "Relational Knowledge Distillation", 2019, Section 3.2. d is Euclidean, its mean is over distances
    above 0, smooth_l1 is the Huber loss with threshold 1. `weights` are as in `graph_distillation`.

    Raises:
        DistillationError: no layers, different numbers of them or of weights, or a layer in which all pictures are
            alike.
    """

    def difference(ours: Tensor, theirs: Tensor) -> Tensor:
        return F.smooth_l1_loss(_relative_distances(ours, "student"), _relative_distances(theirs, "teacher"))

    return _over_layers(difference, student, teacher, weights)


def logit_distillation(
    student: Float[Tensor, "batch classes"], teacher: Float[Tensor, "batch classes"], temperature: float = 4.0
) -> Float[Tensor, ""]:
    """KD: make the student's soft decisions the teacher's; t^2 KL(teacher | student), mean over the batch, in nats.

    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015: both sides divide logits by the
    temperature t, and t^2 keeps gradients of one size whatever it is.

    Raises:
        DistillationError: temperature not above 0.
    """
    if not temperature > 0:
        raise DistillationError(f"temperature must be above 0 (2 to 10 are usual), not {temperature}")
    ours, theirs = (F.log_softmax(flat_rows(logits) / temperature, dim=1) for logits in (student, teacher.detach()))
    return temperature**2 * F.kl_div(ours, theirs, reduction="batchmean", log_target=True)


def _over_layers(
    loss: Callable[[Tensor, Tensor], Tensor],
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    weights: Sequence[float] | None,
) -> Tensor:
    factors = [1.0] * len(teacher) if weights is None else list(weights)
    if not len(student) == len(teacher) == len(factors) > 0:
        raise DistillationError(
            "student, teacher and weights go layer by layer and must be equally many, 1 or more; they are "
            f"{len(student)}, {len(teacher)} and {len(factors)}"
        )
    pairs = zip(factors, student, teacher, strict=True)
    return torch.stack([factor * loss(ours, theirs.detach()) for factor, ours, theirs in pairs]).sum()


def _relative_distances(features: Float[Tensor, "batch ..."], whose: str) -> Float[Tensor, " pairs"]:
    distances = F.pdist(flat_rows(features))
    positive = distances > 0
    if not bool(positive.any()):
        raise DistillationError(
            f"all {len(features)} pictures are alike in a layer of the {whose}, so that no distance is above 0; "
            "check that it is trained and sees different pictures"
        )
    return distances / distances[positive].mean()
