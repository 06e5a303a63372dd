"""WordReceiver: its two limits in closed form, its symmetries, scikit-learn's naive Bayes, and a brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import MultinomialNB

from laconic.contract import Symbols
from laconic.language import Alphabet, Lexicon
from laconic.receiver import ReceiverError, WordReceiver
from laconic.receiver.words import STRENGTHS

ALPHABET = Alphabet(n_units=20, k=3, level_bits=1)  # 9120 words: too many to be listed whole
N_CLASSES = 4


def sample(n: int, seed: int = 0) -> tuple[Symbols, np.ndarray]:
    """Random words, each class preferring its own units; and their classes, all of which occur."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(N_CLASSES), rng.integers(0, N_CLASSES, n - N_CLASSES)])
    shares = 1 + 30.0 * (np.arange(20) // 5 == labels[:, None])
    units = np.array([np.sort(rng.choice(20, 3, replace=False, p=row / row.sum())) for row in shares])
    return Symbols(units.astype(np.int32), rng.integers(0, 2, (n, 3)).astype(np.uint32)), labels


def learnt(n: int = 300, seed: int = 0, weights: np.ndarray | None = None) -> tuple[WordReceiver, Lexicon]:
    symbols, labels = sample(n, seed)
    lexicon = Lexicon.fit(symbols, labels, N_CLASSES, ALPHABET)
    return WordReceiver.fit(symbols, labels, lexicon, np.ones(N_CLASSES) if weights is None else weights), lexicon


def loss(receiver: WordReceiver, symbols: Symbols, labels: np.ndarray, lexicon: Lexicon) -> float:
    rows = np.arange(len(labels))
    return float(-np.log(receiver.posterior(symbols, lexicon)[rows, labels] + 1e-12).mean())


def test_a_word_of_one_class_means_that_class_the_surer_the_oftener_it_was_heard() -> None:
    units = np.array([[0, 1, 2]] * 8 + [[5, 6, 7]] * 2, np.int32)
    symbols, labels = Symbols(units, np.ones((10, 3), np.uint32)), np.array([0] * 8 + [1] * 2)
    lexicon = Lexicon.fit(symbols, labels, 2, ALPHABET)
    receiver = WordReceiver.fit(symbols, labels, lexicon, np.ones(2))
    often, seldom = receiver.posterior(symbols[np.array([0, 9])], lexicon)
    prior_often, prior_seldom = receiver.bayes(symbols[np.array([0, 9])])
    np.testing.assert_allclose(often, (np.array([8, 0]) + prior_often) / 9, rtol=1e-12)  # strength is 1
    np.testing.assert_allclose(seldom, (np.array([0, 2]) + prior_seldom) / 3, rtol=1e-12)
    assert often[0] > seldom[1] > 0.9


def test_without_strength_a_word_means_its_own_counts() -> None:
    receiver, lexicon = learnt()
    counts = lexicon.label_counts
    certain = replace(receiver, strength=1e-9).posterior(lexicon.symbols, lexicon)
    np.testing.assert_allclose(certain, counts / counts.sum(axis=1, keepdims=True), atol=1e-8)


def test_with_all_strength_a_word_means_its_units() -> None:
    receiver, lexicon = learnt()
    vague = replace(receiver, strength=1e12).posterior(lexicon.symbols, lexicon)
    np.testing.assert_allclose(vague, receiver.bayes(lexicon.symbols), atol=1e-9)


def test_class_weights_multiply_the_counts() -> None:
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    receiver, lexicon = learnt(weights=weights)
    weighed = lexicon.label_counts * weights
    certain = replace(receiver, strength=1e-9).posterior(lexicon.symbols, lexicon)
    np.testing.assert_allclose(certain, weighed / weighed.sum(axis=1, keepdims=True), atol=1e-8)


def test_an_unheard_word_falls_back_on_its_units() -> None:
    receiver, lexicon = learnt()
    symbols, _ = sample(200, seed=1)
    unheard = symbols[lexicon.find(symbols) < 0]
    assert len(unheard) > 20
    np.testing.assert_allclose(receiver.posterior(unheard, lexicon), receiver.bayes(unheard), rtol=1e-9)


def test_bayes_is_scikit_learns_multinomial_naive_bayes() -> None:
    weights = np.array([1.0, 2.0, 0.5, 1.0])
    receiver, _ = learnt(weights=weights)
    symbols, labels = sample(300)
    asked, _ = sample(100, seed=2)

    def one_hot(symbols: Symbols) -> np.ndarray:
        pairs = np.zeros((len(symbols), 40))
        np.put_along_axis(pairs, 2 * symbols.units.astype(np.int64) + symbols.levels.astype(np.int64), 1.0, axis=1)
        return pairs

    prior = weights * (np.bincount(labels) + 1)  # a class that never occurs keeps a chance
    oracle = MultinomialNB(alpha=1.0, class_prior=prior / prior.sum()).fit(one_hot(symbols), labels)
    np.testing.assert_allclose(receiver.bayes(asked), oracle.predict_proba(one_hot(asked)), rtol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(N_CLASSES)), st.sampled_from(STRENGTHS), st.floats(0.3, 5.0))
