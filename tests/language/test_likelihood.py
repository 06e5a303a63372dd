"""Likelihood's cells: what they must keep of the class at every budget, against brute force and scikit-learn."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from laconic.contract import LaconicError
from laconic.language import Decision, Language, Likelihood, conformance
from laconic.language.cells import divide, merges, nearest
from laconic.language.errors import NotFittedError

BUDGETS = (1, 2, 3, 4, 6, 13, 64)
N_CLASSES = 6


@pytest.fixture(scope="module")
def noisy() -> tuple[np.ndarray, np.ndarray]:
    """Features of 6 classes that overlap, as noisy sensors give them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, N_CLASSES, 3000)
    means = 3 * rng.random((N_CLASSES, 12)) * (rng.random((N_CLASSES, 12)) < 0.5)
    return np.maximum(means[labels] + rng.normal(size=(3000, 12)), 0).astype(np.float32), labels


@pytest.fixture(scope="module")
def fitted(noisy: tuple[np.ndarray, np.ndarray]) -> dict[int, Likelihood]:
    return {bits: Likelihood(bits).fit(*noisy) for bits in BUDGETS}


@pytest.mark.parametrize("bits", [1, 2, 3, 8, 64])
def test_the_laws_of_codes_are_kept(bits: int) -> None:
    conformance(Likelihood(bits), raises=True)


def test_the_laws_are_kept_by_overlapping_classes(noisy: tuple[np.ndarray, np.ndarray]) -> None:
    conformance(Likelihood(5), noisy[0][:400], noisy[1][:400], raises=True)


def test_messages_keep_to_the_budget_and_use_it(
    fitted: dict[int, Likelihood], noisy: tuple[np.ndarray, np.ndarray]
) -> None:
    features, labels = noisy
    for bits, code in fitted.items():
        symbols = code.quantise(features)
        mean = Language.fit(code, symbols, labels, N_CLASSES).bits(symbols).mean()
        assert mean <= bits
        if bits <= 4:
            assert mean > bits - 0.6  # one word less is a bit less at most, where it is said half of the time


def test_words_of_a_smaller_budget_are_unions_of_those_of_a_larger_one(
    fitted: dict[int, Likelihood], noisy: tuple[np.ndarray, np.ndarray]
) -> None:
    said = {bits: code.quantise(noisy[0]).units[:, 0] for bits, code in fitted.items()}
    for few, many in pairwise(BUDGETS):
        pairs = np.unique(np.stack([said[many], said[few]]), axis=1)
        assert len(np.unique(pairs[0])) == pairs.shape[1]
        assert said[few].max() <= said[many].max()


def test_a_larger_budget_tells_more_of_the_class(
    fitted: dict[int, Likelihood], noisy: tuple[np.ndarray, np.ndarray]
) -> None:
    features, labels = noisy
    told = [mutual_info_score(labels, code.quantise(features).units[:, 0]) for code in fitted.values()]
    assert told == sorted(told)
    decided = mutual_info_score(labels, Decision().fit(features, labels).quantise(features).units[:, 0])
    assert told[BUDGETS.index(2)] < decided < told[BUDGETS.index(4)]


@pytest.mark.parametrize("bits", [3, 4, 13])
def test_from_the_class_entropy_on_a_word_says_what_decision_says(
    bits: int, fitted: dict[int, Likelihood], noisy: tuple[np.ndarray, np.ndarray]
) -> None:
    decided = Decision().fit(*noisy).quantise(noisy[0]).units[:, 0]
    words = fitted[bits].quantise(noisy[0]).units[:, 0]
    pairs = np.unique(np.stack([words, decided]), axis=1)
    assert len(np.unique(words)) == pairs.shape[1]
    assert pairs[1].tolist() == sorted(pairs[1])  # words are numbered by their class ...


def test_words_of_a_class_are_numbered_the_surest_first(
    fitted: dict[int, Likelihood], noisy: tuple[np.ndarray, np.ndarray]
) -> None:
    code = fitted[4]
    posterior, words = code.posterior(noisy[0]), code.quantise(noisy[0]).units[:, 0]
    means = np.stack([posterior[words == word].mean(axis=0) for word in range(words.max() + 1)])
    order = np.lexsort((-means.max(axis=1), means.argmax(axis=1)))
    assert order.tolist() == list(range(len(means)))


def test_a_cell_is_the_one_of_least_divergence_among_its_class() -> None:
    rng = np.random.default_rng(2)
    posterior = rng.dirichlet(np.ones(3) / 2, 400)
    log_centres, owners = divide(posterior)
    cells = nearest(posterior, log_centres, owners)
    for row, cell in zip(posterior, cells, strict=True):
        divergence = [(row * (np.log(np.maximum(row, 1e-300)) - centre)).sum() for centre in log_centres]
        mine = np.flatnonzero(owners == row.argmax())
        assert divergence[cell] <= min(divergence[i] for i in mine) + 1e-5
        assert owners[cell] == row.argmax()


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_the_first_merge_is_the_one_that_brute_force_finds(seed: int) -> None:
    """Of all pairs, the one that loses least mutual information for the entropy that it saves."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 50, 6)
    joint = rng.dirichlet(np.ones(3), 6) * (counts / counts.sum())[:, None]

    def measured(table: np.ndarray) -> tuple[float, float]:
        p = table.sum(axis=1)
        outer = np.outer(p, table.sum(axis=0))
        return float((table * np.log(table / outer)).sum()), float(-(p * np.log(p)).sum())

    def slope(pair: tuple[int, int]) -> float:
        left = np.delete(joint, pair[1], axis=0)
        left[pair[0]] += joint[pair[1]]
        (information, entropy), (before, full) = measured(left), measured(joint)
        return (before - information) / (full - entropy)

    slopes = {pair: slope(pair) for pair in combinations(range(6), 2)}
    assert merges(joint, np.zeros(6, np.int32))[0] == min(slopes, key=lambda pair: slopes[pair])


def test_a_class_that_training_never_said_is_said_as_another() -> None:
    weight = np.eye(3, dtype=np.float32)
    code = Likelihood(4, weight, np.zeros(3, np.float32))
    fitted = code.fit(np.tile(4 * weight[:2], (10, 1)), np.tile([0, 1], 10))
    assert fitted.alphabet.n_words == 2
    assert fitted.quantise(np.array([[0, 1, 4], [1, 0, 4]], np.float32)).units[:, 0].tolist() == [1, 0]


HEAD = np.eye(2, dtype=np.float32), np.zeros(2, np.float32)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Likelihood(0), "a budget of 1..64 bits wanted, got 0"),
        (lambda: Likelihood(65), "a budget of 1..64 bits wanted, got 65"),
        (lambda: Likelihood(4, HEAD[0]), "a linear classifier needs weight and bias, got one of them"),
        (
            lambda: Likelihood(4, *HEAD).fit(HEAD[0], np.array([0, 2])),
            "the classifier knows 2 classes, but class number 2 came",
        ),
    ],
)
def test_what_makes_no_code_is_refused(make: object, text: str) -> None:
    assert callable(make)
    with pytest.raises(LaconicError, match=re.escape(text)):
        make()


def test_before_fit_it_says_nothing() -> None:
    with pytest.raises(NotFittedError):
        Likelihood(4, *HEAD).quantise(HEAD[0])
