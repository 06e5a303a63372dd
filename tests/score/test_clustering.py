"""Clustering measures against brute force over permutations, pairs counted one by one, and their symmetries."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.score.activity import ScoreError
from laconic.score.clustering import contingency, score_clustering

PARTITIONS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=30)


def entropy(counts: Counter[object]) -> float:
    n = sum(counts.values())
    return -sum(c / n * math.log(c / n) for c in counts.values())


@settings(max_examples=60, deadline=None)
@given(PARTITIONS)
def test_measures_are_those_counted_by_hand(pairs: list[tuple[int, int]]) -> None:
    clusters, labels = (np.array(side) for side in zip(*pairs, strict=True))
    score = score_clustering(clusters, labels)
    best = max(sum(names[c] == y for c, y in pairs) for names in permutations(range(5)))
    assert score.accuracy == pytest.approx(best / len(pairs))
    of_cluster = [Counter(y for c, y in pairs if c == cluster) for cluster in {c for c, _ in pairs}]
    assert score.purity == pytest.approx(sum(max(count.values()) for count in of_cluster) / len(pairs))

    h_c, h_y = entropy(Counter(c for c, _ in pairs)), entropy(Counter(y for _, y in pairs))
    if h_c + h_y > 0:  # of two single groups nothing is shared, and both are the same
        shared = h_c + h_y - entropy(Counter(pairs))
        assert score.nmi == pytest.approx(shared / ((h_c + h_y) / 2), abs=1e-9)

    both, c_only, y_only = (sum(same_c * same_y for same_c, same_y in alike) for alike in _alike(pairs))
    n_pairs = math.comb(len(pairs), 2)
    expected, most = c_only * y_only / n_pairs, (c_only + y_only) / 2
    if most != expected:
        assert score.ari == pytest.approx((both - expected) / (most - expected), abs=1e-9)


def _alike(pairs: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """For each pair of pictures whether they share a cluster, a class: both, the first alone, the second alone."""
    shared = [(int(a[0] == b[0]), int(a[1] == b[1])) for a, b in combinations(pairs, 2)]
    return [shared, [(c, 1) for c, _ in shared], [(1, y) for _, y in shared]]


@settings(max_examples=30, deadline=None)
@given(PARTITIONS, st.integers(0, 2**31))
def test_numbers_mean_nothing_and_purity_is_the_larger(pairs: list[tuple[int, int]], seed: int) -> None:
    clusters, labels = (np.array(side) for side in zip(*pairs, strict=True))
    score = score_clustering(clusters, labels)
    rename = np.random.default_rng(seed).permutation(50)
    renamed = score_clustering(rename[clusters], rename[::-1][labels])
    for name, value in vars(score).items():
        assert getattr(renamed, name) == pytest.approx(value, abs=1e-12)
    assert score.purity >= score.accuracy
    assert score_clustering(labels, labels).accuracy == 1


def test_more_clusters_than_classes_are_pure_but_not_accurate() -> None:
    score = score_clustering(np.arange(8), np.repeat([0, 1], 4))
    assert (score.accuracy, score.purity) == (0.25, 1.0)
    assert contingency(np.array([4, 4, 9]), np.array([1, 0, 1])).tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(("n", "m"), [(0, 0), (3, 2)])
def test_refuses_what_is_not_a_cluster_for_each_label(n: int, m: int) -> None:
    with pytest.raises(ScoreError, match=f"a cluster and a label for each picture wanted, got {n} and {m}"):
        score_clustering(np.zeros(n, int), np.zeros(m, int))
