"""`.lac` files: many words in one file. `docs/format.md` is the byte layout."""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
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
    StreamTooShortError,
    StreamVersionError,
    StreamWriteError,
)
from laconic.language.language import Language

MAGIC = b"LAC\x1a"
VERSION = 1
MAX_FILE_BYTES = 2**30
MAX_SYMBOLS = 2**26  # messages times units per word: half a GiB of Symbols
_HEADER = struct.Struct(">4sBB8sIQI")
_CRC_BYTES = 4


@dataclass(frozen=True)
class Header:
    """What a `.lac` file says about itself.

    Args:
        fingerprint: of the language that it speaks.
        count: messages.
        code_bits: bits of all codewords.
        escapes: messages whose word was escaped.
    """

    fingerprint: bytes
    count: int
    code_bits: int
    escapes: int


def write_lac(path: Path | str, language: Language, symbols: Symbols, fingerprint: bytes) -> None:
    """Write words to a `.lac` file; what stands at `path` is replaced only by a whole file.

    Raises:
        StreamWriteError: the file can't be written.
        StreamLimitError: too many words for one file.
        WordError: words that the language's alphabet doesn't have.
    """
    write_atomically(path, to_lac(language, symbols, fingerprint))


def read_lac(path: Path | str, language: Language, fingerprint: bytes) -> Symbols:
    """The words of a `.lac` file.

    Raises:
        StreamError: its kinds name what is wrong.
    """
    return from_lac(_read(path), language, fingerprint)


def peek_lac(path: Path | str) -> Header:
    """What a `.lac` file says about itself; no language is needed.

    Raises:
        StreamError: its kinds name what is wrong.
    """
    return parse_header(_read(path))


def to_lac(language: Language, symbols: Symbols, fingerprint: bytes) -> bytes:
    """Words as the bytes of a `.lac` file.

    Raises:
        StreamLimitError: too many words for one file.
        WordError: words that the language's alphabet doesn't have.
    """
    _check_count(len(symbols), symbols.units.shape[1])
    rows = language.lexicon.find(symbols)
    escaped = symbols[rows < 0]
    codewords = language.huffman.encode(np.where(rows < 0, len(language.lexicon), rows).tolist())
    tails = np.packbits(language.lexicon.alphabet.write(escaped)).tobytes() if len(escaped) else b""
    head = _HEADER.pack(MAGIC, VERSION, 0, fingerprint, len(symbols), len(codewords), len(escaped))
    data = head + codewords.tobytes() + tails
    size = len(data) + _CRC_BYTES
    if size > MAX_FILE_BYTES:
        raise StreamLimitError(f"a .lac file of at most {MAX_FILE_BYTES} bytes wanted, got {size}; write several")
    return data + zlib.crc32(data).to_bytes(_CRC_BYTES, "big")


def from_lac(data: bytes, language: Language, fingerprint: bytes) -> Symbols:
    """The words in the bytes of a `.lac` file.

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
    _check_size(len(data), head, language)
    code_end = _HEADER.size + _ceil8(head.code_bits)
    rows = _read_codewords(data[_HEADER.size : code_end], head, language)
    at = np.flatnonzero(rows == len(language.lexicon))
    tails = np.unpackbits(np.frombuffer(data[code_end:-_CRC_BYTES], dtype=np.uint8))
    n_tail_bits = head.escapes * language.tail_bits
    if len(at) != head.escapes or tails[n_tail_bits:].any():
        raise StreamDamagedError(f"{head.escapes} escaped words wanted, {len(at)} found, or padding is not zero")
    rows[at] = -1
    symbols, refused = language.words(rows, at.tolist(), tails[:n_tail_bits].reshape(head.escapes, language.tail_bits))
    for row, error in refused.items():
        raise StreamDamagedError(f"message {row} of {head.count}: {error}") from error
    return symbols


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
    if flags:
        raise StreamVersionError(f"flags 0 wanted, got {flags:#04x}; update laconic")
    return Header(fingerprint, count, code_bits, escapes)


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


def _check_size(size: int, head: Header, language: Language) -> None:
    wanted = _HEADER.size + _ceil8(head.code_bits) + _ceil8(head.escapes * language.tail_bits) + _CRC_BYTES
    if size != wanted:
        raise StreamDamagedError(f"its header implies a .lac file of {wanted} bytes, it has {size}")
    fewest = 0 if len(language.lexicon) else head.count  # with no words listed each message is an escaped one
    if not fewest <= head.escapes <= head.count:
        raise StreamDamagedError(f"{fewest}..{head.count} escaped words wanted, its header says {head.escapes}")


def _read_codewords(data: bytes, head: Header, language: Language) -> Int64[np.ndarray, " count"]:
    """The symbol of each codeword: a lexicon row, or the escape."""
    bits = bitarray(data)
    tree = language.huffman.tree
    rows = np.zeros(0 if tree else head.count, dtype=np.int64)
    if tree and head.count <= head.code_bits:  # each codeword has a bit at least: no count beyond the file's own size
        with suppress(ValueError):  # fewer codewords than promised
            rows = np.fromiter(bits.decode(tree), dtype=np.int64, count=head.count)
    if len(rows) != head.count or language.huffman.bits[rows].sum() != head.code_bits or bits[head.code_bits :].any():
        raise StreamDamagedError(f"{head.count} codewords in {head.code_bits} bits wanted, the file holds others")
    return rows


def _ceil8(bits: int) -> int:
    return (bits + 7) // 8
