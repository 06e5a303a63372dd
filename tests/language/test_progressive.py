"""A message of ordered words that was cut still says its first units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laconic.contract import Kind, Message, Symbols
from laconic.language import Language, MaxAmp, Progressive, cut, decode_prefix
from laconic.language.errors import (
    CodeError,
    EscapeError,
    PacketTooShortError,
    PaddingError,
    TrailingBytesError,
)

K = 3


def learn(seed: int, n: int = 200) -> tuple[Language, Symbols]:
    """Words of a language with likely and unlikely units; the last quarter of the words was not learnt."""
    rng = np.random.default_rng(seed)
    features = rng.gamma(1.0, 1.0, (n, 20)) * (rng.random((n, 20)) < np.linspace(0.9, 0.05, 20))
    features = features.astype(np.float32)
    labels = np.zeros(n, dtype=np.int64)
    code = Progressive(K).fit(features, labels)
    symbols = code.quantise(features)
    return Language.fit(code, symbols[: 3 * n // 4], labels[: 3 * n // 4], 1), symbols


def padded(message: Message) -> Message:
    return Message(message.kind, np.unpackbits(np.packbits(message.bits)))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, K))
def test_a_message_cut_after_k_units_says_them(seed: int, k: int) -> None:
    language, symbols = learn(seed, n=24)
    for row, message in enumerate(language.encode(symbols)):
        for shorter in (cut(language, message, k), padded(cut(language, message, k))):
            word = decode_prefix(language, shorter, k)
            assert word.units.tolist() == symbols.units[[row], :k].tolist()
            assert word.levels.tolist() == symbols.levels[[row], :k].tolist()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_a_message_cut_anywhere_says_what_is_whole(seed: int) -> None:
    language, symbols = learn(seed, n=24)
    for row, message in enumerate(language.encode(symbols)):
        heard = 0
        for end in range(len(message.bits) + 1):
            word = decode_prefix(language, Message(Kind.SAID, message.bits[:end]))
            now = word.units.shape[1]
            assert now >= heard  # each further bit only adds
            assert word.units.tolist() == symbols.units[[row], :now].tolist()
            assert word.levels.tolist() == symbols.levels[[row], :now].tolist()
            heard = now
        assert heard == K


def test_a_cut_message_means_maxamps_shorter_word() -> None:
    language, symbols = learn(0)
    code = replace(language.code, k=2)
    shorter = decode_prefix(language, cut(language, language.encode(symbols[:1])[0], 2), 2)
    features = language.code.dequantise(symbols[:1])
    word = MaxAmp(2, 1, code.top, code.values).quantise(features)
    assert np.sort(shorter.units, axis=1).tolist() == word.units.tolist()
    assert (code.dequantise(shorter) > 0).sum() == 2


def test_cutting_saves_bits() -> None:
    language, symbols = learn(1)
    messages = language.encode(symbols)
    means = [np.mean([len(cut(language, message, k).bits) for message in messages]) for k in (1, 2, 3)]
    assert means[0] < means[1] < means[2] == language.bits(symbols).mean()


def test_the_sample_has_listed_and_escaped_words() -> None:
    language, symbols = learn(0)
    escaped = language.lexicon.find(symbols) < 0
    assert 0 < escaped.sum() < len(symbols)


def hand_made() -> Language:
    """Three words of two of five units; codewords by stage: 3|- -, 1|4, 1|2."""
    code = Progressive(2, 1, np.ones(5, dtype=np.float32), np.repeat(np.array([[0, 1]], dtype=np.float32), 5, axis=0))
    units = np.repeat(np.array([[3, 0], [1, 4], [1, 2]], dtype=np.int32), [6, 2, 2], axis=0)
    levels = np.ones(units.shape, dtype=np.uint32)
    big = Progressive(2, 1, np.ones(50, dtype=np.float32), np.ones((50, 2), dtype=np.float32))
    assert code.alphabet.n_words <= 4096 < big.alphabet.n_words
    return Language.fit(big, Symbols(units, levels), np.zeros(10, dtype=np.int64), 1)


def test_codewords_branch_unit_by_unit() -> None:
    language = hand_made()
    # first: unit 3 (6 of 11), unit 1 (4), escape (1); then 3 -> 0 alone takes nothing, 1 -> 2 or 4 a bit
    assert language.lexicon.units.tolist() == [[3, 0], [1, 2], [1, 4]]
    assert [codeword.to01() for codeword in language.huffman.codewords] == ["0", "100", "101", "11"]


@pytest.mark.parametrize(
    ("text", "k", "error", "wanted"),
    [
        ("1", 1, PacketTooShortError, "1 units wanted, the message of 1 bits says 0"),
        ("10", 2, PacketTooShortError, "2 units wanted, the message of 2 bits says 1"),
        ("11" + "0" * 6, 1, PacketTooShortError, "of 8 bits says 0"),
        ("101", 1, PaddingError, r"zero bits wanted after 1 units in 2 bits, got \[1\]"),
        ("0" * 9, 2, TrailingBytesError, "2 units in 0 bits|2 units in 1 bits"),
        ("11" + "1" * 6 + "1", 1, EscapeError, "an escaped unit is not among the alphabet's 50"),
    ],
)
def test_a_cut_message_that_says_too_little_or_too_much_is_named(
    text: str, k: int, error: type[Exception], wanted: str
) -> None:
    message = Message(Kind.SAID, np.array([int(bit) for bit in text], dtype=np.uint8))
    with pytest.raises(error, match=wanted):
        decode_prefix(hand_made(), message, k)


@pytest.mark.parametrize("k", [0, 3])
def test_only_units_of_the_word_can_be_kept(k: int) -> None:
    language = hand_made()
    message = language.encode(language.lexicon.symbols[:1])[0]
    with pytest.raises(CodeError, match=rf"1\.\.2 units wanted, got k={k}"):
        cut(language, message, k)


def test_only_ordered_words_can_be_cut() -> None:
    features = np.eye(4, dtype=np.float32)
    code = MaxAmp(k=1).fit(features, np.arange(4))
    language = Language.fit(code, code.quantise(features), np.arange(4), 4)
    with pytest.raises(CodeError, match="maxamp's are not; use Progressive"):
        decode_prefix(language, language.encode(code.quantise(features))[0])
