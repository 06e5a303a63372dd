"""Canonical Huffman codes from whole-number counts: for words at once, or stage by stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from bitarray import bitarray, decodetree
from bitarray.util import int2ba
from jaxtyping import Int64, UInt8

from laconic.language.errors import LexiconError

MAX_WORD_BITS = 255  # bitarray decodes no longer codewords; only words of many stages come near
MAX_CODE_BITS = 31  # of a codeword, or of a stage; counts need 3.5 million messages in Fibonacci's pattern to go deeper


@dataclass(frozen=True, eq=False)
class Huffman:
    """A prefix code for words 0..W-1 and, if there is one, the escape, which is symbol W.

    ```
    counts --code_lengths--> lengths (stored) --canonical_codewords--> codewords
    ```

    A word is a row of *branches*, one per stage. With one stage, words are coded as wholes. With more, each
    stage's code is conditional on the branches before it, and a word's codeword is its stages' codewords side
    by side, so that a message cut after a whole stage still says the branches before the cut.

    The mean length under the counts is at least their entropy and less than entropy + number of stages.

    Args:
        branches: each word's branches.
        lengths: bits that each stage of each word takes, 0..31.
        escape_length: bits of the escape; None if there is none.

    Raises:
        LexiconError: the lengths are no complete prefix code.

    >>> huffman = Huffman.fit(np.array([[0], [1], [2]]), np.array([4, 2, 1]), escape_count=1)
    >>> [codeword.to01() for codeword in huffman.codewords]
    ['0', '10', '110', '111']
    """

    branches: Int64[np.ndarray, "words stages"]
    lengths: UInt8[np.ndarray, "words stages"]
    escape_length: int | None

    def __post_init__(self) -> None:
        if self.branches.shape != self.lengths.shape:
            raise LexiconError(f"a length per branch wanted, got {self.lengths.shape} for {self.branches.shape}")
        if not len(self.branches) and self.escape_length is None:
            raise LexiconError("a code without words needs an escape, got neither")
        for node in self._nodes():
            _check_complete(node.own(self.lengths[:, node.stage], self.escape_length))
        longest = int(self.lengths.sum(axis=1).max(initial=0))
        if longest > MAX_WORD_BITS:
            raise LexiconError(f"codewords of at most {MAX_WORD_BITS} bits wanted, got {longest}; say fewer units")

    @classmethod
    def fit(
        cls,
        branches: Int64[np.ndarray, "words stages"],
        counts: Int64[np.ndarray, " words"],
        escape_count: int,
    ) -> Huffman:
        """The code of these counts (at least 1 each; `escape_count` 0 means that there is no escape)."""
        lengths = np.zeros(branches.shape, dtype=np.uint8)
        escape_length = None
        for node in _nodes(branches, bool(escape_count)):
            totals = [int(counts[rows].sum()) for rows in node.groups]
            found = code_lengths([*totals, escape_count] if node.has_escape else totals)
            for rows, length in zip(node.groups, found, strict=False):
                lengths[rows, node.stage] = length
            if node.has_escape:
                escape_length = found[-1]
        return cls(branches, lengths, escape_length)

    def _nodes(self) -> Iterator[Node]:
        return _nodes(self.branches, self.escape_length is not None)

    @cached_property
    def codewords(self) -> list[bitarray]:
        """Each word's codeword, then the escape's."""
        words = [bitarray() for _ in range(len(self.branches))]
        escape = []
        for node in self._nodes():
            found = canonical_codewords(node.own(self.lengths[:, node.stage], self.escape_length))
            for rows, codeword in zip(node.groups, found, strict=False):
                for row in rows.tolist():
                    words[row] += codeword
            if node.has_escape:
                escape = [found[-1]]
        return words + escape

    @cached_property
    def prefixes(self) -> dict[str, tuple[int, int]]:
        """For every codeword's first j stages, as text: a word that starts so, and the largest such j."""
        found: dict[str, tuple[int, int]] = {}
        ends = np.cumsum(self.lengths, axis=1, dtype=np.int64).tolist()
        for row, word_ends in enumerate(ends):
            codeword = self.codewords[row].to01()
            for j, end in enumerate(word_ends, start=1):
                known = found.get(codeword[:end])
                if known is None or known[1] < j:
                    found[codeword[:end]] = (row, j)
        return found

    @cached_property
    def bits(self) -> Int64[np.ndarray, " symbols"]:
        """Each codeword's length in bits: the words', then the escape's."""
        words = self.lengths.sum(axis=1, dtype=np.int64)
        return words if self.escape_length is None else np.append(words, self.escape_length)

    @cached_property
    def encoder(self) -> dict[int, bitarray]:
        """For `bitarray.encode`."""
        return dict(enumerate(self.codewords))

    @cached_property
    def tree(self) -> decodetree | None:
        """For `bitarray.decode`; None if the code has one symbol, which takes no bits."""
        return decodetree(self.encoder) if len(self.codewords) > 1 else None

    def encode(self, symbols: list[int]) -> bitarray:
        """The codewords of many symbols, one after another."""
        bits = bitarray()
        if self.tree is not None:  # bitarray knows no codeword of no bits
            bits.encode(self.encoder, symbols)
        return bits

    def decode_first(self, bits: bitarray) -> int | None:
        """The first symbol that the bits say, or None if they end inside its codeword."""
        if self.tree is None:
            return 0
        try:
            return next(iter(bits.decode(self.tree)), None)
        except ValueError:
            return None


