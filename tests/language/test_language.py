"""Messages come back as the words that were said, at a rate between the entropy and a bit above it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Kind, Message, Symbols
from laconic.language import (
    BUILTIN,
    Alphabet,
    Decision,
    Language,
    MaxAmp,
    MaxPro,
    Progressive,
    Scalar,
    fingerprint,
)
from laconic.language.errors import (
    EscapeError,
    LexiconError,
    PacketTooShortError,
    PaddingError,
    TrailingBytesError,
    UnknownKindError,
)


def same(left: Symbols, right: Symbols) -> bool:
    return np.array_equal(left.units, right.units) and np.array_equal(left.levels, right.levels)


def speaker(n_units: int, k: int, ordered: bool = False) -> MaxAmp | Progressive:
    """A code over n_units units of which every word with firing units can be said."""
    top = np.ones(n_units, dtype=np.float32)
    values = np.repeat(np.array([[0, 1]], dtype=np.float32), n_units, axis=0)
    return (Progressive if ordered else MaxAmp)(k, 1, top, values)


# Whether words are ordered, units, units per word, words to learn from, words to say, seed.
SPECS = st.tuples(
    st.booleans(),
    st.sampled_from([6, 60]),
    st.integers(1, 3),
    st.integers(1, 80),
    st.integers(1, 80),
    st.integers(0, 2**32),
)
Spec = tuple[bool, int, int, int, int, int]


def said(spec: Spec) -> tuple[Language, Symbols]:
    """A language learnt from some words of firing units, and a sample of words, among them unlisted ones."""
    ordered, n_units, k, n_train, n_test, seed = spec
    rng = np.random.default_rng(seed)
    picks = np.minimum(rng.geometric(0.2, n_train + n_test), 30)
    stock = np.array([rng.permutation(n_units)[:k] for _ in range(31)], dtype=np.int32)
    units = stock[picks] if ordered else np.sort(stock[picks], axis=1)
    symbols = Symbols(units, np.ones(units.shape, dtype=np.uint32))
    code = speaker(n_units, k, ordered)
    language = Language.fit(code, symbols[:n_train], np.zeros(n_train, dtype=np.int64), 1)
    return language, symbols[n_train:]


def entropy(counts: np.ndarray) -> float:
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum())


@given(SPECS)
def test_messages_come_back(spec: Spec) -> None:
    language, symbols = said(spec)
    messages = language.encode(symbols)
    assert same(language.decode(messages), symbols)
    assert [len(message.bits) for message in messages] == language.bits(symbols).tolist()


@given(SPECS)
def test_messages_padded_to_bytes_come_back(spec: Spec) -> None:
    language, symbols = said(spec)
    messages = [Message(Kind.SAID, np.unpackbits(np.packbits(message.bits))) for message in language.encode(symbols)]
    assert same(language.decode(messages), symbols)


@given(SPECS)
def test_no_sample_takes_fewer_bits_than_its_entropy(spec: Spec) -> None:
    language, symbols = said(spec)
    counts = np.array(list(Counter(language.lexicon.alphabet.rank(symbols)).values()))
    assert language.bits(symbols).mean() >= entropy(counts) - 1e-9


@given(SPECS)
def test_the_lexicons_counts_take_less_than_a_bit_above_their_entropy(spec: Spec) -> None:
    language, _ = said(spec)
    lexicon, huffman = language.lexicon, language.huffman
    mean = float(lexicon.probabilities @ huffman.bits)
    stages = huffman.lengths.shape[1]  # 1 but for ordered words, which are coded unit by unit
    assert lexicon.entropy_bits - 1e-9 <= mean < lexicon.entropy_bits + stages


@given(SPECS)
def test_an_unlisted_word_takes_the_escape_and_its_tail(spec: Spec) -> None:
    language, symbols = said(spec)
    unlisted = symbols[language.lexicon.find(symbols) < 0]
    for message in language.encode(unlisted):
        head = language.huffman.escape_length
        assert message.bits[:head].tolist() == language.huffman.codewords[-1].tolist()
        assert len(message.bits) == head + language.lexicon.alphabet.tail_bits


@pytest.mark.parametrize("cls", [MaxPro, Scalar])
def test_words_that_never_repeat_cost_exactly_their_fixed_bits(cls: type[Any]) -> None:
    rng = np.random.default_rng(0)
    features = rng.random((300, 40)).astype(np.float32)
    code = cls().fit(features, np.zeros(300, dtype=np.int64))
    symbols = code.quantise(features)
    language = Language.fit(code, symbols, np.zeros(300, dtype=np.int64), 1)
    assert language.huffman.escape_length == 0
    assert set(language.bits(symbols).tolist()) == {code.alphabet.fixed_bits}
    assert same(language.decode(language.encode(symbols)), symbols)


@pytest.mark.parametrize("name", BUILTIN)
def test_every_codes_words_come_back(name: str, make_features: Any) -> None:
    features, labels = make_features(600)
    code = BUILTIN[name]().fit(features, labels)
    symbols = code.quantise(features)
    language = Language.fit(code, symbols[:300], labels[:300], 4)
    assert same(language.decode(language.encode(symbols)), symbols)


def test_ten_balanced_decisions_take_at_most_their_formula_and_the_kraft_loss() -> None:
    """Ten equal words: four of 4 bits and six of 3, 3.4 on average, against log2(10) = 3.32."""
    code = Decision(np.eye(10, dtype=np.float32), np.zeros(10, dtype=np.float32))
    labels = np.repeat(np.arange(10), 50)
    features = np.eye(10, dtype=np.float32)[labels]
    code = code.fit(features, labels)
    symbols = code.quantise(features)
    language = Language.fit(code, symbols, labels, 10)
    assert language.bits(symbols).mean() == pytest.approx(3.4)


def test_equal_words_share_one_message() -> None:
    language, symbols = repeated()
    first, second = language.encode(symbols[np.array([0, 0])])
    assert first is second
    assert not first.bits.flags.writeable


def repeated() -> tuple[Language, Symbols]:
    code = speaker(60, 2)
    symbols = Symbols(
        np.repeat(np.array([[1, 5], [2, 9], [0, 59]], dtype=np.int32), [4, 3, 2], axis=0),
        np.ones((9, 2), dtype=np.uint32),
    )
    return Language.fit(code, symbols, np.zeros(9, dtype=np.int64), 1), symbols


def bits(text: str) -> Message:
    return Message(Kind.SAID, np.array([int(bit) for bit in text], dtype=np.uint8))


def test_the_code_of_a_small_lexicon_is_the_documented_one() -> None:
    language, _ = repeated()  # counts 4, 3, 2 and the escape's 1
    assert [codeword.to01() for codeword in language.huffman.codewords] == ["0", "10", "110", "111"]


@pytest.mark.parametrize(
    ("text", "error", "wanted"),
    [
        ("", PacketTooShortError, "the message of 0 bits ends before its word does"),
        ("11", PacketTooShortError, "of 2 bits ends before"),
        ("111" + "0" * 12, PacketTooShortError, "of 15 bits ends before"),
        ("01", PaddingError, "zero bits wanted after the message's 1 bits, got 1"),
        ("10000001", PaddingError, "got 000001"),
        ("111" + "0" * 13 + "1", PaddingError, "after the message's 16 bits, got 1"),
        ("0" * 9, TrailingBytesError, "a message of 1 bits, padded to bytes, wanted; got 9 bits"),
        ("0" * 16, TrailingBytesError, "got 16 bits"),
        ("111" + "1" * 13, EscapeError, "the escaped word is none that maxamp can say"),  # a rank too high
        ("111" + "0" * 10 + "100", EscapeError, "none that maxamp can say"),  # {0, 2} both silent
        ("111" + "0" * 10 + "110", EscapeError, "none that maxamp can say"),  # {0, 2} of which 2 is silent
    ],
)
def test_a_message_that_says_no_word_is_named(text: str, error: type[Exception], wanted: str) -> None:
    language, _ = repeated()
    with pytest.raises(error, match=wanted):
        language.decode([bits(text)])


@pytest.mark.parametrize(
    ("rank", "units", "levels"),
    [(0, [0, 1], [0, 0]), (2, [0, 1], [1, 0]), (5, [0, 2], [0, 1]), (7079, [58, 59], [1, 1])],
)
def test_an_escaped_word_is_its_rank(rank: int, units: list[int], levels: list[int]) -> None:
    language, _ = repeated()
    found = language.decode([bits(f"111{rank:013b}")])
    assert (found.units.tolist(), found.levels.tolist()) == ([units], [levels])


def test_a_sent_picture_is_no_word() -> None:
    language, _ = repeated()
    with pytest.raises(UnknownKindError, match="a word wanted, got a sent picture"):
        language.decode([Message(Kind.SENT, np.zeros(8, dtype=np.uint8))])


def test_decode_each_tells_which_messages_fail() -> None:
    language, symbols = repeated()
    good = language.encode(symbols[np.array([0, 8])])
    found, failures = language.decode_each([good[0], bits("01"), good[1], bits("111" + "1" * 13), bits("11")])
    assert {i: type(error) for i, error in failures.items()} == {
        1: PaddingError,
        3: EscapeError,
        4: PacketTooShortError,
    }
    assert same(found[np.array([0, 2])], symbols[np.array([0, 8])])
    with pytest.raises(PaddingError):
        language.decode([good[0], bits("01"), bits("11")])


def test_an_escaped_pattern_that_is_no_amplitude_is_refused() -> None:
    code = MaxPro(n_features=2, unit_ids=np.array([0, 1]))
    train = Symbols(np.array([[0, 1]], dtype=np.int32), np.array([[5, 6]], dtype=np.uint32))
    language = Language.fit(code, train, np.zeros(1, dtype=np.int64), 1)
    nan = bits("0" + "1" * 31 + "0" * 32)
    fine = bits("0" * 63 + "1")
    found, failures = language.decode_each([nan, fine])
    assert {i: type(error) for i, error in failures.items()} == {0: EscapeError}
    assert found.levels[1].tolist() == [0, 1]


@pytest.mark.parametrize("name", BUILTIN)
def test_tables_rebuild_the_language(name: str, make_features: Any) -> None:
    features, labels = make_features(600)
    code = BUILTIN[name]().fit(features, labels)
    symbols = code.quantise(features)
    language = Language.fit(code, symbols[:300], labels[:300], 4)
    again = Language.from_tables(code, language.to_tables())
    assert again.fingerprint_bytes() == language.fingerprint_bytes()
    assert np.array_equal(again.lexicon.label_counts, language.lexicon.label_counts)
    assert again.huffman.codewords == language.huffman.codewords
    assert same(again.decode(language.encode(symbols)), symbols)


@pytest.mark.parametrize(
    ("name", "table", "text"),
    [
        ("lengths", [[2], [2], [3]], r"Kraft sum is 0\.75"),
        ("lengths", [[1, 1], [2, 1], [3, 1]], r"lengths: shape \(3, 1\) wanted, got \(3, 2\)"),
        ("numbers", [1, 0, 3], "got 3 of 7080 words, escape count 0"),
        ("numbers", [1, 1, -1], r"Kraft sum is 0\.875"),
        ("numbers", [0, 1, 3], "words times classes wanted, got 3 and 0"),
        ("numbers", [2**40, 1, 3], "got 3 and 1099511627776"),
        ("numbers", [1, 1], r"numbers: shape \(3,\) wanted"),
        ("label_rows", [0, 1, 3], r"label_rows: numbers 0\.\.2 wanted"),
        ("label_classes", [0, 0, -1], r"label_classes: numbers 0\.\.0 wanted"),
        ("counts", [4, 3], r"counts: shape \(3,\) wanted, got \(2,\)"),
        ("counts", [4, 3, 0], "counts of at least 1 wanted, got 0"),
        ("units", [[1, 5], [1, 5], [0, 59]], "got a word twice"),
        ("levels", [1, 1], r"levels: uint32 with 2 axes wanted, got uint32 \(2,\)"),
    ],
)
def test_edited_tables_are_refused(name: str, table: list[int], text: str) -> None:
    language, _ = repeated()
    tables = language.to_tables()
    with pytest.raises(LexiconError, match=text):
        Language.from_tables(language.code, tables | {name: np.array(table, dtype=tables[name].dtype)})


def test_a_table_of_another_type_is_refused() -> None:
    language, _ = repeated()
    tables = language.to_tables()
    with pytest.raises(LexiconError, match=r"counts: int64 with 1 axes wanted, got float64 \(3,\)"):
        Language.from_tables(language.code, tables | {"counts": tables["counts"] / 1})


def test_missing_tables_are_refused() -> None:
    language, _ = repeated()
    tables = language.to_tables()
    del tables["counts"]
    with pytest.raises(LexiconError, match=r"tables \['counts', .* wanted, got \['label_classes'"):
        Language.from_tables(language.code, tables)


def test_the_fingerprint_covers_code_lexicon_and_lengths() -> None:
    language, symbols = repeated()
    labels = np.zeros(9, dtype=np.int64)
    others = [
        Language.fit(speaker(60, 2), symbols[:8], labels[:8], 1),
        Language.fit(speaker(61, 2), symbols, labels, 1),
        Language.fit(MaxAmp(2, 1, language.code.top * 2, language.code.values), symbols, labels, 1),
        Language.fit(speaker(60, 2), symbols, labels, 2),
    ]
    prints = {fingerprint(each.fingerprint_bytes()) for each in [language, *others]}
    assert len(prints) == 5
    assert fingerprint(repeated()[0].fingerprint_bytes()) in prints


def test_a_fingerprint_tells_parts_apart() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc") != fingerprint(b"abc")
    assert len(fingerprint()) == 8


def test_a_whole_small_alphabet_never_escapes() -> None:
    code = speaker(6, 1)
    seen = Symbols(np.array([[1], [1], [2]], dtype=np.int32), np.ones((3, 1), dtype=np.uint32))
    language = Language.fit(code, seen, np.zeros(3, dtype=np.int64), 1)
    every = Alphabet(6, 1, 1).unrank(list(range(12)))
    assert same(language.decode(language.encode(every)), every)
    assert language.huffman.escape_length is None