def test_classes_may_be_numbered_in_any_order(order: list[int], strength: float, temperature: float) -> None:
    symbols, labels = sample(120)
    asked, _ = sample(60, seed=3)
    renamed = np.array(order)[labels]
    posteriors = []
    for numbers in (labels, renamed):
        lexicon = Lexicon.fit(symbols, numbers, N_CLASSES, ALPHABET)
        receiver = WordReceiver.fit(symbols, numbers, lexicon, np.ones(N_CLASSES))
        receiver = replace(receiver, strength=strength, temperature=temperature)
        posteriors.append(receiver.posterior(asked, lexicon))
    np.testing.assert_allclose(posteriors[0], posteriors[1][:, order], rtol=1e-9)
    np.testing.assert_allclose(posteriors[0].sum(axis=1), 1, rtol=1e-12)


def test_calibration_finds_the_strength_and_temperature_that_suit_held_out_words_best() -> None:
    receiver, lexicon = learnt(80)
    symbols, labels = sample(400, seed=4)
    found = receiver.calibrated(symbols, labels, lexicon)
    losses = {s: loss(replace(receiver, strength=s), symbols, labels, lexicon) for s in STRENGTHS}
    assert found.strength == min(losses, key=losses.__getitem__)
    nearby = [replace(found, temperature=t) for t in np.exp2(np.linspace(-2, 3, 201))]
    best = min(loss(each, symbols, labels, lexicon) for each in nearby)
    assert loss(found, symbols, labels, lexicon) <= best + 1e-3  # the grid is 9 % wide
    assert loss(found, symbols, labels, lexicon) < loss(receiver, symbols, labels, lexicon)


def test_with_nothing_held_out_there_is_no_calibration() -> None:
    receiver, lexicon = learnt()
    empty, _ = sample(4)
    assert receiver.calibrated(empty[:0], np.zeros(0, np.int64), lexicon) is receiver


def test_no_words_have_no_posterior() -> None:
    receiver, lexicon = learnt()
    assert receiver.posterior(sample(4)[0][:0], lexicon).shape == (0, N_CLASSES)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("strength", 0.0, "strength is above 0 and finite, not 0.0"),
        ("temperature", -1.0, "temperature is above 0 and finite, not -1.0"),
        ("temperature", float("nan"), "temperature is above 0 and finite, not nan"),
        ("class_weights", np.array([1.0, 0.0, 1.0, 1.0]), "the least class weight is above 0"),
        ("unit_counts", np.full((20, 2, N_CLASSES), -1.0), "counts of at least 0 wanted"),
        ("unit_counts", np.full((20, 2, N_CLASSES), np.nan), "counts of at least 0 wanted"),
    ],
)
def test_tables_that_nothing_can_be_understood_by(part: str, value: object, message: str) -> None:
    with pytest.raises(ReceiverError, match=message):
        replace(learnt(20)[0], **{part: value})
