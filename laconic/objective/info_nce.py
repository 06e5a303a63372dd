"""Contrast without labels: a picture's other view against all other pictures, in the batch or in a queue."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from laconic.objective.contrastive import ContrastiveError, supervised_contrastive


def nt_xent(embeddings: Float[Tensor, "rows dim"], temperature: float) -> Float[Tensor, ""]:
    """SimCLR's loss, NT-Xent (Chen et al., "A Simple Framework for Contrastive Learning", 2020, eq. 1), in nats.

    `embeddings` are rows of unit length, view by view: those of picture i are rows i and i + rows / 2. Every row is
    an anchor, its picture's other view the positive, all others negatives: the supervised contrastive loss, each
    picture being a class of its own.

    Raises:
        ContrastiveError: a number of rows that is odd or 0, or what `supervised_contrastive` refuses.
    """
    pictures = torch.arange(n_pictures(embeddings), device=embeddings.device)
    return supervised_contrastive(embeddings, pictures.repeat(2), temperature)


def momentum_contrast(
    queries: Float[Tensor, "batch dim"],
    keys: Float[Tensor, "batch dim"],
    queue: Float[Tensor, "queue dim"],
    temperature: float,
) -> Float[Tensor, ""]:
    """MoCo's loss (He et al., "Momentum Contrast", 2020, eq. 1), in nats.

    Rows have unit length. `keys` are the momentum encoder's, of the queries' pictures row by row; `queue` holds
    earlier pictures' keys, the negatives. Without any yet, the loss is 0.
    """
    return info_nce((queries * keys).sum(1), queries @ queue.T, temperature)


def info_nce(
    positive: Float[Tensor, " batch"], negative: Float[Tensor, "batch negatives"], temperature: float
) -> Float[Tensor, ""]:
    """The mean of -log exp(s+/t) / (exp(s+/t) + sum_j exp(s_j-/t)) over a batch of similarities, in nats.

    It lies above the mean triplet loss max(0, (s_j- - s+)/t) without margin, and above the largest of each row
    (Jiang et al., "Refining Self-Supervised Learning in Imaging", 2022, Theorem 1).

    Raises:
        ContrastiveError: temperature not above 0.
    """
    if not temperature > 0:
        raise ContrastiveError(f"temperature must be above 0 (0.07 to 0.5 are usual), not {temperature}")
    similarity = torch.cat([positive[:, None], negative], dim=1) / temperature
    return (similarity.logsumexp(1) - similarity[:, 0]).mean()


def n_pictures(embeddings: Float[Tensor, "rows dim"]) -> int:
    """How many pictures two views of each make so many rows.

    Raises:
        ContrastiveError: an odd number of rows, or none.
    """
    if len(embeddings) % 2 or not len(embeddings):
        raise ContrastiveError(f"two views of each picture make 2, 4, 6, ... rows, not {len(embeddings)}")
    return len(embeddings) // 2
