"""Words are numbered without gaps, and cost what paper 001's equation 15 says."""

from __future__ import annotations

import math
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Symbols
from laconic.language import Alphabet
from laconic.language.errors import CodeError, WordError


@st.composite
def alphabets(draw: st.DrawFn) -> Alphabet:
    n_units = draw(st.integers(1, 300))
    k = draw(st.one_of(st.integers(1, min(n_units, 8)), st.just(n_units)))
    ordered = draw(st.booleans()) and k <= 8
    return Alphabet(n_units, k, draw(st.sampled_from([0, 1, 2, 3, 8, 32])), ordered)


@st.composite
def words(draw: st.DrawFn) -> tuple[Alphabet, Symbols]:
    alphabet = draw(alphabets())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(0, 5))
    units = np.array([rng.permutation(alphabet.n_units)[: alphabet.k] for _ in range(n)], dtype=np.int32)
    units = units.reshape(n, alphabet.k)
    levels = rng.integers(0, 2**alphabet.level_bits, (n, alphabet.k), dtype=np.uint64).astype(np.uint32)
    return alphabet, Symbols(units if alphabet.ordered else np.sort(units, axis=1), levels)


def same(left: Symbols, right: Symbols) -> bool:
    return np.array_equal(left.units, right.units) and np.array_equal(left.levels, right.levels)


@pytest.mark.parametrize(
    ("n_units", "k", "level_bits", "formula", "fixed"),
    [
        (2048, 3, 1, 33.413, 34),
        (48, 3, 1, 17.078, 18),
        (16, 3, 1, 12.129, 13),
        (48, 48, 32, 1536, 1536),
        (16, 16, 8, 128, 128),
        (578, 578, 3, 1734, 1734),
        (2048, 2048, 32, 65_536, 65_536),
        (10, 1, 0, math.log2(10), 4),
        (100, 1, 0, math.log2(100), 7),
        (1, 1, 0, 0, 0),
    ],
)
def test_a_word_costs_what_the_paper_says(n_units: int, k: int, level_bits: int, formula: float, fixed: int) -> None:
    alphabet = Alphabet(n_units, k, level_bits)
    assert alphabet.formula_bits == pytest.approx(formula, abs=5e-4)
    assert alphabet.fixed_bits == fixed


def test_whole_bits_are_counted_in_whole_numbers() -> None:
    """log2 of 2^1000 + 1 is 1000.0 in floating point."""
    assert Alphabet(2, 1, 0).fixed_bits == 1
    assert Alphabet(3, 1, 0).fixed_bits == 2
    assert Alphabet(65_536, 1, 0).fixed_bits == 16
    assert Alphabet(33, 32, 31).fixed_bits == 32 * 31 + 6


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(("n_units", "k", "level_bits"), [(5, 3, 1), (6, 2, 2), (4, 4, 1), (7, 1, 0)])
def test_ranks_number_all_words_in_the_documented_order(n_units: int, k: int, level_bits: int, ordered: bool) -> None:
    alphabet = Alphabet(n_units, k, level_bits, ordered)
    arrangements = (
        list(permutations(range(n_units), k))
        if ordered
        else sorted(combinations(range(n_units), k), key=lambda word: word[::-1])
    )
    every = [(units, levels) for units in arrangements for levels in product(range(2**level_bits), repeat=k)]
    units = np.array([units for units, _ in every], dtype=np.int32)
    levels = np.array([levels for _, levels in every], dtype=np.uint32)
    assert alphabet.n_words == len(every)
    assert alphabet.rank(Symbols(units, levels)) == list(range(len(every)))


@given(words())
def test_rank_and_unrank_are_inverse(drawn: tuple[Alphabet, Symbols]) -> None:
    alphabet, symbols = drawn
    ranks = alphabet.rank(symbols)
    assert all(0 <= rank < alphabet.n_words for rank in ranks)
    assert same(alphabet.unrank(ranks), symbols)


@given(alphabets(), st.data())
def test_the_first_and_last_ranks_are_words(alphabet: Alphabet, data: st.DataObject) -> None:
    middle = data.draw(st.integers(0, alphabet.n_words - 1))
    ranks = [0, middle, alphabet.n_words - 1]
    assert alphabet.rank(alphabet.unrank(ranks)) == ranks


@given(words())
def test_write_and_read_are_inverse(drawn: tuple[Alphabet, Symbols]) -> None:
    alphabet, symbols = drawn
    bits = alphabet.write(symbols)
    again, known = alphabet.read(bits)
    assert bits.shape == (len(symbols), alphabet.tail_bits)
    assert same(again, symbols)
    assert known.all()


