"""`.lac` files: many words in one file, and pictures sent between them. `docs/format.md` is the byte layout."""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bitarray import bitarray
from jaxtyping import Int64

from laconic.contract import Symbols
from laconic.language.errors import (
    StreamDamagedError,
    StreamError,
    StreamFingerprintError,
    StreamLimitError,
    StreamMagicError,
    StreamSentError,
    StreamTooShortError,
    StreamVersionError,
    StreamWriteError,
)
from laconic.language.language import Language
from laconic.language.sent import from_part, to_part

MAGIC = b"LAC\x1a"
VERSION = 1
MAX_FILE_BYTES = 2**30
MAX_SYMBOLS = 2**26  # messages times units per word: half a GiB of Symbols
_HEADER = struct.Struct(">4sBB8sIQI")
_CRC_BYTES = 4
_SENT = 1  # the flag of files that also hold sent pictures


@dataclass(frozen=True)
class Header:
    """What a `.lac` file says about itself.

    Args:
        fingerprint: of the language that it speaks.
        count: messages, said and sent.
        code_bits: bits of all codewords.
        escapes: messages whose word was escaped.
        has_sent: whether some messages are sent pictures.
    """

    fingerprint: bytes
    count: int
    code_bits: int
    escapes: int
    has_sent: bool = False


@dataclass(frozen=True)
class Messages:
    """What a `.lac` file holds, message by message.

    Args:
        symbols: a word for each said message, in order; sent ones have none.
        sent: the payloads of the sent pictures, by their number among all messages.
    """

    symbols: Symbols
    sent: Mapping[int, bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.symbols) + len(self.sent)

    @property
    def said(self) -> Int64[np.ndarray, " said"]:
        """The numbers of the said messages among all: that of each word in `symbols`."""
        is_said = np.ones(len(self), dtype=bool)
        is_said[list(self.sent)] = False
        return np.flatnonzero(is_said)


def write_lac(
    path: Path | str,
    language: Language,
    symbols: Symbols,
    fingerprint: bytes,
    sent: Mapping[int, bytes] | None = None,
) -> None:
    """Write words to a `.lac` file; what stands at `path` is replaced only by a whole file.

    Args:
        path: the file.
        language: that of the words.
        symbols: a word for each said message.
        fingerprint: the language's, 8 bytes.
        sent: payloads of sent pictures, by their number among all messages, said and sent.

    Raises:
        StreamWriteError: the file can't be written.
        StreamLimitError: too many messages for one file, or sent ones that can't be among them.
        WordError: words that the language's alphabet doesn't have.
    """
    write_atomically(path, to_lac(language, symbols, fingerprint, sent))


def read_lac(path: Path | str, language: Language, fingerprint: bytes) -> Symbols:
    """The words of a `.lac` file that holds nothing else.

    Raises:
        StreamError: its kinds name what is wrong; a `StreamSentError` that it also holds pictures.
    """
    return from_lac(_read(path), language, fingerprint)


def read_messages(path: Path | str, language: Language, fingerprint: bytes) -> Messages:
    """The words and the sent pictures of a `.lac` file.

    Raises:
        StreamError: its kinds name what is wrong.
    """
    return messages_of(_read(path), language, fingerprint)


def peek_lac(path: Path | str) -> Header:
    """What a `.lac` file says about itself; no language is needed.

    Raises:
        StreamError: its kinds name what is wrong.
    """
    return parse_header(_read(path))


def to_lac(language: Language, symbols: Symbols, fingerprint: bytes, sent: Mapping[int, bytes] | None = None) -> bytes:
    """Words, and the sent pictures between them, as the bytes of a `.lac` file; see `write_lac`.

    Raises:
        StreamLimitError: too many messages for one file, or sent ones that can't be among them.
        WordError: words that the language's alphabet doesn't have.
    """
    count = len(symbols) + len(sent or {})
    _check_count(count, symbols.units.shape[1])
    rows = language.lexicon.find(symbols)
    escaped = symbols[rows < 0]
    codewords = language.huffman.encode(np.where(rows < 0, len(language.lexicon), rows).tolist())
    tails = np.packbits(language.lexicon.alphabet.write(escaped)).tobytes() if len(escaped) else b""
    flags = _SENT if sent else 0
    head = _HEADER.pack(MAGIC, VERSION, flags, fingerprint, count, len(codewords), len(escaped))
    data = head + codewords.tobytes() + tails + (to_part(sent, count) if sent else b"")
    size = len(data) + _CRC_BYTES
    if size > MAX_FILE_BYTES:
        raise StreamLimitError(f"a .lac file of at most {MAX_FILE_BYTES} bytes wanted, got {size}; write several")
    return data + zlib.crc32(data).to_bytes(_CRC_BYTES, "big")


def from_lac(data: bytes, language: Language, fingerprint: bytes) -> Symbols:
    """The words in the bytes of a `.lac` file that holds nothing else.

    Raises:
        StreamError: its kinds name what is wrong, in the order that `docs/format.md` gives.
    """
    found = messages_of(data, language, fingerprint)
    if found.sent:
        raise StreamSentError(
            f"words alone wanted, {len(found.sent)} of the file's {len(found)} messages are sent pictures; "
            "use read_messages"
        )
    return found.symbols


