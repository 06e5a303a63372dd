"""Huffman codes from counts: optimal, prefix-free, and within one bit a stage of the entropy."""

from __future__ import annotations

from itertools import pairwise

import constriction
import numpy as np
import pytest
from bitarray.util import canonical_huffman
from hypothesis import given
from hypothesis import strategies as st

from laconic.language import Huffman
from laconic.language.errors import LexiconError
from laconic.language.huffman import MAX_CODE_BITS, canonical_codewords, code_lengths

COUNTS = st.lists(st.integers(1, 1000), min_size=1, max_size=40)


def plain(counts: list[int], escape_count: int) -> Huffman:
    return Huffman.fit(np.arange(len(counts))[:, None], np.array(counts, dtype=np.int64), escape_count)


def entropy(counts: list[int]) -> float:
    p = np.array(counts) / sum(counts)
    return float(-(p * np.log2(p)).sum())


@given(COUNTS)
def test_lengths_are_as_good_as_bitarrays(counts: list[int]) -> None:
    codewords = canonical_huffman(dict(enumerate(counts)))[0] if len(counts) > 1 else {0: ""}
    wanted = sum(counts[i] * len(codeword) for i, codeword in codewords.items())
    assert sum(c * n for c, n in zip(counts, code_lengths(counts), strict=True)) == wanted


@given(COUNTS)
def test_the_mean_length_is_within_a_bit_of_the_entropy(counts: list[int]) -> None:
    mean = float(np.dot(counts, code_lengths(counts)) / sum(counts))
    assert entropy(counts) - 1e-9 <= mean < entropy(counts) + 1


@given(COUNTS.filter(lambda counts: len(counts) > 1))
def test_no_codeword_begins_another_and_none_is_wasted(counts: list[int]) -> None:
    codewords = [codeword.to01() for codeword in canonical_codewords(code_lengths(counts))]
    assert not any(after.startswith(before) for before, after in pairwise(sorted(codewords)))
    assert sum(2.0 ** -len(codeword) for codeword in codewords) == 1


@given(COUNTS.filter(lambda counts: len(counts) > 1))
def test_codewords_are_canonical(counts: list[int]) -> None:
    """By (length, number), each codeword, left-aligned, is larger than the one before."""
    lengths = code_lengths(counts)
    codewords = [codeword.to01() for codeword in canonical_codewords(lengths)]
    order = sorted(range(len(counts)), key=lambda i: (lengths[i], i))
    assert [codewords[i] for i in order] == sorted(codewords)


def test_powers_of_two_are_coded_exactly() -> None:
    assert code_lengths([8, 4, 2, 1, 1]) == [1, 2, 3, 4, 4]
    assert code_lengths([1] * 8) == [3] * 8
    assert code_lengths([5]) == [0]


def test_of_equal_weights_leaves_and_lower_numbers_go_first() -> None:
    """Otherwise 1, 3, 3, 3, 3 bits would be as good."""
    assert code_lengths([2, 1, 1, 1, 1]) == [2, 3, 3, 2, 2]


def test_fibonacci_counts_are_flattened_to_the_limit() -> None:
    counts = [1, 1]
    while len(counts) < 60:
        counts.append(counts[-1] + counts[-2])
    lengths = code_lengths(counts)
    assert max(lengths) <= MAX_CODE_BITS
    assert sum(2.0**-length for length in lengths) == 1
    assert max(code_lengths(counts[:32])) == 31  # as deep as it goes unflattened
    assert sum(counts[:32]) > 3_500_000


@given(COUNTS, st.integers(0, 200), st.integers(0, 2**32))
def test_a_message_of_many_words_comes_back(counts: list[int], escape_count: int, seed: int) -> None:
    huffman = plain(counts, escape_count)
    n = len(counts) + bool(escape_count)
    symbols = np.random.default_rng(seed).integers(0, n, 50).tolist()
    bits = huffman.encode(symbols)
    assert len(bits) == huffman.bits[symbols].sum()
    if n > 1:
        assert list(bits.decode(huffman.tree)) == symbols
        assert huffman.decode_first(bits) == symbols[0]
        assert huffman.decode_first(huffman.codewords[symbols[0]][:-1]) is None
    else:
        assert len(bits) == 0
        assert huffman.decode_first(bits) == 0


