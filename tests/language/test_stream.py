"""`.lac` files: the documented bytes, whole or refused by name, written whole or not at all."""

from __future__ import annotations

import resource
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Symbols
from laconic.language import (
    BUILTIN,
    Language,
    MaxAmp,
    Progressive,
    peek_lac,
    read_lac,
    read_messages,
    write_lac,
)
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
    WordError,
)
from laconic.language.stream import from_lac, messages_of, to_lac

PRINT = bytes(range(8))
HEADER = struct.Struct(">4sBB8sIQI")


def same(left: Symbols, right: Symbols) -> bool:
    return np.array_equal(left.units, right.units) and np.array_equal(left.levels, right.levels)


def three_words(ordered: bool = False) -> Language:
    """Codewords 0, 10, 110 and, for the escape, 111; 13 tail bits (14 if ordered) over 60 units of which 2 speak."""
    values = np.repeat(np.array([[0, 1]], dtype=np.float32), 60, axis=0)
    code = (Progressive if ordered else MaxAmp)(2, 1, np.ones(60, dtype=np.float32), values)
    units = np.repeat(np.array([[1, 5], [2, 9], [0, 59]], dtype=np.int32), [4, 3, 2], axis=0)
    symbols = Symbols(units, np.ones((9, 2), dtype=np.uint32))
    return Language.fit(code, symbols, np.zeros(9, dtype=np.int64), 1)


LANGUAGES = {False: three_words(), True: three_words(ordered=True)}


