"""Packets: header, payload and check as documented, and a named error for every way to be wrong."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.contract import Kind, Message
from laconic.language import Check, Framing, pack_bare, unpack_bare
from laconic.language.crc import crc8, crc16
from laconic.language.errors import (
    CheckError,
    GenerationError,
    HeaderError,
    PacketError,
    PacketTooLongError,
    PacketTooShortError,
    PacketVersionError,
    UnknownKindError,
)
from laconic.language.packet import MAX_PAYLOAD_BYTES, generation

PRINT = bytes(range(8))
MESSAGES = st.builds(
    lambda kind, bits: Message(kind, np.array(bits, dtype=np.uint8)),
    st.sampled_from(Kind),
    st.lists(st.integers(0, 1), max_size=80),
)
FRAMINGS = st.builds(
    Framing, st.binary(min_size=8, max_size=8), st.sampled_from([Check.CRC8, Check.CRC16]), st.integers(0, 3)
)


def word(text: str = "101", kind: Kind = Kind.SAID) -> Message:
    return Message(kind, np.array([int(bit) for bit in text], dtype=np.uint8))


def bitwise_crc(data: bytes, polynomial: int, width: int) -> int:
    """A CRC by the book: a shift register of ones, one bit at a time."""
    register = (1 << width) - 1
    for byte in data:
        for i in reversed(range(8)):
            top = register >> (width - 1) ^ byte >> i & 1
            register = (register << 1 & (1 << width) - 1) ^ (polynomial if top else 0)
    return register


@given(st.binary(max_size=40))
def test_the_crcs_are_those_of_the_book(data: bytes) -> None:
    assert crc8(data) == bitwise_crc(data, 0x2F, 8)
    assert crc16(data) == bitwise_crc(data, 0x1021, 16)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_crc_goes_on_from_where_it_stopped(first: bytes, then: bytes) -> None:
    assert crc8(then, crc8(first)) == crc8(first + then)
    assert crc16(then, crc16(first)) == crc16(first + then)


def test_crc8_finds_every_error_of_three_bits_in_a_short_packet() -> None:
    """A CRC is linear: an error passes if its bits' syndromes cancel. 14 bytes and the check are 120 bits."""
    syndromes = [crc8(bytes(14 - i // 8) + bytes([1 << i % 8]) + bytes(i // 8), 0) for i in range(112)]
    syndromes += [1 << i for i in range(8)]
    assert 0 not in syndromes
    assert len(set(syndromes)) == 120
    assert not {a ^ b for a, b in combinations(syndromes, 2)} & set(syndromes)


@given(FRAMINGS, MESSAGES)
def test_a_message_comes_back_padded_to_bytes(framing: Framing, message: Message) -> None:
    packet = framing.pack(message)
    again = framing.unpack(packet)
    assert len(packet) == 1 + (len(message.bits) + 7) // 8 + framing.check
    assert again.kind == message.kind
    assert again.bits[: len(message.bits)].tolist() == message.bits.tolist()
    assert not again.bits[len(message.bits) :].any()


@given(st.binary(min_size=8, max_size=8), st.integers(0, 3), MESSAGES)
def test_the_layout_is_the_documented_one(fingerprint: bytes, generation: int, message: Message) -> None:
    text = "".join(map(str, message.bits.tolist()))
    text += "0" * (-len(text) % 8)
    payload = bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
    body = bytes([0b001_00_00_0 | message.kind << 3 | generation << 1]) + payload
    checked = fingerprint + body
    crc8_check = bytes([bitwise_crc(checked, 0x2F, 8) ^ 0xFF])
    crc16_check = bitwise_crc(checked, 0x1021, 16).to_bytes(2, "big")
    assert Framing(fingerprint, Check.CRC8, generation).pack(message) == body + crc8_check
    assert Framing(fingerprint, Check.CRC16, generation).pack(message) == body + crc16_check


@given(FRAMINGS, st.lists(MESSAGES, max_size=6), st.data())
def test_many_are_packed_as_one_is(framing: Framing, distinct: list[Message], data: st.DataObject) -> None:
    messages = data.draw(st.lists(st.sampled_from(distinct), max_size=20)) if distinct else []
    packets = framing.pack_all(messages)
    assert packets == [framing.pack(message) for message in messages]
    found, failures = framing.unpack_each(packets)
    assert not failures
    assert [m.bits.tolist() for m in found] == [framing.unpack(packet).bits.tolist() for packet in packets]


def test_unpack_each_tells_which_packets_fail() -> None:
    framing = Framing(PRINT)
    good = framing.pack(word())
    bad = bytes([good[0], good[1] ^ 1, good[2]])
    found, failures = framing.unpack_each([good, bad, b"", good, bad])
    assert {i: type(error) for i, error in failures.items()} == {
        1: CheckError,
        2: PacketTooShortError,
        4: CheckError,
    }
    assert [len(message.bits) for message in found] == [8, 0, 0, 8, 0]


@given(FRAMINGS, MESSAGES)
def test_the_generation_can_be_read_before_the_check(framing: Framing, message: Message) -> None:
    assert generation(framing.pack(message)) == framing.generation


@given(MESSAGES)
def test_bare_payloads_come_back(message: Message) -> None:
    again = unpack_bare(pack_bare(message), message.kind)
    assert again.bits[: len(message.bits)].tolist() == message.bits.tolist()
    assert again.kind == message.kind


@pytest.mark.parametrize("check", [Check.CRC8, Check.CRC16])
def test_a_packet_is_never_too_short_to_name(check: Check) -> None:
    framing = Framing(PRINT, check)
    for size in range(1 + check):
        with pytest.raises(PacketTooShortError, match=f"at least {1 + check} bytes wanted, got {size}"):
            framing.unpack(bytes([0x20]) * size)


@pytest.mark.parametrize("version", [0, 2, 3, 4, 5, 6, 7])
def test_another_version_is_named_whatever_its_check(version: int) -> None:
    with pytest.raises(PacketVersionError, match=f"packet version 1 wanted, got {version}: update laconic"):
        Framing(PRINT).unpack(bytes([version << 5, 0, 0]))


def test_another_generation_is_named() -> None:
    packet = Framing(PRINT, generation=2).pack(word())
    with pytest.raises(GenerationError, match="generation 1 of the codec wanted, got 2: load the codec"):
        Framing(bytes(8), generation=1).unpack(packet)


def test_a_damaged_packet_is_named() -> None:
    packet = Framing(PRINT).pack(word())
    with pytest.raises(CheckError, match=r"of packet 20a1[0-9a-f]{2} does not fit: damaged, or another codec's"):
        Framing(PRINT).unpack(bytes([packet[0], packet[1] ^ 1, packet[2]]))


def test_another_codecs_packet_fails_as_a_damaged_one() -> None:
    packet = Framing(PRINT).pack(word())
    with pytest.raises(CheckError, match="does not fit"):
        Framing(PRINT[::-1]).unpack(packet)


def test_fingerprints_that_pass_by_chance_are_one_in_256() -> None:
    packet = Framing(PRINT).pack(word())
    rng = np.random.default_rng(0)
    n, passed = 4000, 0
    for _ in range(n):
        try:
            Framing(rng.bytes(8)).unpack(packet)
            passed += 1
        except CheckError:
            pass
    p = 2**-8
    assert abs(passed - n * p) <= 3 * np.sqrt(n * p * (1 - p))


def signed(body: bytes) -> bytes:
    return body + bytes([bitwise_crc(PRINT + body, 0x2F, 8) ^ 0xFF])


def test_a_reserved_bit_is_named_once_the_check_fits() -> None:
    with pytest.raises(HeaderError, match="reserved bit is 0 in version 1, got header 0x21"):
        Framing(PRINT).unpack(signed(b"\x21\xa0"))


@pytest.mark.parametrize("kind", [2, 3])
def test_an_unknown_kind_is_named_once_the_check_fits(kind: int) -> None:
    with pytest.raises(UnknownKindError, match=rf"kind 0 \(said\) or 1 \(sent\) wanted, got {kind}"):
        Framing(PRINT).unpack(signed(bytes([0x20 | kind << 3]) + b"\xa0"))


def test_payloads_are_bounded() -> None:
    framing = Framing(PRINT)
    whole = Message(Kind.SENT, np.zeros(8 * MAX_PAYLOAD_BYTES, dtype=np.uint8))
    longer = Message(Kind.SENT, np.zeros(8 * MAX_PAYLOAD_BYTES + 1, dtype=np.uint8))
    packet = framing.pack(whole)
    assert len(framing.unpack(packet).bits) == 8 * MAX_PAYLOAD_BYTES
    with pytest.raises(PacketTooLongError, match="at most 65535 bytes wanted, got 65536"):
        framing.pack(longer)
    with pytest.raises(PacketTooLongError, match="at most 65537 bytes wanted, got 65538"):
        framing.unpack(packet + b"\x00")
    with pytest.raises(PacketTooLongError, match="at most 65535 bytes wanted, got 65536"):
        unpack_bare(bytes(65_536), Kind.SAID)


def test_what_no_packet_can_have_is_refused() -> None:
    with pytest.raises(PacketError, match="a fingerprint has 8 bytes, got 7"):
        Framing(bytes(7))
    with pytest.raises(PacketError, match=r"generation 0\.\.3 wanted, got 4"):
        Framing(PRINT, generation=4)
    with pytest.raises(PacketError, match="sealed packets need a key: use Sealer and Opener"):
        Framing(PRINT, Check.SEALED)
