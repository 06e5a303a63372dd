"""k-NN accuracy against scikit-learn's classifier and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from laconic.score.activity import ScoreError
from laconic.score.neighbours import BLOCK_ROWS, knn_accuracy, knn_predictions


def features(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (n,), generator=generator)
    return torch.randn(n, 6, generator=generator) + 2 * torch.eye(6)[labels], labels


@pytest.mark.parametrize("k", [1, 7, 200])
@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_it_votes_as_scikit_learn_does(k: int, temperature: float) -> None:
    bank, labels = features(300, 0)
    asked, _ = features(BLOCK_ROWS + 5, 1)
    theirs = KNeighborsClassifier(
        k, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / temperature)
    ).fit(bank.numpy(), labels.numpy())
    ours = knn_predictions(bank, labels, asked, k, temperature)
    assert ours.tolist() == theirs.predict(asked.numpy()).tolist()


def test_near_neighbours_outvote_many_far_ones_at_a_small_temperature_only() -> None:
    bank, labels = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), torch.tensor([0, 1, 1])
    asked = torch.tensor([[1.0, 0.5]])
    assert knn_predictions(bank, labels, asked, k=3, temperature=0.1).tolist() == [0]
    assert knn_predictions(bank, labels, asked, k=3, temperature=10.0).tolist() == [1]


def test_lengths_do_not_matter_and_a_small_bank_votes_as_a_whole() -> None:
    bank, labels = features(50, 2)
    asked, asked_labels = features(20, 3)
    whole = knn_accuracy(bank, labels, asked, asked_labels, k=200)
    assert whole == knn_accuracy(bank, labels, asked, asked_labels, k=50)
    assert whole == knn_accuracy(9 * bank, labels, asked / 7, asked_labels, k=50)


def test_accuracy_counts_the_right_ones() -> None:
    bank = torch.eye(3)
    assert knn_accuracy(bank, torch.arange(3), bank[[0, 1, 2, 2]], torch.tensor([0, 1, 2, 0]), k=1) == 0.75


def test_refuses_what_can_not_be_asked() -> None:
    bank, labels = features(5, 0)
    with pytest.raises(ScoreError, match="bank has none"):
        knn_predictions(bank[:0], labels[:0], bank)
    with pytest.raises(ScoreError, match="k and temperature must be above 0, not 0 and"):
        knn_predictions(bank, labels, bank, k=0)
    with pytest.raises(ScoreError, match="at least one query"):
        knn_accuracy(bank, labels, bank[:0], labels[:0])
