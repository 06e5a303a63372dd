"""How any text becomes the uint16 tokens that the encoder takes, alike in training and at the node."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import UInt16

from laconic.data.decoding import ItemError, Picture

PAD, UNKNOWN = "<pad>", "<unk>"  # tokens 0 and 1
VOCABULARY = "vocabulary.json"
MAX_WORDS = 2**16  # what a token can tell apart
SUFFIXES = (".txt",)
MAX_LENGTH = 4096
MAX_BYTES = 2**24  # of a text file
WORDS, LENGTH = 20_000, 200  # of a vocabulary at most, and of a text
FEWEST_TEXTS = 2  # in which a word stands that gets into a vocabulary

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_WORD = re.compile(r"\w+(?:'\w+)*")


class Text(str):
    """A text's own words, as a source gives them: never the name of a file."""

    __slots__ = ()


class TextError(ItemError):
    """A text that can't be used: its name, and what is wrong with it."""


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without HTML tags; an apostrophe within a word belongs to it.

    >>> words_of("It's <br />GREAT, isn't it? 10/10")
    ["it's", 'great', "isn't", 'it', '10', '10']
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return _WORD.findall(_TAG.sub(" ", plain).lower())


@dataclass(frozen=True)
class TextPreprocessing:
    """The text that an encoder sees: its last `length` words, as their places in a vocabulary.

    The vocabulary begins with <pad> (after the end of a shorter text) and <unk> (any other word). The last words, not
    the first: a verdict tends to stand at the end. A text of which less than the part `least_known` of all words is
    in the vocabulary is of another language, or of none, and is refused.

    >>> TextPreprocessing(("<pad>", "<unk>", "good", "bad"), length=4).apply("Good, bad, ugly")
    array([2, 3, 1, 0], dtype=uint16)

    Raises:
        TextError: a length outside 1 to 4096, a part outside 0 to 1, or words that are no vocabulary.
    """

    vocabulary: tuple[str, ...]
    length: int = LENGTH
    least_known: float = 0.5

    noun: ClassVar[str] = "text"
    dtype: ClassVar[type[np.uint16]] = np.uint16
    error: ClassVar[type[ItemError]] = TextError

    def __post_init__(self) -> None:
        if not 1 <= self.length <= MAX_LENGTH:
            raise TextError(f"length {self.length}: wanted 1 to {MAX_LENGTH} words")
        if not 0 <= self.least_known <= 1:
            raise TextError(f"least_known {self.least_known}: wanted a part from 0 to 1")
        if self.vocabulary[:2] != (PAD, UNKNOWN) or not 3 <= len(self._numbers) == len(self.vocabulary) <= MAX_WORDS:
            raise TextError(f"a vocabulary is {PAD}, {UNKNOWN} and then 1 to {MAX_WORDS - 2} words, each once")

    @classmethod
    def learn(cls, texts: Iterable[str], length: int = LENGTH, words: int = WORDS) -> TextPreprocessing:
        """With the most frequent words of some texts, of those that stand in two of them or more.

        Raises:
            TextError: there are none, or `length` is none.
        """
        total: Counter[str] = Counter()
        standing: Counter[str] = Counter()
        for text in texts:
            found = Counter(words_of(text))
            total.update(found)
            standing.update(found.keys())
        known = sorted((word for word in total if standing[word] >= FEWEST_TEXTS), key=lambda w: (-total[w], w))
        if not known:
            raise TextError("no word stands in two of the texts to learn from: there is no vocabulary in them")
        return cls((PAD, UNKNOWN, *known[:words]), length)

    @property
    def shape(self) -> tuple[int]:
        """Of one text's tokens."""
        return (self.length,)

    def apply(self, text: Picture) -> UInt16[np.ndarray, " length"]:
        """One text: its words (str), or the Path of a UTF-8 file of them.

        Raises:
            TextError: it can't be read, is empty, has too few words that are known, or is a picture.
        """
        if isinstance(text, Path):
            try:
                return self._tokens(words_of(_read(text)))
            except TextError as error:
                raise TextError(f"{text}: {error}") from error
        if not isinstance(text, str):
            raise TextError(f"wanted a text (str) or the Path of a file, got {type(text).__name__}")
        return self._tokens(words_of(text))

    def batch(self, texts: Sequence[Picture] | np.ndarray) -> UInt16[np.ndarray, "batch length"]:
        """Several texts; an array [n, length] of tokens is returned uncopied.

        Raises:
            TextError: the first text that can't be used, with its number; or an array of something else.
        """
        if isinstance(texts, np.ndarray):
            is_tokens = texts.dtype == np.uint16 and texts.shape[1:] == self.shape
            if not is_tokens or not (texts[:, 0] > 0).all() or texts.max(initial=0) >= len(self.vocabulary):
                came = f"array of shape {texts.shape}, {texts.dtype}"
                raise TextError(f"{came}: wanted texts, or the tokens that `apply` makes of them")
            return texts
        tokens = np.empty((len(texts), self.length), np.uint16)
        for i, text in enumerate(texts):
            try:
                tokens[i] = self.apply(text)
            except TextError as error:
                raise TextError(f"text {i}: {error}") from error
        return tokens

    def record(self) -> dict[str, Any]:
        """What codec.json says of it; the vocabulary is a file of its own."""
        return {"kind": "text", "length": self.length, "least_known": self.least_known}

    def files(self) -> dict[str, bytes]:
        """The vocabulary as a JSON list of words in UTF-8: a word's token is its place."""
        return {VOCABULARY: json.dumps(self.vocabulary, ensure_ascii=False, indent=0).encode()}

    @classmethod
    def restore(cls, record: Mapping[str, Any], vocabulary: bytes) -> TextPreprocessing:
        """What `record` and `files` gave.

        Raises:
            TextError: they are damaged.
        """
        try:
            words = json.loads(vocabulary)
        except ValueError as error:
            raise TextError(f"{VOCABULARY} is no JSON ({error})") from error
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise TextError(f"{VOCABULARY} is no list of words")
        length, least_known = record.get("length"), record.get("least_known")
        if not isinstance(length, int) or not isinstance(least_known, int | float):
            raise TextError("length and least_known are wanted of a codec for texts")
        return cls(tuple(words), length, least_known)

    def _tokens(self, words: list[str]) -> UInt16[np.ndarray, " length"]:
        if not words:
            raise TextError("an empty text: there is no word in it")
        numbers = [self._numbers.get(word, 1) for word in words]
        known = sum(number > 1 for number in numbers)
        if not known or known < self.least_known * len(words):
            raise TextError(
                f"{known} of its {len(words)} words are known, less than {100 * self.least_known:g} %: is it in "
                f"another language than the {len(self.vocabulary) - 2} words that the codec has learnt?"
            )
        tokens = np.zeros(self.length, np.uint16)
        kept = numbers[-self.length :]
        tokens[: len(kept)] = kept
        return tokens

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TextError(f"more than the limit of {MAX_BYTES // 2**20} MiB; is it a text?")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TextError(f"cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise TextError(f"is no UTF-8 text (byte {error.start})") from error