@given(words().filter(lambda drawn: not drawn[0].ordered))
def test_an_unordered_word_is_written_as_its_rank(drawn: tuple[Alphabet, Symbols]) -> None:
    alphabet, symbols = drawn
    texts = ["".join(map(str, row)) for row in alphabet.write(symbols).tolist()]
    assert [int(text or "0", 2) for text in texts] == alphabet.rank(symbols)


@pytest.mark.parametrize("alphabet", [Alphabet(5, 2, 1), Alphabet(200, 90, 1), Alphabet(5, 2, 1, True)])
def test_bits_beyond_the_last_word_are_no_word(alphabet: Alphabet) -> None:
    _, known = alphabet.read(np.ones((1, alphabet.tail_bits), dtype=np.uint8))
    assert not known.any()


@pytest.mark.parametrize("alphabet", [Alphabet(5, 2, 1), Alphabet(200, 90, 1)])
def test_the_last_word_is_the_last_rank_that_is_one(alphabet: Alphabet) -> None:
    ranks = [alphabet.n_words - 1, alphabet.n_words]
    rows = [[int(bit) for bit in f"{rank:0{alphabet.fixed_bits}b}"] for rank in ranks]
    assert alphabet.read(np.array(rows, dtype=np.uint8))[1].tolist() == [True, False]


@given(words())
def test_keys_are_equal_exactly_where_words_are(drawn: tuple[Alphabet, Symbols]) -> None:
    alphabet, symbols = drawn
    symbols = symbols[np.arange(2 * len(symbols)) // 2]
    keys = alphabet.keys(symbols)
    equal = keys[:, None] == keys[None, :]
    both = np.concatenate([symbols.units, symbols.levels.astype(np.int64)], axis=1)
    assert np.array_equal(equal, (both[:, None] == both[None]).all(axis=2))


def test_an_ordered_word_takes_a_field_per_unit() -> None:
    alphabet = Alphabet(10, 3, 2, ordered=True)
    assert alphabet.tail_bits == (4 + 2) + (4 + 2) + (3 + 2)
    bits = alphabet.write(Symbols(np.array([[7, 9, 0]], dtype=np.int32), np.array([[1, 0, 3]], dtype=np.uint32)))
    # unit 9 is the 8th of the nine units other than 7
    assert "".join(map(str, bits[0])) == "0111" + "01" + "1000" + "00" + "000" + "11"


@pytest.mark.parametrize(
    ("units", "levels", "text"),
    [
        ([[3, 1]], [[0, 0]], r"ascending order wanted, got the word \[3, 1\]"),
        ([[1, 1]], [[0, 0]], "distinct units in ascending order wanted"),
        ([[1, 5]], [[0, 0]], r"units 0\.\.4 wanted, got 1\.\.5"),
        ([[-1, 2]], [[0, 0]], r"units 0\.\.4 wanted, got -1\.\.2"),
        ([[1, 2]], [[0, 2]], "levels of 1 bits wanted, got 2"),
        ([[1, 2, 3]], [[0, 0, 0]], "words of 2 units wanted"),
    ],
)
def test_what_is_no_word_is_refused(units: list[list[int]], levels: list[list[int]], text: str) -> None:
    symbols = Symbols(np.array(units, dtype=np.int32), np.array(levels, dtype=np.uint32))
    with pytest.raises(WordError, match=text):
        Alphabet(5, 2, 1).rank(symbols)


def test_ordered_words_name_no_unit_twice() -> None:
    symbols = Symbols(np.array([[3, 1, 3]], dtype=np.int32), np.zeros((1, 3), dtype=np.uint32))
    with pytest.raises(WordError, match=r"distinct units wanted, got the word \[3, 1, 3\]"):
        Alphabet(5, 3, 1, ordered=True).rank(symbols)


@pytest.mark.parametrize("rank", [-1, 40])
def test_a_rank_out_of_range_is_refused(rank: int) -> None:
    with pytest.raises(WordError, match=f"n_words = 40, got {rank}"):
        Alphabet(5, 2, 1).unrank([rank])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, 1, 1), "units, this one 0"),
        ((70_000, 1, 1), "this one 70000"),
        ((5, 6, 1), r"names 1\.\.5 of 5 units, this one 6"),
        ((5, 0, 1), "this one 0"),
        ((5, 2, 33), r"0\.\.32 bits, this one 33"),
    ],
)
def test_an_impossible_alphabet_is_refused(arguments: tuple[int, int, int], text: str) -> None:
    with pytest.raises(CodeError, match=text):
        Alphabet(*arguments)
