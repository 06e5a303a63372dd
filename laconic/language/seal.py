"""Sealed packets: a message code with a node's own key and a counter, against forgery and replay."""

from __future__ import annotations

import hashlib
import hmac

from laconic.contract import Message
from laconic.language import packet as framing
from laconic.language.crc import Check
from laconic.language.errors import CheckError, CounterError, KeyLengthError, ReplayError

CODE_BYTES = int(Check.SEALED)
KEY_BYTES = range(16, 33)
COUNTERS = 2**32
STEPS = 16  # of 256 counters: how far ahead, and how far back, an opener looks
PERSON = b"laconic1"


class Sealer:
    """Makes sealed packets, and keeps the counter.

    Args:
        fingerprint: the language's, 8 bytes.
        key: this node's own, 16 to 32 secret bytes.
        generation: of the codec, 0..3.
        counter: the next packet's. A node that restarts goes on from where it stopped: a packet whose counter
            was used is refused as a replay.

    Raises:
        PacketError: a key, fingerprint, generation or counter out of range.

    >>> from laconic.contract import Kind
    >>> import numpy as np
    >>> sealer, opener = Sealer(bytes(8), bytes(16)), Opener(bytes(8), bytes(16))
    >>> packet = sealer.pack(Message(Kind.SAID, np.array([1, 0, 1], dtype=np.uint8)))
    >>> len(packet), opener.unpack(packet).bits.tolist()
    (7, [1, 0, 1, 0, 0, 0, 0, 0])
    """

    def __init__(self, fingerprint: bytes, key: bytes, generation: int = 0, counter: int = 0) -> None:
        _check(fingerprint, key, generation)
        if not 0 <= counter <= COUNTERS:
            raise CounterError(f"a counter 0..{COUNTERS - 1} wanted, got {counter}")
        self.fingerprint, self.key, self.generation, self.counter = fingerprint, key, generation, counter

    def pack(self, message: Message) -> bytes:
        """One message as a sealed packet; the counter rises.

        Raises:
            CounterError: the key's counters are used up.
            PacketTooLongError: the payload is too long.
        """
        if self.counter >= COUNTERS:
            raise CounterError(f"all {COUNTERS} counters of this key are used; give the node a new key")
        head, data = framing.header(message.kind, self.generation), framing.payload(message)
        code = _code(self.key, self.fingerprint, head, self.counter, data)
        packet = head + bytes([self.counter & 0xFF]) + data + code
        self.counter += 1
        return packet


class Opener:
    """Opens one node's sealed packets, and keeps the last counter.

    Args:
        fingerprint: the language's, 8 bytes.
        key: the node's.
        generation: of the codec, 0..3.
        last: the last accepted counter, -1 before the first packet.

    Raises:
        PacketError: a key, fingerprint, generation or counter out of range.
    """

    def __init__(self, fingerprint: bytes, key: bytes, generation: int = 0, last: int = -1) -> None:
        _check(fingerprint, key, generation)
        if not -1 <= last < COUNTERS:
            raise CounterError(f"a counter -1..{COUNTERS - 1} wanted, got {last}")
        self.fingerprint, self.key, self.generation, self.last = fingerprint, key, generation, last

    def unpack(self, packet: bytes) -> Message:
        """The message of a sealed packet, padded to whole bytes. A refused packet changes nothing.

        Raises:
            ReplayError: its counter is not above the last accepted one.
            CheckError: forged, damaged, of another codec or key, or after too many lost packets.
            PacketError: its other kinds name what is wrong.
        """
        framing.check_header(packet, self.generation, overhead=2 + CODE_BYTES)
        first = self.last + 1 + (packet[1] - self.last - 1) % 256
        counter = self._fitting(packet, range(first, first + STEPS * 256, 256))
        if counter is None:
            if self._fitting(packet, range(first - 256, first - 256 - STEPS * 256, -256)) is not None:
                raise ReplayError(
                    f"a counter above {self.last} wanted, got one that was used: replayed or late; drop it"
                )
            raise CheckError(
                f"the message code of packet {packet[:16].hex()} does not fit: forged, damaged, another "
                f"codec's or key's, or more than {(STEPS - 1) * 256} packets were lost; drop it"
            )
        message = framing.opened(packet[0], packet[2:-CODE_BYTES])
        self.last = counter
        return message

    def _fitting(self, packet: bytes, counters: range) -> int | None:
        head, data, code = packet[:1], packet[2:-CODE_BYTES], packet[-CODE_BYTES:]
        for counter in counters:
            if not 0 <= counter < COUNTERS:
                continue
            if hmac.compare_digest(code, _code(self.key, self.fingerprint, head, counter, data)):
                return counter
        return None


def _code(key: bytes, fingerprint: bytes, head: bytes, counter: int, data: bytes) -> bytes:
    covered = fingerprint + head + counter.to_bytes(4, "big") + data
    return hashlib.blake2s(covered, digest_size=CODE_BYTES, key=key, person=PERSON).digest()


def _check(fingerprint: bytes, key: bytes, generation: int) -> None:
    framing.check_agreed(fingerprint, generation)
    if len(key) not in KEY_BYTES:
        raise KeyLengthError(f"a key of {KEY_BYTES.start}..{KEY_BYTES.stop - 1} bytes wanted, got {len(key)}")
