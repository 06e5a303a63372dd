"""Two seeds compared: units may be permuted, classes may not, and a cosine near 1 may mean nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.score import ScoreError
from laconic.score.consistency import Consistency, gram_consistency, principal_consistency

Compare = Callable[..., Consistency]
BOTH: list[Compare] = [principal_consistency, gram_consistency]


def damages(seed: int, units: int = 12, classes: int = 10) -> np.ndarray:
    """Each unit damages few classes, the first ones of a permutation of this seed most often."""
    rng = np.random.default_rng(seed)
    likely = 0.6 ** np.arange(classes)[rng.permutation(classes)]
    return np.asarray(rng.random((units, classes)) * (rng.random((units, classes)) < likely))


@pytest.mark.parametrize("compare", BOTH)
def test_units_may_be_permuted_copied_turned_and_scaled(compare: Compare) -> None:
    a, rng = damages(0), np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    for b in (a, a[rng.permutation(12)], np.concatenate([a, a]), np.pad(a, ((0, 3), (0, 0))), turn @ a, -4 * a):
        found = compare(a, b, np.random.default_rng(2))
        assert found.cosine == pytest.approx(1)
        assert found.p_value == 1 / 1000
        assert found.null_mean < found.null_high < 1


def test_the_principal_cosine_is_that_of_the_decomposed_products() -> None:
    a, b = damages(0), damages(1, units=7)
    leading = []
    for matrix in (a, b):
        values, vectors = np.linalg.eig(matrix.T @ matrix)
        leading.append(np.real(vectors[:, np.argmax(np.real(values))]))
    found = principal_consistency(a, b, np.random.default_rng(0))
    assert found.cosine == pytest.approx(abs(leading[0] @ leading[1]))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_the_gram_cosine_sums_over_pairs_of_units(seed: int, other: int) -> None:
    """<A^T A, B^T B> is the sum of the squared dot products of A's units with B's."""
    a, b = damages(seed, 4, 5), damages(other, 6, 5)
    b[0] = a[0] = 1

    def products(first: np.ndarray, second: np.ndarray) -> float:
        return sum((u @ v) ** 2 for u in first for v in second)

    found = gram_consistency(a, b, np.random.default_rng(0), draws=1)
    assert found.cosine == pytest.approx(products(a, b) / np.sqrt(products(a, a) * products(b, b)))


def test_vectors_by_hand() -> None:
    """Each side has one unit: the cosine is theirs, and three renamings of three classes give 0.8 or 0.6 or 0."""
    a, b = np.array([[3.0, 4.0, 0.0]]), np.array([[0.0, 5.0, 0.0]])
    found = principal_consistency(a, b, np.random.default_rng(0), draws=3000)
    assert found.cosine == pytest.approx(0.8)
    spread = 3 * np.sqrt(np.var([0.8, 0.6, 0.0]) / 3000)
    assert found.null_mean == pytest.approx((0.8 + 0.6 + 0.0) / 3, abs=spread)
    assert found.p_value == pytest.approx(1 / 3, abs=3 * np.sqrt(2 / 9 / 3000))
    assert found.null_high == pytest.approx(0.8)
    assert gram_consistency(a, b, np.random.default_rng(0)).cosine == pytest.approx(0.64)


@pytest.mark.parametrize("compare", BOTH)
def test_recalls_near_one_are_alike_whatever_they_mean_and_their_null_tells(compare: Compare) -> None:
    """The paper's 0.99 is reached by matrices of which one knows nothing of the other."""
    a, b = 1 - 0.3 * damages(0), 1 - 0.3 * damages(1)
    found = compare(a, b, np.random.default_rng(0))
    assert found.cosine > 0.99
    assert found.null_mean > 0.98
    apart = compare(1 - a, 1 - b, np.random.default_rng(0))
    assert apart.cosine < 0.9


@pytest.mark.parametrize("compare", BOTH)
def test_of_unrelated_matrices_one_in_ten_has_a_p_value_of_a_tenth(compare: Compare) -> None:
    n = 200
    rng = np.random.default_rng(0)
    values = [compare(damages(2 * i), damages(2 * i + 1), rng, draws=99).p_value for i in range(n)]
    below = np.mean(np.array(values) <= 0.1)
    assert below == pytest.approx(0.1, abs=3 * np.sqrt(0.1 * 0.9 / n))


def test_a_unit_for_each_class_has_no_leading_vector() -> None:
    with pytest.raises(ScoreError, match="no leading vector: the two largest singular values are both 1"):
        principal_consistency(np.eye(3), damages(0, classes=3), np.random.default_rng(0))
    assert gram_consistency(np.eye(3), np.eye(3)[::-1].copy(), np.random.default_rng(0)).cosine == pytest.approx(1)


@pytest.mark.parametrize("compare", BOTH)
@pytest.mark.parametrize(
    ("a", "text"),
    [
        (np.ones((2, 3)), "over the same classes, two or more, wanted; got 3 and 4"),
        (np.full((2, 4), np.nan), "a class without test pictures has no recall"),
        (np.ones((0, 4)), "at least one unit"),
        (np.zeros((2, 4)), "no leading vector|a matrix of zeros"),
    ],
)
def test_errors_say_what_is_wrong(compare: Compare, a: np.ndarray, text: str) -> None:
    with pytest.raises(ScoreError, match=text):
        compare(a, np.arange(8.0).reshape(2, 4), np.random.default_rng(0))


def test_chance_takes_a_draw() -> None:
    with pytest.raises(ScoreError, match="1 draw or more, not 0"):
        gram_consistency(damages(0), damages(1), np.random.default_rng(0), draws=0)