def sealed(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(4, "big")


def firing(units: list[list[int]]) -> Symbols:
    return Symbols(np.array(units, dtype=np.int32).reshape(-1, 2), np.ones((len(units), 2), dtype=np.uint32))


@given(
    st.booleans(),
    st.lists(st.sampled_from([[1, 5], [2, 9], [0, 59], [3, 4], [7, 50]]), max_size=40),
)
def test_words_come_back(ordered: bool, units: list[list[int]]) -> None:
    symbols = firing(units)
    assert same(from_lac(to_lac(LANGUAGES[ordered], symbols, PRINT), LANGUAGES[ordered], PRINT), symbols)


@pytest.mark.parametrize("name", BUILTIN)
def test_every_codes_words_come_back(name: str, make_features: Any, tmp_path: Path) -> None:
    features, labels = make_features(600)
    code = BUILTIN[name]().fit(features, labels)
    symbols = code.quantise(features)
    language = Language.fit(code, symbols[:300], labels[:300], 4)
    write_lac(tmp_path / "a.lac", language, symbols, PRINT)
    assert same(read_lac(tmp_path / "a.lac", language, PRINT), symbols)
    head = peek_lac(tmp_path / "a.lac")
    assert (head.count, head.fingerprint) == (600, PRINT)
    assert head.escapes == (language.lexicon.find(symbols) < 0).sum()
    assert head.code_bits + head.escapes * language.tail_bits == language.bits(symbols).sum()


def test_the_layout_is_the_documented_one() -> None:
    data = to_lac(LANGUAGES[False], firing([[2, 9], [1, 5], [3, 4], [0, 59], [0, 1]]), PRINT)
    codewords = "10" + "0" + "111" + "110" + "111"
    # {3, 4} is C(4, 2) + C(3, 1) = 9th, {0, 1} the 0th; both levels are 1
    tails = f"{9 * 4 + 3:013b}" + f"{3:013b}"
    body = b"".join(
        int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
        for bits in (codewords, tails)
    )
    assert data == sealed(HEADER.pack(b"LAC\x1a", 1, 0, PRINT, 5, len(codewords), 2) + body)


def test_a_language_of_one_word_takes_no_bits() -> None:
    code = MaxAmp(1, 1, np.ones(1, dtype=np.float32), np.ones((1, 2), dtype=np.float32))
    symbols = Symbols(np.zeros((9, 1), dtype=np.int32), np.ones((9, 1), dtype=np.uint32))
    language = Language.fit(code, symbols, np.zeros(9, dtype=np.int64), 1)
    assert len(to_lac(language, symbols, PRINT)) == HEADER.size + 2 + 4  # two words of a bit each
    assert same(from_lac(to_lac(language, symbols, PRINT), language, PRINT), symbols)


def good() -> bytes:
    return to_lac(LANGUAGES[False], firing([[2, 9], [1, 5], [3, 4], [0, 59], [0, 1]]), PRINT)


def edited(offset: int, new: bytes) -> bytes:
    """A file with some bytes changed, and a CRC-32 that fits."""
    data = good()[:-4]
    return sealed(data[:offset] + new + data[offset + len(new) :])


def body(codewords: str, count: int, escapes: int, tails: bytes, flags: int = 0) -> bytes:
    bits = int(codewords.ljust(-(-len(codewords) // 8) * 8, "0") or "0", 2)
    packed = bits.to_bytes(-(-len(codewords) // 8), "big")
    return sealed(HEADER.pack(b"LAC\x1a", 1, flags, PRINT, count, len(codewords), escapes) + packed + tails)


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (b"", StreamTooShortError, "at least 34 bytes, got 0; it was cut"),
        (good()[:33], StreamTooShortError, "got 33"),
        (b"PK\x03\x04" + good()[4:], StreamMagicError, "starts with 4c 41 43 1a, this one with 50 4b 03 04"),
        (edited(4, b"\x02"), StreamVersionError, r"\.lac version 1 wanted, got 2; update laconic"),
        (good()[:-1] + b"\x00", StreamDamagedError, "CRC-32 does not fit: damaged or cut"),
        (good()[:-2], StreamDamagedError, "CRC-32 does not fit"),
        (edited(5, b"\x02"), StreamVersionError, "flags 0 or 1 wanted, got 0x02"),
        (edited(5, b"\x01"), StreamDamagedError, "a bit for each of 5 messages wanted, 0 bytes are left for them"),
        (edited(6, b"\x63"), StreamFingerprintError, "wanted, the file speaks 6301020304050607; load the codec"),
        (edited(14, b"\xff" * 4), StreamLimitError, "at most 33554432 words of 2 units in one .lac file"),
        (edited(18, b"\xff" * 8), StreamDamagedError, "implies a .lac file of 2305843009213693"),
        (edited(26, b"\xff" * 4), StreamDamagedError, "implies a .lac file of 69793218"),
        (sealed(good()[:-4] + b"\x00"), StreamDamagedError, "of 40 bytes, it has 41"),
        (edited(14, b"\x01\x00\x00\x00"), StreamDamagedError, "16777216 codewords in 12 bits wanted"),
        (edited(14, b"\x00\x00\x00\x04"), StreamDamagedError, "4 codewords in 12 bits wanted"),
        (edited(14, b"\x00\x00\x00\x06"), StreamDamagedError, "6 codewords in 12 bits wanted"),
        (body("0", 1, 2, bytes(4)), StreamDamagedError, r"0\.\.1 escaped words wanted, its header says 2"),
        (body("0", 1, 0, b""), None, ""),
        (body("11", 1, 0, b""), StreamDamagedError, "1 codewords in 2 bits wanted"),
        (body("01", 1, 0, b""), StreamDamagedError, "1 codewords in 2 bits wanted"),
        (body("111", 1, 0, b""), StreamDamagedError, "0 escaped words wanted, 1 found"),
        (body("110", 1, 1, b"\x00\x00"), StreamDamagedError, "1 escaped words wanted, 0 found"),
        (body("111", 1, 1, b"\x00\x01"), StreamDamagedError, "or padding is not zero"),
        (body("111", 1, 1, b"\xff\xf8"), StreamDamagedError, "message 0 of 1: the escaped word is none"),
        (body("111", 1, 1, b"\x00\x18"), None, ""),
    ],
)
def test_every_way_to_be_wrong_is_named(data: bytes, error: type[Exception] | None, text: str) -> None:
    if error is None:
        assert len(from_lac(data, LANGUAGES[False], PRINT)) == 1
        return
    with pytest.raises(error, match=text):
        from_lac(data, LANGUAGES[False], PRINT)


def test_padding_after_the_codewords_is_checked() -> None:
    data = body("0", 1, 0, b"")
    with pytest.raises(StreamDamagedError, match="1 codewords in 1 bits wanted"):
        from_lac(sealed(data[:-5] + b"\x01"), LANGUAGES[False], PRINT)


def test_an_absurd_count_allocates_nothing() -> None:
    code = MaxAmp(1, 1, np.ones(60_000, dtype=np.float32), np.ones((60_000, 2), dtype=np.float32))
    train = Symbols(np.array([[4]], dtype=np.int32), np.ones((1, 1), dtype=np.uint32))
    language = Language.fit(code, train, np.zeros(1, dtype=np.int64), 1)
    assert language.huffman.escape_length == 0  # codewords take no bits
    files = [
        (speaking, sealed(HEADER.pack(b"LAC\x1a", 1, flags, PRINT, count, code_bits, escapes)))
        for speaking, counts in ((LANGUAGES[False], (2**25, 2**32 - 1)), (language, (2**26, 2**32 - 1)))
        for count in counts
        for code_bits in (0, 2**63)
        for escapes in (0, 2**26, 2**32 - 1)
        for flags in (0, 1)
    ]
    tracemalloc.start()
    for speaking, data in files:
        with pytest.raises(StreamError):
            from_lac(data, speaking, PRINT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_too_many_words_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.language.stream.MAX_SYMBOLS", 8)
    with pytest.raises(StreamLimitError, match=r"at most 4 words of 2 units .*, got 5; write several"):
        good()


def test_too_large_a_file_is_neither_written_nor_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.lac"
    path.write_bytes(good())
    monkeypatch.setattr("laconic.language.stream.MAX_FILE_BYTES", 39)
    with pytest.raises(StreamLimitError, match=r"a \.lac file of at most 39 bytes wanted, got 40"):
        good()
    with pytest.raises(StreamLimitError, match=r"at most 39 bytes wanted, .*a\.lac has more"):
        read_lac(path, LANGUAGES[False], PRINT)


def test_words_of_another_alphabet_are_not_written() -> None:
    with pytest.raises(WordError, match=r"units 0\.\.59 wanted, got 3\.\.60"):
        to_lac(LANGUAGES[False], firing([[3, 60]]), PRINT)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"could not read .*none\.lac: No such file"):
        read_lac(tmp_path / "none.lac", LANGUAGES[False], PRINT)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """The system refuses to write beyond a limit, as it does on a full disk."""
    path = tmp_path / "a.lac"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(StreamWriteError, match=r"could not write .*a\.lac: .*; what was there is unchanged"):
            write_lac(path, LANGUAGES[False], firing([[1, 5]] * 999), PRINT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.lac"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StreamWriteError, match=r"could not write .*: No such file or directory"):
        write_lac(tmp_path / "none" / "a.lac", LANGUAGES[False], firing([]), PRINT)


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.lac"
    path.write_bytes(b"old")
    write_lac(path, LANGUAGES[False], firing([[1, 5]]), PRINT)
    assert len(read_lac(path, LANGUAGES[False], PRINT)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.lac"]


WORDS = st.lists(st.sampled_from([[1, 5], [2, 9], [0, 59], [3, 4], [7, 50]]), max_size=20)
PAYLOADS = st.lists(st.binary(min_size=1, max_size=9), max_size=9)


@given(WORDS, PAYLOADS, st.randoms(use_true_random=False))
def test_words_and_sent_pictures_come_back(units: list[list[int]], payloads: list[bytes], random: Any) -> None:
    places = random.sample(range(len(units) + len(payloads)), len(payloads))
    sent = dict(zip(places, payloads, strict=True))
    data = to_lac(LANGUAGES[False], firing(units), PRINT, sent)
    found = messages_of(data, LANGUAGES[False], PRINT)
    assert found.sent == sent
    assert same(found.symbols, firing(units))
    assert len(found) == len(units) + len(sent)
    assert sorted([*found.said.tolist(), *sent]) == list(range(len(found)))
    extra = -(-len(found) // 8) + sum(2 + len(payload) for payload in payloads) if sent else 0
    assert len(data) == len(to_lac(LANGUAGES[False], firing(units), PRINT)) + extra


def test_a_file_without_sent_pictures_is_as_before() -> None:
    assert to_lac(LANGUAGES[False], firing([[1, 5]]), PRINT, {}) == to_lac(LANGUAGES[False], firing([[1, 5]]), PRINT)
    assert to_lac(LANGUAGES[False], firing([[1, 5]]), PRINT)[5] == 0


def test_the_layout_of_sent_pictures_is_the_documented_one() -> None:
    data = to_lac(LANGUAGES[False], firing([[2, 9], [3, 4]]), PRINT, {2: b"picture", 0: b"pi"})
    assert data == body("10" + "111", 4, 1, (9 * 4 + 3 << 3).to_bytes(2, "big") + b"\xa0\0\x02\0\x07pipicture", flags=1)


def test_a_file_with_sent_pictures_is_read_as_messages(tmp_path: Path) -> None:
    path = tmp_path / "a.lac"
    write_lac(path, LANGUAGES[False], firing([[2, 9]]), PRINT, {1: b"picture"})
    head = peek_lac(path)
    assert (head.count, head.has_sent) == (2, True)
    found = read_messages(path, LANGUAGES[False], PRINT)
    assert (found.sent, found.said.tolist()) == ({1: b"picture"}, [0])
    with pytest.raises(StreamSentError, match="words alone wanted, 1 of the file's 2 messages are sent pictures; use"):
        read_lac(path, LANGUAGES[False], PRINT)
    write_lac(path, LANGUAGES[False], firing([[2, 9]]), PRINT)
    assert not peek_lac(path).has_sent
    assert len(read_messages(path, LANGUAGES[False], PRINT)) == 1


@pytest.mark.parametrize(
    ("count", "codewords", "escapes", "part", "text"),
    [
        (2, "0", 0, b"\x40\0\x01p", ""),
        (1, "", 0, b"\x80\0\x01p", ""),
        (2, "0", 0, b"", "a bit for each of 2 messages wanted, 0 bytes are left for them"),
        (9, "0", 0, b"\x40", "a bit for each of 9 messages wanted, 1 bytes are left for them"),
        (2, "0", 0, b"\x20\0\x01p", "at least one of 2 messages as sent, then zeros, wanted"),
        (2, "0", 0, b"\x60\0\x01p", "at least one of 2 messages as sent, then zeros, wanted"),
        (1, "0", 0, b"\x00", "at least one of 1 messages as sent, then zeros, wanted"),
        (0, "", 0, b"", "at least one of 0 messages as sent, then zeros, wanted"),
        (2, "0", 0, b"\x40\0", "1 lengths of sent pictures wanted, 1 bytes are left"),
        (2, "0", 0, b"\x40\0\0", "0 bytes in 1 sent pictures, none of them empty, wanted; 0 bytes are left"),
        (2, "", 0, b"\xc0\0\0\0\x01p", "1 bytes in 2 sent pictures, none of them empty, wanted; 1 bytes are left"),
        (2, "0", 0, b"\x40\0\x02p", "2 bytes in 1 sent pictures, none of them empty, wanted; 1 bytes are left"),
        (2, "0", 0, b"\x40\0\x01pi", "1 bytes in 1 sent pictures, none of them empty, wanted; 2 bytes are left"),
        (2, "0", 0, b"\xc0\0\x01\0\x01pi", "0 codewords in 1 bits wanted, the file holds others"),
        (3, "0", 0, b"\x40\0\x01p", "2 codewords in 1 bits wanted, the file holds others"),
        (2, "111", 2, bytes(4) + b"\x40\0\x01p", r"0\.\.1 escaped words wanted, its header says 2"),
    ],
)
def test_every_way_for_sent_pictures_to_be_wrong_is_named(
    count: int, codewords: str, escapes: int, part: bytes, text: str
) -> None:
    data = body(codewords, count, escapes, part, flags=1)
    if not codewords:  # `body` writes a byte for none
        data = sealed(HEADER.pack(b"LAC\x1a", 1, 1, PRINT, count, 0, escapes) + part)
    if not text:
        assert messages_of(data, LANGUAGES[False], PRINT).sent == {count - 1: b"p"}
        return
    with pytest.raises(StreamDamagedError, match=text):
        messages_of(data, LANGUAGES[False], PRINT)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({2: b"p"}, r"sent messages 0\.\.1 of 1\.\.65535 bytes wanted, got message 2 of 1"),
        ({-1: b"p"}, "got message -1 of 1"),
        ({0: b""}, "got message 0 of 0"),
        ({0: bytes(65536)}, "got message 0 of 65536"),
    ],
)
def test_sent_pictures_that_cannot_be_are_not_written(sent: dict[int, bytes], text: str) -> None:
    with pytest.raises(StreamLimitError, match=text):
        to_lac(LANGUAGES[False], firing([[1, 5]]), PRINT, sent)


def test_sent_pictures_count_as_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("laconic.language.stream.MAX_SYMBOLS", 8)
    with pytest.raises(StreamLimitError, match=r"at most 4 words of 2 units .*, got 5; write several"):
        to_lac(LANGUAGES[False], firing([[1, 5]] * 4), PRINT, {0: b"p"})
