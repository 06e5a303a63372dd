"""The words that training saw, how often, and for which classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int32, Int64, UInt32

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.errors import LexiconError

MAX_WORDS = 65_536
WHOLE_ALPHABET = 4_096  # an alphabet of at most so many words is listed whole, and needs no escape
SEEN_WEIGHT = 32  # then a word seen c times counts 32 c + 1: unseen ones have a codeword and cost the others little


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Distinct words, the most frequent first (of equal ones the lower rank first).

    Kept are words seen at least twice, at most `MAX_WORDS` of them; small alphabets are kept whole.

    Args:
        alphabet: the space that the words are from.
        units: the words' units.
        levels: the words' levels.
        counts: what the entropy code is made from; at least 1.
        label_counts: how often training said the word for each class.
        escape_count: the escape's count for the entropy code: messages whose word was dropped, at least 1;
            0 if every word of the alphabet is listed.

    Raises:
        LexiconError: counts below 1, too many words or repeated ones, an escape that is missing or that
            nothing can need.
        WordError: words that the alphabet doesn't have.
    """

    alphabet: Alphabet
    units: Int32[np.ndarray, "words k"]
    levels: UInt32[np.ndarray, "words k"]
    counts: Int64[np.ndarray, " words"]
    label_counts: Int32[np.ndarray, "words classes"]
    escape_count: int

    def __post_init__(self) -> None:
        if len(self) > MAX_WORDS:
            raise LexiconError(f"at most {MAX_WORDS} words wanted, got {len(self)}")
        if len(self.counts) and self.counts.min() < 1:
            raise LexiconError(f"counts of at least 1 wanted, got {self.counts.min()}")
        if len(np.unique(self._keys)) != len(self):
            raise LexiconError("distinct words wanted, got a word twice")
        is_whole = len(self) == self.alphabet.n_words
        if is_whole != (self.escape_count == 0) or self.escape_count < 0:
            raise LexiconError(
                f"an escape is needed exactly when words are missing: got {len(self)} of "
                f"{self.alphabet.n_words} words, escape count {self.escape_count}"
            )

    def __len__(self) -> int:
        return len(self.units)

    @classmethod
    def fit(cls, symbols: Symbols, labels: Int64[np.ndarray, " batch"], n_classes: int, alphabet: Alphabet) -> Lexicon:
        """The lexicon of training's words.

        Args:
            symbols: a word per training picture.
            labels: its class, 0..n_classes-1.
            n_classes: how many classes there are.
            alphabet: the space that the words are from.

        Raises:
            LexiconError: no messages, or labels that are not one class per word.
            WordError: words that the alphabet doesn't have.
        """
        if not len(symbols) or len(labels) != len(symbols):
            raise LexiconError(
                f"a label per word and some words wanted, got {len(symbols)} words, {len(labels)} labels"
            )
        if labels.min() < 0 or labels.max() >= n_classes:
            raise LexiconError(f"labels 0..{n_classes - 1} wanted, got {labels.min()}..{labels.max()}")
        _, first, inverse, count = np.unique(
            alphabet.keys(symbols), return_index=True, return_inverse=True, return_counts=True
        )
        whole = alphabet.n_words <= WHOLE_ALPHABET
        order = np.argsort(-count, kind="stable")  # unique keys ascend, so equal counts do
        if not whole:
            order = order[count[order] >= 2][:MAX_WORDS]
        row = np.full(len(count), -1)
        row[order] = np.arange(len(order))
        label_counts = _count_labels(row[inverse], labels, len(order), n_classes)
        words = symbols[first[order]]
        if whole:
            return cls._whole(alphabet, words, label_counts)
        dropped = len(symbols) - int(count[order].sum())
        counts = count[order].astype(np.int64)
        return cls(alphabet, words.units, words.levels, counts, label_counts, max(1, dropped))

    @classmethod
    def _whole(cls, alphabet: Alphabet, words: Symbols, label_counts: Int32[np.ndarray, "seen classes"]) -> Lexicon:
        unseen = sorted(set(range(alphabet.n_words)) - set(alphabet.rank(words)))
        others = alphabet.unrank(unseen)
        label_counts = np.pad(label_counts, ((0, len(unseen)), (0, 0)))
        counts = SEEN_WEIGHT * label_counts.sum(axis=1, dtype=np.int64) + 1
        units = np.concatenate([words.units, others.units])
        return cls(alphabet, units, np.concatenate([words.levels, others.levels]), counts, label_counts, 0)

    @property
    def symbols(self) -> Symbols:
        """The words."""
        return Symbols(self.units, self.levels)

    @property
    def n_seen(self) -> Int64[np.ndarray, " words"]:
        """How often training said each word."""
        seen: Int64[np.ndarray, " words"] = self.label_counts.sum(axis=1, dtype=np.int64)
        return seen

    @property
    def entropy_bits(self) -> float:
        """Entropy in bits of the counts, the escape among them: no code for them is shorter on average."""
        p = self.probabilities
        return float(-(p * np.log2(p)).sum())

    @property
    def probabilities(self) -> Float64[np.ndarray, " symbols"]:
        """Of each word and, last, of the escape if there is one, by the code's counts."""
        counts = np.append(self.counts, self.escape_count) if self.escape_count else self.counts
        probabilities: Float64[np.ndarray, " symbols"] = counts / counts.sum()
        return probabilities

    def find(self, symbols: Symbols) -> Int64[np.ndarray, " batch"]:
        """Each word's row in the lexicon, or -1.

        Raises:
            WordError: words that the alphabet doesn't have.
        """
        keys = self.alphabet.keys(symbols)
        if not len(self):
            return np.full(len(symbols), -1, dtype=np.int64)
        order, known = self._sorted
        at = np.minimum(np.searchsorted(known, keys), len(self) - 1)
        return np.where(known[at] == keys, order[at], -1)

    @cached_property
    def _keys(self) -> np.ndarray:
        return self.alphabet.keys(self.symbols)

    @cached_property
    def _sorted(self) -> tuple[Int64[np.ndarray, " words"], np.ndarray]:
        order = np.argsort(self._keys, kind="stable")
        return order, self._keys[order]


def _count_labels(
    rows: Int64[np.ndarray, " batch"], labels: Int64[np.ndarray, " batch"], n_rows: int, n_classes: int
) -> Int32[np.ndarray, "rows classes"]:
    kept = rows >= 0
    at = rows[kept] * n_classes + labels[kept]
    return np.bincount(at, minlength=n_rows * n_classes).reshape(n_rows, n_classes).astype(np.int32)
