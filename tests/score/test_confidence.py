"""Confidence of pictures and clusters, and its AUROC, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.score.activity import ScoreError
from laconic.score.confidence import confidence, learnable_auroc, mean_pictures, regeneration

TABLE = np.array([[0.6, 0.3, 0.1, 0], [0.8, 0.1, 0.1, 0], [0.1, 0.5, 0.4, 0], [0.05, 0.0, 0.95, 0]], np.float32)


def test_a_cluster_is_as_sure_as_its_pictures_are_in_the_mean() -> None:
    sure = confidence(TABLE)
    assert sure.clusters.tolist() == [0, 0, 1, 2]
    assert sure.by_picture == pytest.approx([0.6, 0.8, 0.5, 0.95])
    assert sure.by_cluster == pytest.approx([0.7, 0.5, 0.95, 0.0])
    assert sure.ranking.tolist() == [2, 0, 1, 3]
    assert sure.of_pictures_cluster == pytest.approx([0.7, 0.7, 0.5, 0.95])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 5))
def test_it_follows_pictures_and_clusters_when_they_change_places(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.full(m, 0.3), n)
    rows, columns = rng.permutation(n), rng.permutation(m)
    sure, moved = confidence(table), confidence(table[rows][:, columns])
    assert moved.by_picture == pytest.approx(sure.by_picture[rows])
    assert moved.by_cluster == pytest.approx(sure.by_cluster[columns])
    assert (np.diff(sure.by_cluster[sure.ranking]) <= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=20))
def test_auroc_is_the_part_of_pairs_that_are_in_order(pictures: list[tuple[int, bool]]) -> None:
    learnable = [score for score, yes in pictures if yes]
    memorizable = [score for score, yes in pictures if not yes]
    score, flags = np.array([s for s, _ in pictures], float), np.array([yes for _, yes in pictures])
    if not learnable or not memorizable:
        wanted = f"wanted, got {len(learnable)} and {len(memorizable)}"
        with pytest.raises(ScoreError, match=wanted):
            learnable_auroc(score, flags)
        return
    wins = sum((a > b) + 0.5 * (a == b) for a in learnable for b in memorizable)
    assert learnable_auroc(score, flags) == pytest.approx(wins / len(learnable) / len(memorizable))


def test_regeneration_is_the_correlation_with_the_clusters_mean_picture() -> None:
    rng = np.random.default_rng(0)
    pixels, clusters = rng.random((40, 12)), rng.integers(0, 3, 40)
    means = mean_pictures(pixels, clusters, 4)
    found = regeneration(pixels, clusters, means)
    wanted = [np.corrcoef(row, means[cluster])[0, 1] for row, cluster in zip(pixels, clusters, strict=True)]
    assert found.by_picture == pytest.approx(wanted)
    assert found.by_cluster == pytest.approx([*(np.mean(np.array(wanted)[clusters == i]) for i in range(3)), 0.0])


def test_regeneration_takes_no_account_of_brightness_and_contrast() -> None:
    rng = np.random.default_rng(1)
    pixels, clusters = rng.random((20, 9)), np.zeros(20, int)
    means = mean_pictures(pixels, clusters, 1)
    other = 3 + rng.uniform(0.1, 5, (20, 1)) * pixels
    assert regeneration(other, clusters, means).by_picture == pytest.approx(
        regeneration(pixels, clusters, means).by_picture
    )
    assert regeneration(means, np.array([0]), means).by_picture == pytest.approx([1.0])
    assert regeneration(-means, np.array([0]), means).by_picture == pytest.approx([-1.0])
    assert regeneration(np.full((1, 9), 0.3), np.array([0]), means).by_picture.tolist() == [0.0]


def test_noise_that_makes_a_cluster_of_its_own_is_told_by_regeneration_where_probabilities_are_sure_of_it() -> None:
    rng = np.random.default_rng(2)
    shapes = rng.random((2, 64)) > 0.7
    learnt = np.clip(shapes[np.arange(200) % 2] + 0.3 * rng.standard_normal((200, 64)), 0, 1)
    pixels = np.concatenate([learnt, rng.random((100, 64))])
    clusters = np.concatenate([np.arange(200) % 2, np.full(100, 2)])
    sure = np.full((300, 3), 0.02)
    sure[np.arange(300), clusters] = np.where(clusters == 2, 0.96, 0.9)
    learnable = clusters < 2
    assert learnable_auroc(confidence(sure / sure.sum(1, keepdims=True)).by_picture, learnable) == 0
    found = regeneration(pixels, clusters, mean_pictures(pixels, clusters, 3))
    assert learnable_auroc(found.by_picture, learnable) == 1
    assert found.ranking[-1] == 2
