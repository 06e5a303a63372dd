"""How well neighbours in feature space tell a picture's class: the k-NN accuracy of learning without labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from laconic.score.activity import ScoreError

BLOCK_ROWS = 512
"""Queries whose similarities to the whole bank exist at one time."""


def knn_predictions(
    bank: Float[Tensor, "n units"],
    bank_labels: Int64[Tensor, " n"],
    queries: Float[Tensor, "m units"],
    k: int = 200,
    temperature: float = 0.5,
) -> Int64[Tensor, " m"]:
    """The class of each query, by a weighted vote of its k nearest rows of the bank (all, if it has fewer).

    A neighbour's vote weighs exp(cos / temperature), cos being the cosine of the features (Wu et al.,
    "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", 2018, Section 3.4, with 200 and
    0.07; 0.5 is that of the public SimCLR for CIFAR-10 which Jiang et al., 2022, appear to build on).

    Raises:
        ScoreError: the bank is empty, or k or temperature is not above 0.
    """
    if len(bank) == 0:
        raise ScoreError("neighbours are looked for in at least one row, but the bank has none")
    if k < 1 or not temperature > 0:
        raise ScoreError(f"k and temperature must be above 0, not {k} and {temperature}")
    bank = F.normalize(bank.float(), dim=1)
    votes = [_votes(bank, bank_labels, block, k, temperature) for block in torch.split(queries, BLOCK_ROWS)]
    return torch.cat([vote.argmax(1) for vote in votes])


def knn_accuracy(
    bank: Float[Tensor, "n units"],
    bank_labels: Int64[Tensor, " n"],
    queries: Float[Tensor, "m units"],
    labels: Int64[Tensor, " m"],
    k: int = 200,
    temperature: float = 0.5,
) -> float:
    """The part of the queries whose neighbours say their label; see `knn_predictions`.

    Raises:
        ScoreError: as there, or there is no query.
    """
    if len(queries) == 0:
        raise ScoreError("k-NN accuracy is measured over at least one query, but there is none")
    return float((knn_predictions(bank, bank_labels, queries, k, temperature) == labels).double().mean())


def _votes(bank: Tensor, bank_labels: Tensor, queries: Tensor, k: int, temperature: float) -> Tensor:
    similarity = F.normalize(queries.float(), dim=1) @ bank.T
    nearest = similarity.topk(min(k, len(bank)), dim=1)
    votes = similarity.new_zeros(len(queries), int(bank_labels.max()) + 1)
    return votes.scatter_add_(1, bank_labels[nearest.indices], (nearest.values / temperature).exp_())
