"""Agreement of two encoders: by hand, its bounds and symmetries, and a language made by hand."""

from __future__ import annotations

import lamps
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import paired_cosine_distances

from laconic.score.agreement import AgreementError, agreement, centred_cosine, same_words, unit_overlap


def rows(*values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)


def some(seed: int, n: int = 40, units: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.maximum(rng.normal(size=(n, units)), 0).astype(np.float32)


@pytest.mark.parametrize(
    ("first", "second", "k", "share"),
    [
        ([3, 2, 1, 0], [5, 4, 3, 2], 1, 1),  # loudness does not matter
        ([3, 2, 1, 0], [2, 3, 1, 0], 1, 0),
        ([3, 2, 1, 0], [2, 3, 1, 0], 2, 1),  # nor does order among the named
        ([3, 2, 1, 0], [0, 2, 1, 3], 3, 2 / 3),
        ([3, 0, 0, 0], [3, 2, 1, 0], 3, 1 / 3),  # silent units are named by no one
        ([0, 0, 0, 0], [0, 0, 0, 0], 3, 1),
        ([0, 0, 0, 0], [1, 0, 0, 0], 1, 0),
        ([2, 2, 1, 0], [2, 1, 0, 0], 1, 1),  # of equal ones the first
        ([3, 2, 1, 0], [0, 1, 2, 3], 9, 2 / 3),  # no more units than there are
    ],
)
def test_overlap_by_hand(first: list[float], second: list[float], k: int, share: float) -> None:
    assert unit_overlap(rows(first), rows(second), k).tolist() == [pytest.approx(share)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), k=st.integers(1, 6))
def test_overlap_is_symmetric_and_scale_free_and_one_for_itself(seed: int, k: int) -> None:
    ours, theirs = some(seed), some(seed + 1)
    found = unit_overlap(ours, theirs, k)
    np.testing.assert_array_equal(found, unit_overlap(theirs, 7 * ours, k))
    np.testing.assert_array_equal(unit_overlap(ours, 3 * ours, k), 1)
    assert 0 <= found.min() <= found.max() <= 1
    naive = [
        len(a & b) / max(len(a), len(b)) if a | b else 1.0
        for a, b in zip(
            *([{u for u in np.argsort(-r)[:k] if r[u] > 0} for r in f] for f in (ours, theirs)), strict=True
        )
    ]
    np.testing.assert_allclose(found, naive)


def test_centred_cosines_are_scikit_learns_and_a_common_offset_hides_nothing() -> None:
    ours, theirs, mean = some(0), some(1), some(2).mean(0)
    expected = 1 - paired_cosine_distances(ours - mean, theirs - mean)
    np.testing.assert_allclose(centred_cosine(ours, theirs, mean), expected, atol=1e-6)
    apart = centred_cosine(ours + 1000, theirs + 1000, mean + 1000)
    np.testing.assert_allclose(apart, expected, atol=1e-3)  # raw cosines are above 0.999 here
    opposite = centred_cosine(mean + ours[:1], mean - ours[:1], mean)
    np.testing.assert_allclose(opposite, -1, atol=1e-6)
    assert centred_cosine(mean[None], ours[:1], mean).tolist() == [0]


def test_a_language_agrees_with_itself_and_counts_what_differs() -> None:
    speech = lamps.spoken()
    pictures, _ = lamps.training()
    features = lamps.features(pictures[np.sort(np.unique(pictures, axis=0, return_index=True)[1])])
    same = agreement(speech, features, features, features.mean(0))
    assert (same.label, same.word, same.said, same.unit_overlap) == (1, 1, 1, 1)
    assert same.centred_cosine == pytest.approx(1)
    other = features.copy()
    other[0] = lamps.features(lamps.picture(3, 4, 5))  # an ash's picture is said as a birch
    other[1] = lamps.features(lamps.picture(4, 3, 5))  # a birch's word with another loudest lamp
    found = agreement(speech, features, other, features.mean(0))
    n = len(features)
    assert [found.label, found.said] == pytest.approx([1 - 1 / n, 1 - 1 / n])
    assert [found.word, found.unit_overlap] == pytest.approx([1 - 2 / n, 1 - 1 / n])
    ours, theirs = speech.say(features), speech.say(other)
    assert same_words(ours, theirs).tolist() == [False] + [True] * (n - 1)


def test_refuses_features_of_other_pictures_and_none() -> None:
    for first, second in ((some(0), some(0, 39)), (some(0), some(0, 40, 5)), (some(0)[:0], some(0)[:0])):
        with pytest.raises(AgreementError, match="same pictures in the same units wanted, one picture or more; got"):
            unit_overlap(first, second, 1)
        with pytest.raises(AgreementError, match="same pictures in the same units"):
            agreement(lamps.spoken(), first, second, first.mean(0) if len(first) else np.zeros(6, np.float32))