@dataclass(frozen=True)
class Node:
    """One place in the code's tree: the words that agree so far, grouped by their next branch."""

    stage: int
    groups: list[Int64[np.ndarray, " _"]]
    has_escape: bool

    def own(self, lengths: UInt8[np.ndarray, " words"], escape_length: int | None) -> list[int]:
        """The lengths of this node's codewords."""
        found = [int(lengths[rows[0]]) for rows in self.groups]
        return [*found, escape_length] if self.has_escape and escape_length is not None else found


def _nodes(branches: Int64[np.ndarray, "words stages"], has_escape: bool) -> Iterator[Node]:
    """The nodes, from the root on; a node's groups stand in ascending order of their branch."""
    waiting = [(0, np.arange(len(branches)))]
    while waiting:
        stage, rows = waiting.pop()
        groups = _groups(rows, branches[rows, stage])
        yield Node(stage, groups, has_escape and stage == 0)
        if stage + 1 < branches.shape[1]:
            waiting += [(stage + 1, group) for group in groups]


def _groups(rows: Int64[np.ndarray, " rows"], branch: Int64[np.ndarray, " rows"]) -> list[Int64[np.ndarray, " _"]]:
    if len(rows) <= 1:  # most nodes of a large tree
        return [rows] if len(rows) else []
    order = np.argsort(branch, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(branch[order])) + 1)


def code_lengths(counts: Sequence[int]) -> list[int]:
    """Huffman's code lengths for counts of at least 1; one symbol alone takes 0 bits.

    Deterministic: of equal counts the lower number is merged first, and leaves before inner nodes. Counts are
    halved until no length exceeds `MAX_CODE_BITS`.
    """
    lengths = _huffman_lengths(counts)
    while max(lengths) > MAX_CODE_BITS:
        counts = [(count + 1) // 2 for count in counts]
        lengths = _huffman_lengths(counts)
    return lengths


def _huffman_lengths(counts: Sequence[int]) -> list[int]:
    n = len(counts)
    weights = sorted(counts)
    order = sorted(range(n), key=lambda i: (counts[i], i))
    parents = [0] * (2 * n - 1)
    leaf, inner = 0, n
    for new in range(n, 2 * n - 1):
        total = 0
        for _ in range(2):
            if inner == new or (leaf < n and weights[leaf] <= weights[inner]):
                child, leaf = leaf, leaf + 1
            else:
                child, inner = inner, inner + 1
            parents[child] = new
            total += weights[child]
        weights.append(total)
    depths = [0] * (2 * n - 1)
    for node in reversed(range(2 * n - 2)):
        depths[node] = depths[parents[node]] + 1
    lengths = [0] * n
    for place, symbol in enumerate(order):
        lengths[symbol] = depths[place]
    return lengths


def canonical_codewords(lengths: Sequence[int]) -> list[bitarray]:
    """Canonical codewords of these lengths: by (length, number), each the one before plus one, shifted."""
    codewords = [bitarray()] * len(lengths)
    if len(lengths) == 1:
        return codewords
    code, width = 0, 0
    for i in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        code <<= lengths[i] - width
        width = lengths[i]
        codewords[i] = int2ba(code, width)
        code += 1
    return codewords


def _check_complete(lengths: list[int]) -> None:
    if len(lengths) == 1 and lengths[0] == 0:
        return
    kraft = sum(1 << (MAX_CODE_BITS - length) for length in lengths if 1 <= length <= MAX_CODE_BITS)
    if kraft != 1 << MAX_CODE_BITS or not all(1 <= length <= MAX_CODE_BITS for length in lengths):
        raise LexiconError(
            f"code lengths of 1..{MAX_CODE_BITS} bits that fill a prefix code exactly wanted, "
            f"got lengths {sorted(set(lengths))} whose Kraft sum is {kraft / (1 << MAX_CODE_BITS)}"
        )
