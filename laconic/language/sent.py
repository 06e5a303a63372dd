"""The part of a `.lac` file that holds sent pictures: which messages they are, their lengths, their payloads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise

import numpy as np

from laconic.language.errors import StreamDamagedError, StreamLimitError
from laconic.language.packet import MAX_PAYLOAD_BYTES

_LENGTH = np.dtype(">u2")


def to_part(sent: Mapping[int, bytes], count: int) -> bytes:
    """The payloads of those of `count` messages that are sent, by their number, as the bytes of a file's part.

    Raises:
        StreamLimitError: a number outside 0..count-1, or a payload without bytes or with more than a packet has.
    """
    for number, payload in sent.items():
        if not (0 <= number < count and 1 <= len(payload) <= MAX_PAYLOAD_BYTES):
            raise StreamLimitError(
                f"sent messages 0..{count - 1} of 1..{MAX_PAYLOAD_BYTES} bytes wanted, "
                f"got message {number} of {len(payload)}"
            )
    numbers = sorted(sent)
    is_sent = np.zeros(count, dtype=np.uint8)
    is_sent[numbers] = 1
    lengths = np.array([len(sent[number]) for number in numbers], dtype=_LENGTH)
    return b"".join([np.packbits(is_sent).tobytes(), lengths.tobytes(), *(sent[number] for number in numbers)])


def from_part(part: bytes, count: int) -> dict[int, bytes]:
    """The payloads in a file's part, by the number of their message among `count`.

    Raises:
        StreamDamagedError: the part holds other than exactly these.
    """
    size = (count + 7) // 8
    if len(part) < size:
        raise StreamDamagedError(f"a bit for each of {count} messages wanted, {len(part)} bytes are left for them")
    bits = np.unpackbits(np.frombuffer(part[:size], dtype=np.uint8))
    numbers = np.flatnonzero(bits[:count]).tolist()
    if bits[count:].any() or not numbers:
        raise StreamDamagedError(f"bits that tell at least one of {count} messages as sent, then zeros, wanted")
    start = size + _LENGTH.itemsize * len(numbers)
    if len(part) < start:
        raise StreamDamagedError(f"{len(numbers)} lengths of sent pictures wanted, {len(part) - size} bytes are left")
    lengths = np.frombuffer(part[size:start], dtype=_LENGTH).tolist()
    ends = list(accumulate(lengths, initial=start))
    if 0 in lengths or ends[-1] != len(part):
        raise StreamDamagedError(
            f"{ends[-1] - start} bytes in {len(numbers)} sent pictures, none of them empty, wanted; "
            f"{len(part) - start} bytes are left"
        )
    return {number: part[i:j] for number, (i, j) in zip(numbers, pairwise(ends), strict=True)}