def messages_of(data: bytes, language: Language, fingerprint: bytes) -> Messages:
    """The words and the sent pictures in the bytes of a `.lac` file.

    Raises:
        StreamError: its kinds name what is wrong, in the order that `docs/format.md` gives.
    """
    head = parse_header(data)
    if head.fingerprint != fingerprint:
        raise StreamFingerprintError(
            f"the language {fingerprint.hex()} wanted, the file speaks {head.fingerprint.hex()}; "
            "load the codec that wrote it"
        )
    _check_count(head.count, language.lexicon.alphabet.k)
    code_end = _HEADER.size + _ceil8(head.code_bits)
    tails_end = code_end + _ceil8(head.escapes * language.tail_bits)
    sent = _sent(data, head, tails_end)
    n_said = head.count - len(sent)
    _check_escapes(head.escapes, n_said, language)
    rows = _read_codewords(data[_HEADER.size : code_end], n_said, head.code_bits, language)
    symbols = _words(rows, data[code_end:tails_end], head.escapes, language)
    return Messages(symbols, sent)


def parse_header(data: bytes) -> Header:
    """The header of a `.lac` file whose CRC-32 fits.

    Raises:
        StreamError: its kinds name what is wrong.
    """
    shortest = _HEADER.size + _CRC_BYTES
    if len(data) < shortest:
        raise StreamTooShortError(f"a .lac file has at least {shortest} bytes, got {len(data)}; it was cut")
    magic, version, flags, fingerprint, count, code_bits, escapes = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise StreamMagicError(f"a .lac file starts with {MAGIC.hex(' ')}, this one with {magic.hex(' ')}")
    if version != VERSION:
        raise StreamVersionError(
            f".lac version {VERSION} wanted, got {version}; update laconic (or the file is damaged)"
        )
    if zlib.crc32(memoryview(data)[:-_CRC_BYTES]) != int.from_bytes(data[-_CRC_BYTES:], "big"):
        raise StreamDamagedError("the file's CRC-32 does not fit: damaged or cut; copy it again")
    if flags & ~_SENT:
        raise StreamVersionError(f"flags 0 or 1 wanted, got {flags:#04x}; update laconic")
    return Header(fingerprint, count, code_bits, escapes, has_sent=flags == _SENT)


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write a file beside `path`, then rename it over it.

    Raises:
        StreamWriteError: that failed; what stands at `path` still does, and nothing else is left.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StreamWriteError(f"could not write {path}: {error.strerror}; what was there is unchanged") from error


def _read(path: Path | str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise StreamError(f"could not read {path}: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise StreamLimitError(f"a .lac file of at most {MAX_FILE_BYTES} bytes wanted, {path} has more")
    return data


def _check_count(count: int, k: int) -> None:
    if count * k > MAX_SYMBOLS or count >= 2**32:
        raise StreamLimitError(
            f"at most {MAX_SYMBOLS // k} words of {k} units in one .lac file, got {count}; write several"
        )


def _sent(data: bytes, head: Header, start: int) -> dict[int, bytes]:
    """The sent payloads, which are all that stands from `start` to the CRC-32."""
    end = len(data) - _CRC_BYTES
    if start > end or (start < end and not head.has_sent):
        raise StreamDamagedError(f"its header implies a .lac file of {start + _CRC_BYTES} bytes, it has {len(data)}")
    return from_part(data[start:end], head.count) if head.has_sent else {}


def _check_escapes(escapes: int, n_said: int, language: Language) -> None:
    fewest = 0 if len(language.lexicon) else n_said  # with no words listed each said message is an escaped one
    if not fewest <= escapes <= n_said:
        raise StreamDamagedError(f"{fewest}..{n_said} escaped words wanted, its header says {escapes}")


def _read_codewords(data: bytes, count: int, code_bits: int, language: Language) -> Int64[np.ndarray, " count"]:
    """The symbol of each codeword: a lexicon row, or the escape."""
    bits = bitarray(data)
    tree = language.huffman.tree
    rows = np.zeros(0 if tree else count, dtype=np.int64)
    if tree and count <= code_bits:  # each codeword has a bit at least: no count beyond the file's own size
        with suppress(ValueError):  # fewer codewords than promised
            rows = np.fromiter(bits.decode(tree), dtype=np.int64, count=count)
    if len(rows) != count or language.huffman.bits[rows].sum() != code_bits or bits[code_bits:].any():
        raise StreamDamagedError(f"{count} codewords in {code_bits} bits wanted, the file holds others")
    return rows


def _words(rows: Int64[np.ndarray, " said"], packed: bytes, escapes: int, language: Language) -> Symbols:
    """The words of lexicon rows, the escaped ones from their packed tails."""
    at = np.flatnonzero(rows == len(language.lexicon))
    tails = np.unpackbits(np.frombuffer(packed, dtype=np.uint8))
    n_tail_bits = escapes * language.tail_bits
    if len(at) != escapes or tails[n_tail_bits:].any():
        raise StreamDamagedError(f"{escapes} escaped words wanted, {len(at)} found, or padding is not zero")
    rows[at] = -1
    symbols, refused = language.words(rows, at.tolist(), tails[:n_tail_bits].reshape(escapes, language.tail_bits))
    for row, error in refused.items():
        raise StreamDamagedError(f"message {row} of {len(rows)}: {error}") from error
    return symbols


def _ceil8(bits: int) -> int:
    return (bits + 7) // 8
