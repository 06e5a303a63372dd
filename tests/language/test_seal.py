"""Sealed packets: forged, damaged and replayed ones are refused, lost ones are survived."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Kind, Message
from laconic.language import Opener, Sealer
from laconic.language.errors import (
    CheckError,
    CounterError,
    GenerationError,
    HeaderError,
    KeyLengthError,
    PacketError,
    PacketTooShortError,
    ReplayError,
)

PRINT, KEY = bytes(range(8)), bytes(range(16))
WORD = Message(Kind.SAID, np.array([1, 0, 1], dtype=np.uint8))


def code(head: bytes, counter: int, data: bytes, key: bytes = KEY) -> bytes:
    covered = PRINT + head + counter.to_bytes(4, "big") + data
    return hashlib.blake2s(covered, digest_size=4, key=key, person=b"laconic1").digest()


@given(st.integers(0, 2**32 - 1), st.binary(min_size=16, max_size=32), st.integers(0, 3))
def test_the_layout_is_the_documented_one(counter: int, key: bytes, generation: int) -> None:
    sealer = Sealer(PRINT, key, generation, counter)
    head = bytes([0x20 | generation << 1])
    assert sealer.pack(WORD) == head + bytes([counter & 0xFF]) + b"\xa0" + code(head, counter, b"\xa0", key)
    assert sealer.counter == counter + 1


@given(st.lists(st.integers(1, 3841), max_size=30))
def test_lost_packets_are_survived(gaps: list[int]) -> None:
    sealer, opener = Sealer(PRINT, KEY), Opener(PRINT, KEY)
    for gap in gaps:
        sealer.counter += gap - 1
        counter = sealer.counter
        assert opener.unpack(sealer.pack(WORD)).bits.tolist() == [1, 0, 1, 0, 0, 0, 0, 0]
        assert opener.last == counter


def test_a_gap_that_is_too_long_is_named() -> None:
    sealer, opener = Sealer(PRINT, KEY, counter=4096), Opener(PRINT, KEY)
    with pytest.raises(CheckError, match="or more than 3840 packets were lost"):
        opener.unpack(sealer.pack(WORD))
    assert Opener(PRINT, KEY, last=4000).unpack(sealer.pack(WORD)).kind == Kind.SAID


@given(st.integers(0, 600), st.integers(0, 600))
def test_a_packet_is_accepted_once(n: int, which: int) -> None:
    sealer, opener = Sealer(PRINT, KEY), Opener(PRINT, KEY)
    packets = [sealer.pack(WORD) for _ in range(n + 1)]
    opener.unpack(packets[-1])
    with pytest.raises(ReplayError, match=f"a counter above {n} wanted, got one that was used"):
        opener.unpack(packets[min(which, n)])
    assert opener.last == n


def test_a_forged_packet_is_refused_and_changes_nothing() -> None:
    sealer, opener = Sealer(PRINT, KEY), Opener(PRINT, KEY)
    packet = sealer.pack(WORD)
    forged = packet[:2] + b"\xe0" + packet[3:]
    with pytest.raises(CheckError, match="does not fit: forged, damaged, another codec's or key's"):
        opener.unpack(forged)
    assert opener.last == -1
    assert opener.unpack(packet).kind == Kind.SAID


@pytest.mark.parametrize(
    "opener",
    [Opener(PRINT, KEY[::-1]), Opener(PRINT[::-1], KEY), Opener(PRINT, KEY + KEY)],
    ids=["key", "language", "length"],
)
def test_another_key_or_language_is_refused(opener: Opener) -> None:
    with pytest.raises(CheckError, match="does not fit"):
        opener.unpack(Sealer(PRINT, KEY).pack(WORD))


def test_every_flipped_bit_and_every_cut_is_refused() -> None:
    packet = Sealer(PRINT, KEY).pack(WORD)
    opener = Opener(PRINT, KEY)
    for i in range(8 * len(packet)):
        flipped = bytearray(packet)
        flipped[i // 8] ^= 1 << i % 8
        with pytest.raises(PacketError):
            opener.unpack(bytes(flipped))
    for size in range(len(packet)):
        with pytest.raises(PacketError):
            opener.unpack(packet[:size])
    assert opener.last == -1


def test_the_other_errors_are_those_of_every_packet() -> None:
    with pytest.raises(PacketTooShortError, match="at least 6 bytes wanted, got 5"):
        Opener(PRINT, KEY).unpack(bytes([0x20] * 5))
    with pytest.raises(GenerationError, match="generation 3 of the codec wanted, got 0"):
        Opener(PRINT, KEY, generation=3).unpack(Sealer(PRINT, KEY).pack(WORD))
    with pytest.raises(HeaderError, match="reserved bit"):
        Opener(PRINT, KEY).unpack(b"\x21\x00\xa0" + code(b"\x21", 0, b"\xa0"))


def test_a_refused_header_does_not_use_up_the_counter() -> None:
    opener = Opener(PRINT, KEY)
    with pytest.raises(HeaderError):
        opener.unpack(b"\x21\x07\xa0" + code(b"\x21", 7, b"\xa0"))
    assert opener.last == -1


def test_counters_end() -> None:
    sealer = Sealer(PRINT, KEY, counter=2**32 - 1)
    opener = Opener(PRINT, KEY, last=2**32 - 2)
    packet = sealer.pack(WORD)
    opener.unpack(packet)
    with pytest.raises(ReplayError):
        opener.unpack(packet)
    with pytest.raises(CounterError, match="all 4294967296 counters of this key are used"):
        sealer.pack(WORD)


@pytest.mark.parametrize("size", [0, 15, 33])
def test_a_key_of_the_wrong_length_is_refused(size: int) -> None:
    for make in (Sealer, Opener):
        with pytest.raises(KeyLengthError, match=rf"a key of 16\.\.32 bytes wanted, got {size}"):
            make(PRINT, bytes(size))


def test_a_counter_out_of_range_is_refused() -> None:
    with pytest.raises(CounterError, match=r"a counter 0\.\.4294967295 wanted, got -1"):
        Sealer(PRINT, KEY, counter=-1)
    with pytest.raises(CounterError, match=r"a counter -1\.\.4294967295 wanted, got 4294967296"):
        Opener(PRINT, KEY, last=2**32)
