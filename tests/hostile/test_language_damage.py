"""Packets and `.lac` files that were cut, flipped, forged or written for another codec: a named error each."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from laconic.contract import Kind, Message, Symbols
from laconic.language import Check, Framing, Language, Opener, PacketError, Sealer, StreamError, fingerprint
from laconic.language.errors import CheckError, StreamFingerprintError
from laconic.language.stream import from_lac, to_lac

Spoken = tuple[Language, Symbols]
Mutate = Callable[[bytes, np.random.Generator], bytes]
CHECKS = [Check.CRC8, Check.CRC16]


def framing(language: Language, check: Check) -> Framing:
    return Framing(fingerprint(language.fingerprint_bytes()), check)


def understand(language: Language, agreed: Framing, packet: bytes) -> Symbols | PacketError:
    """What a receiver makes of a packet. Anything but a word or a PacketError fails the test that calls it."""
    try:
        return language.decode([agreed.unpack(packet)])
    except PacketError as error:
        return error


@pytest.mark.parametrize("check", CHECKS)
def test_every_flipped_bit_is_refused(spoken: Spoken, check: Check) -> None:
    language, symbols = spoken
    agreed = framing(language, check)
    for packet in agreed.pack_all(language.encode(symbols))[:10]:
        for i in range(8 * len(packet)):
            flipped = bytearray(packet)
            flipped[i // 8] ^= 1 << i % 8
            assert isinstance(understand(language, agreed, bytes(flipped)), PacketError)


@pytest.mark.parametrize("check", CHECKS)
def test_every_burst_no_longer_than_the_check_is_refused(spoken: Spoken, check: Check) -> None:
    language, symbols = spoken
    agreed = framing(language, check)
    rng = np.random.default_rng(0)
    for packet in agreed.pack_all(language.encode(symbols))[:10]:
        bits = np.unpackbits(np.frombuffer(packet, dtype=np.uint8))
        for start in range(len(bits) - 8 * check + 1):
            burst = bits.copy()
            burst[start : start + 8 * check] ^= rng.integers(0, 2, 8 * check, dtype=np.uint8)
            burst[start] ^= np.array_equal(burst, bits)
            assert isinstance(understand(language, agreed, np.packbits(burst).tobytes()), PacketError)


@pytest.mark.parametrize("check", CHECKS)
def test_packets_cut_at_every_byte_are_refused_but_for_the_checks_own_rate(spoken: Spoken, check: Check) -> None:
    language, symbols = spoken
    agreed = framing(language, check)
    packets = set(agreed.pack_all(language.encode(symbols)))
    cut = [packet[:size] for packet in packets for size in range(len(packet))]
    passed = sum(not isinstance(understand(language, agreed, each), PacketError) for each in cut)
    assert passed <= chance(len(cut), check)


@pytest.mark.parametrize("check", CHECKS)
def test_another_codecs_packets_are_refused(spoken: Spoken, check: Check) -> None:
    language, symbols = spoken
    agreed = framing(language, check)
    foreign = Framing(fingerprint(b"another codec"), check)
    for packet in foreign.pack_all(language.encode(symbols)):
        assert isinstance(understand(language, agreed, packet), CheckError)


def test_any_bits_are_a_word_or_a_named_error(spoken: Spoken) -> None:
    """Bare payloads have no check here: all that can be said of noise is that it harms nothing."""
    language, _ = spoken
    rng = np.random.default_rng(0)
    noise = [Message(Kind.SAID, rng.integers(0, 2, rng.integers(0, 200), dtype=np.uint8)) for _ in range(2000)]
    found, failures = language.decode_each(noise)
    heard = np.array([i for i in range(len(noise)) if i not in failures], dtype=np.int64)
    language.code.alphabet.check(found[heard])
    again = language.encode(found[heard])
    for i, message in zip(heard.tolist(), again, strict=True):  # what was heard is what would have been said
        sent = noise[i].bits
        assert len(sent) - len(message.bits) < 8
        assert sent.tolist() == message.bits.tolist() + [0] * (len(sent) - len(message.bits))


def chance(n: int, check: int) -> float:
    """What a check of so many bytes lets pass of n random packets, and three standard deviations."""
    p = 2.0 ** (-8 * check)
    return n * p + 3 * np.sqrt(n * p * (1 - p))


def fuzz_packets(spoken: Spoken, mutate: Mutate, check: Check, n: int) -> None:
    language, symbols = spoken
    agreed = framing(language, check)
    packets = agreed.pack_all(language.encode(symbols))
    sent = set(packets)
    rng = np.random.default_rng(0)
    tried = passed = 0
    for i in range(n):
        packet = mutate(packets[i % len(packets)], rng)
        if packet in sent:  # it is a packet that was sent: no damage that anything could find
            continue
        tried += 1
        passed += not isinstance(understand(language, agreed, packet), PacketError)
    assert tried > 0.9 * n
    assert passed <= chance(tried, check)


def fuzz_sealed(spoken: Spoken, mutate: Mutate, n: int) -> None:
    language, symbols = spoken
    print8 = fingerprint(language.fingerprint_bytes())
    sealer, opener = Sealer(print8, bytes(16)), Opener(print8, bytes(16))
    packets = [sealer.pack(message) for message in language.encode(symbols)]
    rng = np.random.default_rng(0)
    for i in range(n):
        packet = mutate(packets[i % len(packets)], rng)
        if packet not in packets:
            with pytest.raises(PacketError):
                opener.unpack(packet)
    assert opener.last == -1


def fuzz_files(spoken: Spoken, mutate: Mutate, n: int) -> None:
    """Damaged files are refused; files whose CRC-32 was made to fit are words or refused."""
    language, symbols = spoken
    print8 = fingerprint(language.fingerprint_bytes())
    data = to_lac(language, symbols, print8)
    rng = np.random.default_rng(0)
    for i in range(n):
        damaged = mutate(data[:-4], rng)
        forged = i % 2 == 1
        damaged += zlib.crc32(damaged).to_bytes(4, "big") if forged else data[-4:]
        try:
            found = from_lac(damaged, language, print8)
        except StreamError:
            continue
        assert forged or damaged == data
        language.code.alphabet.check(found)


@pytest.mark.parametrize("check", CHECKS)
def test_mutated_packets_pass_no_more_often_than_the_check_lets_them(
    spoken: Spoken, mutate: Mutate, check: Check
) -> None:
    fuzz_packets(spoken, mutate, check, n=2500)


def test_mutated_sealed_packets_never_pass(spoken: Spoken, mutate: Mutate) -> None:
    fuzz_sealed(spoken, mutate, n=200)


def test_mutated_files_are_refused_or_are_words(spoken: Spoken, mutate: Mutate) -> None:
    fuzz_files(spoken, mutate, n=1000)


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_a_million_mutated_packets(spoken: Spoken, mutate: Mutate, check: Check) -> None:
    """Four codes and two checks, 125,000 each."""
    start = time.monotonic()
    fuzz_packets(spoken, mutate, check, n=125_000)
    assert time.monotonic() - start < 600


@pytest.mark.slow
def test_a_quarter_million_mutated_files(spoken: Spoken, mutate: Mutate) -> None:
    """Four codes: a million in all."""
    start = time.monotonic()
    fuzz_files(spoken, mutate, n=250_000)
    assert time.monotonic() - start < 600


def test_files_cut_at_every_byte_are_refused(spoken: Spoken) -> None:
    language, symbols = spoken
    print8 = fingerprint(language.fingerprint_bytes())
    data = to_lac(language, symbols, print8)
    for size in range(len(data)):
        with pytest.raises(StreamError):
            from_lac(data[:size], language, print8)


def test_files_with_any_flipped_bit_are_refused(spoken: Spoken) -> None:
    language, symbols = spoken
    print8 = fingerprint(language.fingerprint_bytes())
    data = to_lac(language, symbols[:8], print8)
    for i in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        with pytest.raises(StreamError):
            from_lac(bytes(flipped), language, print8)


def test_another_codecs_file_is_refused(spoken: Spoken) -> None:
    language, symbols = spoken
    data = to_lac(language, symbols, fingerprint(b"another codec"))
    with pytest.raises(StreamFingerprintError, match="load the codec that wrote it"):
        from_lac(data, language, fingerprint(language.fingerprint_bytes()))
