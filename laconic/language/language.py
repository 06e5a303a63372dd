"""A semantic language: a code, the words that it says, and the bits that say them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from laconic.contract import Kind, LaconicError, Message, Symbols
from laconic.language.bits import to_array, to_bitarray
from laconic.language.code import Code, state
from laconic.language.errors import (
    EscapeError,
    LexiconError,
    PacketError,
    PacketTooShortError,
    PaddingError,
    TrailingBytesError,
    UnknownKindError,
)
from laconic.language.huffman import Huffman
from laconic.language.lexicon import Lexicon
from laconic.language.tables import TABLES, check_tables


@dataclass(frozen=True, eq=False)
class Language:
    """Words to messages and back (paper 000, definition 1: a dictionary from what is seen to how it is said).

    ```
    Symbols --lexicon--> row of a listed word ---huffman--> codeword         = Message
               or else-> escape -----------------huffman--> codeword + rank  = Message
    ```

    Args:
        code: what made the symbols.
        lexicon: the words that training saw.
        huffman: their codewords.

    >>> from laconic.language import MaxAmp
    >>> features = np.eye(4, dtype=np.float32)[[0, 0, 0, 0, 1, 1, 2, 3]]
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 2, 3])
    >>> code = MaxAmp(k=1).fit(features, labels)
    >>> language = Language.fit(code, code.quantise(features), labels, n_classes=4)
    >>> messages = language.encode(code.quantise(features[[0, 7]]))
    >>> [message.bits.tolist() for message in messages]
    [[0], [1, 1, 0]]
    >>> language.decode(messages).units.tolist()
    [[0], [3]]
    """

    code: Code
    lexicon: Lexicon
    huffman: Huffman

    @classmethod
    def fit(cls, code: Code, symbols: Symbols, labels: Int64[np.ndarray, " batch"], n_classes: int) -> Language:
        """The language of what a fitted code said in training.

        Args:
            code: fitted.
            symbols: what it said, a word per training picture.
            labels: their classes, 0..n_classes-1.
            n_classes: how many classes there are.

        Raises:
            LexiconError: no messages, or labels that are not one class per word.
            WordError: words that the code's alphabet doesn't have.
        """
        lexicon = Lexicon.fit(symbols, labels, n_classes, code.alphabet)
        return cls(code, lexicon, Huffman.fit(branches(lexicon), lexicon.counts, lexicon.escape_count))

    @cached_property
    def tail_bits(self) -> int:
        """Bits after the escape's codeword."""
        return self.lexicon.alphabet.tail_bits

    @cached_property
    def _bits(self) -> Int64[np.ndarray, " symbols"]:
        bits = self.huffman.bits.copy()
        if self.huffman.escape_length is not None:
            bits[-1] += self.tail_bits
        return bits

    def bits(self, symbols: Symbols) -> Int64[np.ndarray, " batch"]:
        """How many bits each word's message has, without building it.

        Raises:
            WordError: words that the alphabet doesn't have.
        """
        rows = self.lexicon.find(symbols)
        bits: Int64[np.ndarray, " batch"] = self._bits[rows]  # -1, not listed, is the escape's place too
        return bits

    def encode(self, symbols: Symbols) -> list[Message]:
        """A message per word. Equal listed words share one Message object.

        Raises:
            WordError: words that the alphabet doesn't have.
        """
        rows = self.lexicon.find(symbols)
        for row in np.unique(rows[rows >= 0]).tolist():
            if row not in self._messages:
                self._messages[row] = Message(Kind.SAID, to_array(self.huffman.codewords[row]))
        messages: list[Any] = [self._messages.get(row) for row in rows.tolist()]
        escaped = np.flatnonzero(rows < 0)
        if len(escaped):
            head = to_array(self.huffman.codewords[-1])
            for i, tail in zip(escaped.tolist(), self.lexicon.alphabet.write(symbols[escaped]), strict=True):
                messages[i] = Message(Kind.SAID, np.concatenate([head, tail]))
        return messages

    @cached_property
    def _messages(self) -> dict[int, Message]:
        return {}

    def decode(self, messages: Sequence[Message]) -> Symbols:
        """The words of messages; each may be padded with fewer than 8 zero bits.

        Raises:
            PacketError: the first message that says no word; its kinds name why.
        """
        symbols, failures = self.decode_each(messages)
        for error in failures.values():
            raise error
        return symbols

    def decode_each(self, messages: Sequence[Message]) -> tuple[Symbols, dict[int, PacketError]]:
        """The words of messages, and why some say none: those rows of the symbols mean nothing."""
        found: dict[int, int | UInt8[np.ndarray, " tail"] | PacketError] = {}
        for message in messages:
            if id(message) not in found:
                found[id(message)] = self._parse(message)
        parsed = [found[id(message)] for message in messages]
        rows = np.array([row if isinstance(row, int) else -1 for row in parsed], dtype=np.int64)
        failures = {i: row for i, row in enumerate(parsed) if isinstance(row, PacketError)}
        tails = {i: row for i, row in enumerate(parsed) if isinstance(row, np.ndarray)}
        symbols, refused = self.words(rows, list(tails), np.array(list(tails.values()), dtype=np.uint8))
        return symbols, dict(sorted((failures | refused).items()))

    def words(
        self, rows: Int64[np.ndarray, " batch"], escaped: list[int], tails: UInt8[np.ndarray, ...]
    ) -> tuple[Symbols, dict[int, PacketError]]:
        """The words of lexicon rows, those at `escaped` from their tails, and the tails that are no words."""
        k = self.lexicon.alphabet.k
        units, levels = np.zeros((len(rows), k), dtype=np.int32), np.zeros((len(rows), k), dtype=np.uint32)
        listed = rows >= 0
        units[listed], levels[listed] = self.lexicon.units[rows[listed]], self.lexicon.levels[rows[listed]]
        if not escaped:
            return Symbols(units, levels), {}
        told, known = self.lexicon.alphabet.read(tails)
        known[known] = self._can_say(told[known])
        units[escaped], levels[escaped] = told.units, told.levels
        name = self.code.name
        text = f"the escaped word is none that {name} can say: damaged, or another codec's; drop the message"
        return Symbols(units, levels), {escaped[j]: EscapeError(text) for j in np.flatnonzero(~known).tolist()}

    def _can_say(self, symbols: Symbols) -> Bool[np.ndarray, " batch"]:
        """A code says exactly the words that it quantises back to themselves."""
        try:
            again = self.code.quantise(self.code.dequantise(symbols))
        except LaconicError:
            if len(symbols) == 1:
                return np.array([False])
            return np.concatenate([self._can_say(symbols[i : i + 1]) for i in range(len(symbols))])
        differs = (again.units != symbols.units) | (again.levels != symbols.levels)
        said: Bool[np.ndarray, " batch"] = ~differs.any(axis=1)
        return said

    @cached_property
    def _listed(self) -> dict[bytes, int]:
        return {codeword.tobytes(): row for row, codeword in enumerate(self.huffman.codewords[: len(self.lexicon)])}

    def _parse(self, message: Message) -> int | UInt8[np.ndarray, " tail"] | PacketError:
        """The row of a listed word, the tail of an escaped one, or what is wrong."""
        if message.kind != Kind.SAID:
            return UnknownKindError("a word wanted, got a sent picture; give it to the picture's decoder")
        row = self._listed.get(np.packbits(message.bits).tobytes())
        if row is not None and len(message.bits) >= self._bits[row]:
            return row
        bits = to_bitarray(message.bits)
        symbol = self.huffman.decode_first(bits)
        if symbol is None or len(bits) < self._bits[symbol]:
            return PacketTooShortError(f"the message of {len(bits)} bits ends before its word does; drop it")
        end = int(self._bits[symbol])
        if len(bits) - end >= 8:
            return TrailingBytesError(f"a message of {end} bits, padded to bytes, wanted; got {len(bits)} bits")
        if bits[end:].any():
            return PaddingError(f"zero bits wanted after the message's {end} bits, got {bits[end:].to01()}")
        return message.bits[end - self.tail_bits : end] if symbol == len(self.lexicon) else symbol

    def fingerprint_bytes(self) -> bytes:
        """All that both ends must agree on to understand each other, as bytes for `fingerprint`."""
        name, alphabet = self.code.name, self.code.alphabet
        scalars, arrays = state(self.code)
        numbers = [name, alphabet.n_units, alphabet.k, alphabet.level_bits, alphabet.ordered, sorted(scalars.items())]
        parts = [json.dumps(numbers).encode()]
        for name, array in sorted((arrays | self.to_tables()).items()):
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            parts += [f"{name} {array.dtype.name} {array.shape}".encode(), little.tobytes()]
        return _joined(parts)

    def to_tables(self) -> dict[str, np.ndarray]:
        """Lexicon and code lengths as plain arrays, for safetensors; the code's own are in `state(code)`."""
        lexicon, huffman = self.lexicon, self.huffman
        rows, classes = np.nonzero(lexicon.label_counts)
        escape_length = -1 if huffman.escape_length is None else huffman.escape_length
        numbers = np.array([lexicon.label_counts.shape[1], lexicon.escape_count, escape_length], dtype=np.int64)
        arrays = (
            lexicon.units,
            lexicon.levels,
            lexicon.counts,
            rows.astype(np.int32),
            classes.astype(np.int32),
            lexicon.label_counts[rows, classes],
            huffman.lengths,
            numbers,
        )
        return dict(zip(TABLES, arrays, strict=True))

    @classmethod
    def from_tables(cls, code: Code, tables: Mapping[str, np.ndarray]) -> Language:
        """The language whose `to_tables` these are.

        Raises:
            LexiconError: tables are missing, unknown or contradict each other.
            WordError: words that the code's alphabet doesn't have.
        """
        check_tables(code.alphabet, tables)
        units, levels, counts, rows, classes, label_counts, lengths, numbers = map(tables.__getitem__, TABLES)
        n_classes, escape_count, escape_length = numbers.tolist()
        labels = np.zeros((len(units), n_classes), dtype=np.int32)
        labels[rows, classes] = label_counts
        lexicon = Lexicon(code.alphabet, units, levels, counts, labels, escape_count)
        huffman = Huffman(branches(lexicon), lengths, None if escape_length < 0 else escape_length)
        if (huffman.escape_length is None) != (escape_count == 0):
            raise LexiconError(f"escape count {escape_count} and escape length {escape_length} contradict each other")
        return cls(code, lexicon, huffman)


def branches(lexicon: Lexicon) -> Int64[np.ndarray, "words stages"]:
    """How the code's tree branches: at once into words, or unit by unit where their order means something."""
    if not lexicon.alphabet.ordered:
        return np.arange(len(lexicon))[:, None]
    shifted: Int64[np.ndarray, "words stages"] = lexicon.units.astype(np.int64) << lexicon.alphabet.level_bits
    return shifted | lexicon.levels.astype(np.int64)


def fingerprint(*parts: bytes) -> bytes:
    """Eight bytes that name a language: what a packet's check covers and does not send.

    >>> fingerprint(b"a language", b"a receiver").hex()
    'c0d56edb6a0fe8f9'
    """
    return hashlib.blake2b(_joined(list(parts)), digest_size=8).digest()


def _joined(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
