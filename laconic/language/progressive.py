"""Messages of ordered words, cut after a unit: a shorter message that still says the strongest units.

```
unit 1 | unit 2 | unit 3      what `Language.encode` makes of a Progressive word
unit 1 | unit 2               `cut(language, message, k=2)`
unit 1 | uni                  a link that ran out of bytes: `decode_prefix` gives unit 1
```
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from laconic.contract import Message, Symbols
from laconic.language.bits import to_bitarray
from laconic.language.errors import (
    CodeError,
    EscapeError,
    PacketTooShortError,
    PaddingError,
    TrailingBytesError,
)
from laconic.language.language import Language


def cut(language: Language, message: Message, k: int) -> Message:
    """The message of the word's first k units: `decode_prefix` with this k understands it.

    Args:
        language: of ordered words.
        message: a whole one.
        k: units to keep, from 1.

    Raises:
        CodeError: the language's words are not ordered, or have fewer than k units.
        PacketError: the message says no word.
    """
    _check_k(language, k)
    return Message(message.kind, message.bits[: _find(language, message, k)[2]])


def decode_prefix(language: Language, message: Message, k: int | None = None) -> Symbols:
    """The first units of a message that may have been cut, as one word [1, units].

    With k the message holds k units and then fewer than 8 zero bits. Without it every bit is taken as the
    message's own, and as many units are read as are whole: cut anywhere, but not padded. A next unit that the
    language knows without being told (it takes no bits) is told too.

    `replace(code, k=units).dequantise` turns the word into features.

    Args:
        language: of ordered words.
        message: what came.
        k: how many units it says, if that is agreed.

    Raises:
        CodeError: the language's words are not ordered, or have fewer than k units.
        PacketTooShortError: fewer than k units are whole.
        EscapeError: an escaped unit that does not exist.
        TrailingBytesError: whole bytes follow the k units.
        PaddingError: the bits after the k units are not zero.
    """
    _check_k(language, 1 if k is None else k)
    symbols, found, end = _find(language, message, language.lexicon.alphabet.k if k is None else k)
    if k is None:
        return symbols
    if found < k:
        raise PacketTooShortError(f"{k} units wanted, the message of {len(message.bits)} bits says {found}; drop it")
    if len(message.bits) - end >= 8:
        raise TrailingBytesError(f"{k} units in {end} bits, padded to bytes, wanted; got {len(message.bits)} bits")
    if message.bits[end:].any():
        raise PaddingError(f"zero bits wanted after {k} units in {end} bits, got {message.bits[end:].tolist()}")
    return symbols


def _check_k(language: Language, k: int) -> None:
    alphabet = language.lexicon.alphabet
    if not alphabet.ordered:
        raise CodeError(f"only ordered words can be cut, {language.code.name}'s are not; use Progressive")
    if not 1 <= k <= alphabet.k:
        raise CodeError(f"1..{alphabet.k} units wanted, got k={k}")


def _find(language: Language, message: Message, k: int) -> tuple[Symbols, int, int]:
    """At most k units from the front: the word, how many they are, and where their bits end."""
    text = to_bitarray(message.bits).to01()
    escape = language.huffman.codewords[-1].to01() if language.huffman.escape_length is not None else None
    if escape is not None and text.startswith(escape):
        return _find_escaped(language, message, k, len(escape))
    known = language.huffman.prefixes
    row, found = next((known[text[:n]] for n in range(len(text), -1, -1) if text[:n] in known), (0, 0))
    found = min(found, k)
    units, levels = language.lexicon.units[[row], :found], language.lexicon.levels[[row], :found]
    return Symbols(units, levels), found, int(language.huffman.lengths[row, :found].sum())


def _find_escaped(language: Language, message: Message, k: int, start: int) -> tuple[Symbols, int, int]:
    alphabet = language.lexicon.alphabet
    # A shorter ordered word's fields are the first fields of a longer one's.
    ends = [start + replace(alphabet, k=j).tail_bits for j in range(1, k + 1)]
    found = sum(end <= len(message.bits) for end in ends)
    if not found:
        return Symbols(np.zeros((1, 0), dtype=np.int32), np.zeros((1, 0), dtype=np.uint32)), 0, start
    end = ends[found - 1]
    symbols, known = replace(alphabet, k=found).read(message.bits[None, start:end])
    if not known.all():
        raise EscapeError(f"an escaped unit is not among the alphabet's {alphabet.n_units}; drop the message")
    return symbols, found, end
