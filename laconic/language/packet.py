"""Messages in packets: header, payload, check. `docs/format.md` is the byte layout.

```
Message --pack--> header | payload | check --unpack--> Message padded to whole bytes
                     fingerprint: in the check, not in the packet
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from laconic.contract import Kind, Message
from laconic.language.crc import Check, crc8, crc16
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

VERSION = 1
MAX_PAYLOAD_BYTES = 65_535
FINGERPRINT_BYTES = 8
GENERATIONS = 4


@dataclass(frozen=True)
class Framing:
    """What both ends of a link agree on about packets that are checked by a CRC.

    Args:
        fingerprint: the language's, 8 bytes; `laconic.language.fingerprint`.
        check: CRC-8 or CRC-16; sealed packets are made by `Sealer` and opened by `Opener`.
        generation: of the codec, 0..3; tells retrained codecs apart.

    Raises:
        PacketError: a fingerprint, check or generation that no packet can have.

    >>> framing = Framing(bytes(8))
    >>> packet = framing.pack(Message(Kind.SAID, np.array([1, 0, 1], dtype=np.uint8)))
    >>> packet.hex()
    '20a03e'
    >>> framing.unpack(packet).bits.tolist()
    [1, 0, 1, 0, 0, 0, 0, 0]
    """

    fingerprint: bytes
    check: Check = Check.CRC8
    generation: int = 0

    def __post_init__(self) -> None:
        check_agreed(self.fingerprint, self.generation)
        if self.check == Check.SEALED:
            raise PacketError("a CRC wanted; sealed packets need a key: use Sealer and Opener")

    def pack(self, message: Message) -> bytes:
        """One message as a packet.

        Raises:
            PacketTooLongError: its payload has more than `MAX_PAYLOAD_BYTES` bytes.
        """
        body = header(message.kind, self.generation) + payload(message)
        return body + self._checked(body)

    def unpack(self, packet: bytes) -> Message:
        """The message of a packet, padded to whole bytes.

        Raises:
            PacketError: its kinds name what is wrong, in the order that `docs/format.md` gives.
        """
        check_header(packet, self.generation, overhead=1 + self.check)
        body, check = packet[: -self.check], packet[-self.check :]
        if check != self._checked(body):
            raise CheckError(
                f"the check of packet {packet[:16].hex()} does not fit: damaged, or another codec's; drop it"
            )
        return opened(packet[0], body[1:])

    def pack_all(self, messages: Sequence[Message]) -> list[bytes]:
        """`pack` for many: each distinct Message object once.

        Raises:
            PacketTooLongError: a payload has more than `MAX_PAYLOAD_BYTES` bytes.
        """
        distinct = {id(each): each for each in messages}
        packets = {key: self.pack(each) for key, each in distinct.items()}
        return [packets[id(each)] for each in messages]

    def unpack_each(self, packets: Sequence[bytes]) -> tuple[list[Message], dict[int, PacketError]]:
        """`unpack` for many, equal packets once, and the errors of those that fail (empty messages)."""
        found: dict[bytes, Message | PacketError] = {}
        for packet in set(packets):
            try:
                found[packet] = self.unpack(packet)
            except PacketError as error:
                found[packet] = error
        results = [found[packet] for packet in packets]
        failures = {i: each for i, each in enumerate(results) if isinstance(each, PacketError)}
        return [_NOTHING if isinstance(each, PacketError) else each for each in results], failures

    @cached_property
    def _start(self) -> int:
        """The CRC after the fingerprint, from where each packet goes on."""
        return crc8(self.fingerprint) if self.check == Check.CRC8 else crc16(self.fingerprint)

    def _checked(self, body: bytes) -> bytes:
        if self.check == Check.CRC8:
            return bytes([crc8(body, self._start) ^ 0xFF])
        return crc16(body, self._start).to_bytes(2, "big")


_NOTHING = Message(Kind.SAID, np.zeros(0, dtype=np.uint8))


def pack_bare(message: Message) -> bytes:
    """The payload alone, for links that have their own check and port.

    Raises:
        PacketTooLongError: it has more than `MAX_PAYLOAD_BYTES` bytes.
    """
    return payload(message)


def unpack_bare(data: bytes, kind: Kind) -> Message:
    """The message of a payload; the port says its kind.

    Raises:
        PacketTooLongError: it has more than `MAX_PAYLOAD_BYTES` bytes.
    """
    if len(data) > MAX_PAYLOAD_BYTES:
        raise PacketTooLongError(f"a payload of at most {MAX_PAYLOAD_BYTES} bytes wanted, got {len(data)}")
    return Message(kind, _unpacked(data))


def generation(packet: bytes) -> int:
    """The generation that a packet names, to choose the codec by, before its check is known to fit.

    Raises:
        PacketTooShortError: an empty packet.
        PacketVersionError: not this version's packet.
    """
    _check_version(packet, 1)
    return (packet[0] >> 1) & 3


def payload(message: Message) -> bytes:
    """A message's bits in whole bytes.

    Raises:
        PacketTooLongError: it has more than `MAX_PAYLOAD_BYTES` bytes.
    """
    data = np.packbits(message.bits).tobytes()
    if len(data) > MAX_PAYLOAD_BYTES:
        raise PacketTooLongError(f"a payload of at most {MAX_PAYLOAD_BYTES} bytes wanted, got {len(data)}")
    return data


def opened(first: int, data: bytes) -> Message:
    """The message of a packet whose check fits, from its header and payload.

    Raises:
        HeaderError: the reserved bit is set.
        UnknownKindError: neither said nor sent.
    """
    if first & 1:
        raise HeaderError(
            f"the header's reserved bit is 0 in version {VERSION}, got header {first:#04x}; update laconic"
        )
    kind = (first >> 3) & 3
    if kind not in (Kind.SAID, Kind.SENT):
        raise UnknownKindError(f"kind 0 (said) or 1 (sent) wanted, got {kind}; update laconic")
    return Message(Kind(kind), _unpacked(data))


def header(kind: Kind, generation: int) -> bytes:
    """The header byte: version, kind, generation."""
    return bytes([VERSION << 5 | kind << 3 | generation << 1])


def check_header(packet: bytes, generation: int, overhead: int) -> None:
    """Refuse what must be refused before the check is looked at.

    Raises:
        PacketTooShortError: shorter than its `overhead` of header and check.
        PacketTooLongError: longer than `MAX_PAYLOAD_BYTES` and its overhead.
        PacketVersionError: another version.
        GenerationError: another generation.
    """
    _check_version(packet, overhead)
    if len(packet) > MAX_PAYLOAD_BYTES + overhead:
        raise PacketTooLongError(f"at most {MAX_PAYLOAD_BYTES + overhead} bytes wanted, got {len(packet)}")
    found = (packet[0] >> 1) & 3
    if found != generation:
        raise GenerationError(
            f"generation {generation} of the codec wanted, got {found}: load the codec of that generation "
            "(or the packet is damaged)"
        )


def check_agreed(fingerprint: bytes, generation: int) -> None:
    """Refuse a fingerprint or generation that no packet can have.

    Raises:
        PacketError: the fingerprint has not 8 bytes, or the generation is not 0..3.
    """
    if len(fingerprint) != FINGERPRINT_BYTES:
        raise PacketError(f"a fingerprint has {FINGERPRINT_BYTES} bytes, got {len(fingerprint)}; use fingerprint()")
    if not 0 <= generation < GENERATIONS:
        raise PacketError(f"generation 0..{GENERATIONS - 1} wanted, got {generation}")


def _check_version(packet: bytes, overhead: int) -> None:
    if len(packet) < overhead:
        raise PacketTooShortError(f"a packet of at least {overhead} bytes wanted, got {len(packet)}; drop it")
    version = packet[0] >> 5
    if version != VERSION:
        raise PacketVersionError(
            f"packet version {VERSION} wanted, got {version}: update laconic on the older end "
            "(or the packet is damaged)"
        )


def _unpacked(data: bytes) -> UInt8[np.ndarray, " n_bits"]:
    return np.unpackbits(np.frombuffer(data, dtype=np.uint8))
