"""Instance and cluster discrimination: what draws pictures of one meaning together without labels.

Paper 000 is Chaccour and Saad, "Disentangling Learnable and Memorizable Data via Contrastive Learning for Semantic
Communications", Section III. `anchors` are its a_i, from the encoder; `positives` its b_i, another view's from the
momentum encoder; `stale` are the K earlier b's of the semantic memory, and `tags` say which of the M clusters each
lies in, -1 for an empty place. Similarity is the cosine, so rows may have any length.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from laconic.contract import LaconicError


class DisentangleError(LaconicError):
    """A temperature, a memory or tags with which nothing can be discriminated."""


def instance_discrimination(
    anchors: Float[Tensor, "batch dim"],
    positives: Float[Tensor, "batch dim"],
    stale: Float[Tensor, "stale dim"],
    tags: Int[Tensor, " stale"],
    clusters: Int[Tensor, " batch"] | None,
    temperature: float,
) -> Float[Tensor, ""]:
    """Tell a picture's other view from the stale views of other clusters' pictures; mean over the batch, in nats.

    ```
    (2')  L_I = -log exp(cos(a, b) / t) / (exp(cos(a, b) / t) + sum over b~ in B~_i of exp(cos(a, b~) / t))
    ```

    B~_i, the pseudo-negatives, are the stale rows outside of cluster `clusters[i]`; with `clusters` None all stale
    rows count, which is momentum contrast (He et al., 2020) and what there is to do before clusters mean anything.

    The print differs: its b_i comes from the classifier phi (not the momentum encoder), its B~_i leaves out
    queue i where i numbers a picture (not the picture's cluster), and its temperature divides the exponential
    (not the cosine), where it would cancel to a constant.

    Raises:
        DisentangleError: temperature not above 0.
    """
    near = _cosines(anchors, stale, temperature)
    negative = tags >= 0
    if clusters is not None:
        negative = negative & (tags != clusters[:, None])
    near = near.masked_fill(~negative, -math.inf)
    own = F.cosine_similarity(anchors, positives, dim=1)[:, None] / temperature
    return F.cross_entropy(torch.cat([own, near], dim=1), torch.zeros(len(own), dtype=torch.long, device=own.device))


def cluster_probabilities(
    anchors: Float[Tensor, "batch dim"],
    stale: Float[Tensor, "stale dim"],
    tags: Int[Tensor, " stale"],
    n_clusters: int,
    temperature: float,
) -> Float[Tensor, "batch clusters"]:
    """P_il, each picture's probability of each cluster by its likeness to what the memory holds of it.

    ```
    (3')  P_il = sum over b in C_l of exp(cos(a_i, b) / t) / sum over all clusters of the same
    ```

    A cluster of which the memory holds nothing has probability 0. The print divides the exponential by the
    temperature in the numerator, with which P wouldn't sum to 1, and sums over l' = 1 ... N where M is meant.

    Raises:
        DisentangleError: temperature not above 0, a tag beyond `n_clusters`, or an empty memory.
    """
    held = tags >= 0
    if not bool(held.any()):
        raise DisentangleError("the memory is empty: fill it before asking for the clusters' probabilities")
    highest = int(tags.max())
    if highest >= n_clusters:
        raise DisentangleError(f"tags go from 0 to {n_clusters - 1} for {n_clusters} clusters, not to {highest}")
    share = _cosines(anchors, stale[held], temperature).softmax(dim=1)
    return share @ F.one_hot(tags[held].long(), n_clusters).to(share)


def cluster_consistency(
    probabilities: Float[Tensor, "batch clusters"], logits: Float[Tensor, "batch clusters"]
) -> Float[Tensor, ""]:
    """The classifier must say what the memory says: the mean cross-entropy of q = softmax(logits) under P, in nats.

    ```
    (4')  L_D = -(1 / N) sum_i sum_l P_il log q_il
    ```

    This is our reading of the paper's "decision boundaries updated by backpropagation": equation (4) as printed
    (`cluster_entropy`) has no path to the boundaries, which are phi's. P may carry a gradient or be detached.
    """
    return -(probabilities * F.log_softmax(logits, dim=1)).sum(1).mean()


def cluster_entropy(probabilities: Float[Tensor, "batch clusters"]) -> Float[Tensor, ""]:
    """Equation (4) as printed: L_D = -(1 / N) sum_i sum_l P_il log P_il, the mean entropy in nats.

    Its minima are all certain assignments, the one that puts every picture into a single cluster among them.
    """
    smallest = torch.finfo(probabilities.dtype).tiny  # 0 log 0 is 0, and so is its gradient here
    return -(probabilities * probabilities.clamp_min(smallest).log()).sum(1).mean()


def cluster_balance(probabilities: Float[Tensor, "batch clusters"]) -> Float[Tensor, ""]:
    """How far a batch is from using all M clusters alike: log M + sum_l p_l log p_l of the mean row p, in nats.

    Between 0 and log M. Paper 000 lacks it; PICA (Huang et al., 2020) adds it with weight 2, and without it one
    cluster may swallow all.
    """
    mean = probabilities.mean(0, keepdim=True)
    return math.log(probabilities.shape[1]) - cluster_entropy(mean)


def _cosines(
    anchors: Float[Tensor, "batch dim"], stale: Float[Tensor, "stale dim"], temperature: float
) -> Float[Tensor, "batch stale"]:
    """Cosines over the temperature, in the rows' own precision under autocast too."""
    if not temperature > 0:
        raise DisentangleError(f"temperature must be above 0 (0.1 is the paper's), not {temperature}")
    with torch.autocast(anchors.device.type, enabled=False):
        return F.normalize(anchors, dim=1) @ F.normalize(stale, dim=1).T / temperature