def test_a_range_coder_bounds_the_rate() -> None:
    """constriction's range coder reaches the entropy; Huffman lies within a bit a message above it."""
    rng = np.random.default_rng(0)
    counts = (rng.pareto(1.0, 200) * 20 + 1).astype(np.int64)
    p = counts / counts.sum()
    messages = rng.choice(200, 5000, p=p).astype(np.int32)
    encoder = constriction.stream.queue.RangeEncoder()
    encoder.encode(messages, constriction.stream.model.Categorical(p.astype(np.float32), perfect=True))
    bound = encoder.num_bits()
    bits = int(plain(counts.tolist(), 0).bits[messages].sum())
    assert bound - 64 <= bits < bound + 5000
    assert bits < 1.02 * bound  # far less than a bit where no word is frequent


@st.composite
def trees(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n, stages = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    branches = np.unique(rng.integers(0, 4, (n, stages)), axis=0)
    return rng.permutation(branches), rng.integers(1, 50, len(branches))


@given(trees(), st.integers(0, 20))
def test_staged_codes_are_prefix_free_and_within_a_bit_a_stage(
    tree: tuple[np.ndarray, np.ndarray], escape_count: int
) -> None:
    branches, counts = tree
    huffman = Huffman.fit(branches, counts, escape_count)
    codewords = [codeword.to01() for codeword in huffman.codewords]
    every = [*counts.tolist(), *([escape_count] if escape_count else [])]
    assert len(codewords) == len(every)
    if len(codewords) > 1:
        assert not any(after.startswith(before) for before, after in pairwise(sorted(codewords)))
        assert sum(2.0 ** -len(codeword) for codeword in codewords) == 1
    assert [len(codeword) for codeword in codewords] == huffman.bits.tolist()
    mean = float(np.dot(every, huffman.bits) / sum(every))
    assert entropy(every) - 1e-9 <= mean < entropy(every) + branches.shape[1]


@given(trees())
def test_words_that_begin_alike_have_codewords_that_begin_alike(tree: tuple[np.ndarray, np.ndarray]) -> None:
    branches, counts = tree
    huffman = Huffman.fit(branches, counts, 1)
    ends = np.cumsum(huffman.lengths, axis=1)
    for row in range(len(branches)):
        for stage in range(branches.shape[1]):
            alike = (branches[:, : stage + 1] == branches[row, : stage + 1]).all(axis=1)
            prefix = huffman.codewords[row][: ends[row, stage]]
            begins = [codeword[: len(prefix)] == prefix for codeword in huffman.codewords[:-1]]
            assert [begun for begun, same in zip(begins, alike, strict=True) if same] == [True] * alike.sum()


def test_words_of_too_many_stages_are_refused() -> None:
    """Each stage leaves one word behind: a bit a stage, one more than the longest codeword allowed."""
    branches = np.tril(np.ones((257, 256), dtype=np.int64), -1)
    with pytest.raises(LexiconError, match="codewords of at most 255 bits wanted, got 256; say fewer units"):
        Huffman.fit(branches, np.ones(257, dtype=np.int64), 0)


@given(COUNTS)
def test_lengths_alone_rebuild_the_code(counts: list[int]) -> None:
    huffman = plain(counts, 3)
    again = Huffman(huffman.branches, huffman.lengths, huffman.escape_length)
    assert again.codewords == huffman.codewords


@pytest.mark.parametrize(
    ("lengths", "escape_length", "text"),
    [
        ([[1], [1]], 1, r"Kraft sum is 1\.5"),
        ([[1], [2]], None, r"Kraft sum is 0\.75"),
        ([[0], [1]], None, r"got lengths \[0, 1\]"),
        ([[40], [1]], 1, r"got lengths \[1, 40\]"),
        ([[1]], None, r"Kraft sum is 0\.5"),
        (np.zeros((0, 1)), None, "a code without words needs an escape"),
    ],
)
def test_lengths_that_are_no_code_are_refused(lengths: list[list[int]], escape_length: int, text: str) -> None:
    table = np.array(lengths, dtype=np.uint8)
    with pytest.raises(LexiconError, match=text):
        Huffman(np.arange(len(table))[:, None], table, escape_length)
