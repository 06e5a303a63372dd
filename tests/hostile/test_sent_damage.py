"""Sent pictures, and `.lac` files that hold them, cut, flipped or forged: a picture, or a named error."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from laconic.contract import Symbols
from laconic.language import Framing, Language, PacketError, StreamError, fingerprint
from laconic.language.stream import messages_of, to_lac
from laconic.picture import PictureCoder, PictureDecodeError, available, sent_message

Mutate = Callable[[bytes, np.random.Generator], bytes]
FORMATS = [pytest.param(name, marks=pytest.mark.skipif(not available(name), reason=name)) for name in ("jpeg", "webp")]
AVIF = pytest.param("avif", marks=pytest.mark.skipif(not available("avif"), reason="this Pillow has no AVIF"))


def coder_of(name: str, channels: int = 3) -> PictureCoder:
    return PictureCoder(24, 20, channels, 700 if name == "avif" else 150, (name,))


def payload_of(name: str) -> bytes:
    return coder_of(name).encode(np.random.default_rng(0).integers(90, 160, (20, 24, 3), dtype=np.uint8))


def is_picture(coder: PictureCoder, payload: bytes) -> bool:
    """Whether it decodes, to the agreed size. Anything but that or a PictureDecodeError fails the test."""
    try:
        found = coder.decode(payload)
    except PictureDecodeError:
        return False
    assert (found.shape, found.dtype) == ((coder.height, coder.width, coder.channels), np.uint8)
    return True


def fuzz_payloads(name: str, mutate: Mutate, n: int) -> None:
    payload, coder, grey = payload_of(name), coder_of(name), coder_of(name, channels=1)
    rng = np.random.default_rng(0)
    kept = [is_picture(coder if i % 2 else grey, mutate(payload, rng)) for i in range(n)]
    assert not all(kept)  # the others are damaged, but pictures: a packet's check is what tells


@pytest.mark.parametrize("name", [*FORMATS, AVIF])
def test_mutated_payloads_are_pictures_or_named(name: str, mutate: Mutate) -> None:
    fuzz_payloads(name, mutate, n=100 if name == "avif" else 400)


@pytest.mark.parametrize("name", [*FORMATS, AVIF])
def test_payloads_cut_at_every_byte_are_pictures_or_named(name: str) -> None:
    payload, coder = payload_of(name), coder_of(name)
    assert is_picture(coder, payload)
    assert not is_picture(coder, b"")
    for size in range(1, len(payload), 7 if name == "avif" else 1):
        is_picture(coder, payload[:size])


def test_noise_is_a_picture_or_named() -> None:
    rng = np.random.default_rng(0)
    coder = coder_of("jpeg")
    for first in range(256):
        is_picture(coder, bytes([first]) + rng.bytes(int(rng.integers(0, 120))))


def test_packets_of_pictures_with_any_flipped_bit_are_refused() -> None:
    framing = Framing(bytes(8))
    packet = framing.pack(sent_message(payload_of("jpeg")))
    for i in range(8 * len(packet)):
        flipped = bytearray(packet)
        flipped[i // 8] ^= 1 << i % 8
        with pytest.raises(PacketError):
            framing.unpack(bytes(flipped))


def file_of(language: Language, symbols: Symbols) -> tuple[bytes, bytes]:
    rng = np.random.default_rng(0)
    print8 = fingerprint(language.fingerprint_bytes())
    sent = {int(i): rng.bytes(int(rng.integers(1, 300))) for i in rng.choice(len(symbols) + 12, 12, replace=False)}
    return to_lac(language, symbols, print8, sent), print8


def fuzz_files(spoken: tuple[Language, Symbols], mutate: Mutate, n: int) -> None:
    """Damaged files are refused; files whose CRC-32 was made to fit are messages or refused."""
    language, symbols = spoken
    data, print8 = file_of(language, symbols)
    rng = np.random.default_rng(0)
    for i in range(n):
        damaged = mutate(data[:-4], rng)
        forged = i % 2 == 1
        damaged += zlib.crc32(damaged).to_bytes(4, "big") if forged else data[-4:]
        try:
            found = messages_of(damaged, language, print8)
        except StreamError:
            continue
        assert forged or damaged == data
        language.code.alphabet.check(found.symbols)
        again = messages_of(to_lac(language, found.symbols, print8, found.sent), language, print8)
        assert (len(again), again.sent) == (len(found), found.sent)


def test_mutated_files_are_refused_or_are_messages(spoken: tuple[Language, Symbols], mutate: Mutate) -> None:
    fuzz_files(spoken, mutate, n=1000)


def test_files_cut_at_every_byte_are_refused(spoken: tuple[Language, Symbols]) -> None:
    data, print8 = file_of(*spoken)
    for size in range(len(data)):
        for cut in (data[:size], data[:size] + zlib.crc32(data[:size]).to_bytes(4, "big")):
            if cut != data:  # the last is the file itself
                with pytest.raises(StreamError):
                    messages_of(cut, spoken[0], print8)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FORMATS, AVIF])
def test_many_mutated_payloads(name: str, mutate: Mutate) -> None:
    start = time.monotonic()
    fuzz_payloads(name, mutate, n=10_000 if name == "avif" else 100_000)
    assert time.monotonic() - start < 600


@pytest.mark.slow
def test_a_quarter_million_mutated_files_with_pictures(spoken: tuple[Language, Symbols], mutate: Mutate) -> None:
    """Four codes: a million in all."""
    start = time.monotonic()
    fuzz_files(spoken, mutate, n=250_000)
    assert time.monotonic() - start < 600
