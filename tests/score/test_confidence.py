"""Confidence of pictures and clusters, and its AUROC, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.score.activity import ScoreError
from laconic.score.confidence import confidence, learnable_auroc

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
