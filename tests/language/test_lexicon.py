"""The lexicon keeps the words that training repeated, in a stored order, with their classes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Symbols
from laconic.language import Alphabet, Lexicon
from laconic.language import lexicon as room
from laconic.language.errors import LexiconError, WordError

LARGE = Alphabet(40, 3, 1)  # 79,040 words
HUGE = Alphabet(60, 20, 2)  # beyond 62 bits
SMALL = Alphabet(5, 2, 1)  # 40 words


def draw_words(alphabet: Alphabet, n: int, seed: int, n_distinct: int = 12) -> Symbols:
    rng = np.random.default_rng(seed)
    picks = np.minimum(rng.geometric(0.3, n), n_distinct) - 1
    stride = alphabet.n_words // n_distinct
    return alphabet.unrank([int(pick) * stride for pick in picks])


@given(st.sampled_from([LARGE, HUGE]), st.integers(1, 60), st.integers(0, 1000))
def test_kept_are_the_words_seen_at_least_twice(alphabet: Alphabet, n: int, seed: int) -> None:
    symbols = draw_words(alphabet, n, seed)
    labels = np.random.default_rng(seed).integers(0, 3, n)
    lexicon = Lexicon.fit(symbols, labels, 3, alphabet)
    seen = Counter(alphabet.rank(symbols))
    kept = {rank: count for rank, count in seen.items() if count >= 2}
    ranks = alphabet.rank(lexicon.symbols)
    assert dict(zip(ranks, lexicon.counts.tolist(), strict=True)) == kept
    assert lexicon.counts.tolist() == sorted(kept.values(), reverse=True)
    assert lexicon.escape_count == max(1, n - sum(kept.values()))
    by_label = Counter(zip(alphabet.rank(symbols), labels.tolist(), strict=True))
    for rank, row in zip(ranks, lexicon.label_counts.tolist(), strict=True):
        assert row == [by_label[rank, label] for label in range(3)]


def test_of_equal_counts_the_lower_rank_comes_first() -> None:
    symbols = LARGE.unrank([70, 70, 5, 5, 900, 900, 900, 31, 31])
    lexicon = Lexicon.fit(symbols, np.zeros(9, dtype=np.int64), 1, LARGE)
    assert LARGE.rank(lexicon.symbols) == [900, 5, 31, 70]


@given(st.integers(1, 60), st.integers(0, 1000))
def test_a_small_alphabet_is_listed_whole(n: int, seed: int) -> None:
    symbols = draw_words(SMALL, n, seed)
    lexicon = Lexicon.fit(symbols, np.zeros(n, dtype=np.int64), 1, SMALL)
    ranks = SMALL.rank(lexicon.symbols)
    seen = Counter(SMALL.rank(symbols))
    assert sorted(ranks) == list(range(40))
    assert lexicon.escape_count == 0
    assert lexicon.counts.tolist() == [32 * seen[rank] + 1 for rank in ranks]
    assert lexicon.n_seen.tolist() == [seen[rank] for rank in ranks]


def test_unseen_words_of_a_small_alphabet_cost_the_others_little() -> None:
    """The listed words' share of probability, n / (n + n_words / 32), bounds what a seen word pays."""
    symbols = draw_words(SMALL, 400, seed=0)
    lexicon = Lexicon.fit(symbols, np.zeros(400, dtype=np.int64), 1, SMALL)
    seen = lexicon.n_seen > 0
    extra_bits = -np.log2(lexicon.probabilities[seen]) + np.log2(lexicon.n_seen[seen] / 400)
    assert extra_bits.max() <= np.log2(1 + 40 / (32 * 400))


@pytest.mark.parametrize("alphabet", [SMALL, LARGE, HUGE])
def test_find_gives_the_row_or_minus_one(alphabet: Alphabet) -> None:
    symbols = draw_words(alphabet, 50, seed=1)
    lexicon = Lexicon.fit(symbols, np.zeros(50, dtype=np.int64), 1, alphabet)
    order = np.random.default_rng(0).permutation(len(lexicon))
    assert lexicon.find(lexicon.symbols[order]).tolist() == order.tolist()
    if lexicon.escape_count:
        assert lexicon.find(alphabet.unrank([1, alphabet.n_words - 1])).tolist() == [-1, -1]


def test_words_that_never_repeat_leave_only_the_escape() -> None:
    lexicon = Lexicon.fit(LARGE.unrank(list(range(50))), np.zeros(50, dtype=np.int64), 1, LARGE)
    assert len(lexicon) == 0
    assert lexicon.escape_count == 50
    assert lexicon.find(LARGE.unrank([3])).tolist() == [-1]
    assert lexicon.entropy_bits == 0


def test_only_so_many_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_WORDS", 2)
    symbols = LARGE.unrank([7] * 5 + [8] * 4 + [9] * 3 + [10] * 2)
    lexicon = Lexicon.fit(symbols, np.zeros(14, dtype=np.int64), 1, LARGE)
    assert LARGE.rank(lexicon.symbols) == [7, 8]
    assert lexicon.escape_count == 5


def test_many_words_of_equal_counts_stand_by_rank() -> None:
    ranks = np.random.default_rng(0).permutation(500).tolist()
    thrice = [rank for rank in ranks if rank % 3]
    symbols = LARGE.unrank(2 * ranks + thrice)
    lexicon = Lexicon.fit(symbols, np.zeros(len(symbols), dtype=np.int64), 1, LARGE)
    assert LARGE.rank(lexicon.symbols) == sorted(thrice) + list(range(0, 500, 3))


def test_entropy_of_equal_counts_is_their_logarithm() -> None:
    symbols = LARGE.unrank([1] * 4 + [2] * 4 + [3] * 4 + [4, 5, 6, 7])
    assert Lexicon.fit(symbols, np.zeros(16, dtype=np.int64), 1, LARGE).entropy_bits == pytest.approx(2)


def test_training_words_need_labels() -> None:
    symbols = LARGE.unrank([1, 2])
    with pytest.raises(LexiconError, match="got 2 words, 1 labels"):
        Lexicon.fit(symbols, np.zeros(1, dtype=np.int64), 1, LARGE)
    with pytest.raises(LexiconError, match="got 0 words, 0 labels"):
        Lexicon.fit(symbols[:0], np.zeros(0, dtype=np.int64), 1, LARGE)
    with pytest.raises(LexiconError, match=r"labels 0\.\.1 wanted, got 0\.\.2"):
        Lexicon.fit(symbols, np.array([0, 2]), 2, LARGE)
    with pytest.raises(WordError, match=r"units 0\.\.4 wanted"):
        Lexicon.fit(LARGE.unrank([70_000]), np.array([0]), 2, Alphabet(5, 3, 1))


@pytest.mark.parametrize(
    ("rows", "counts", "escape_count", "text"),
    [
        ([1, 2], [3, 0], 1, "counts of at least 1 wanted, got 0"),
        ([1, 1], [3, 3], 1, "got a word twice"),
        ([1, 2], [3, 3], 0, "got 2 of 79040 words, escape count 0"),
        ([1, 2], [3, 3], -1, "escape count -1"),
    ],
)
def test_tables_that_contradict_each_other_are_refused(
    rows: list[int], counts: list[int], escape_count: int, text: str
) -> None:
    words = LARGE.unrank(rows)
    label_counts = np.ones((len(rows), 1), dtype=np.int32)
    with pytest.raises(LexiconError, match=text):
        Lexicon(LARGE, words.units, words.levels, np.array(counts), label_counts, escape_count)
