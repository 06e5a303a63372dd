"""The messages that a budget compares: what a codec says, what it sends, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laconic.transport.errors import TransportError
from laconic.transport.sizes import Sizes

if TYPE_CHECKING:
    from laconic.codec import Codec, Speech

PICTURE_BYTES = 300  # a JPEG of 32x32 pixels at Pillow's lowest quality, optimised: 307 on average over CIFAR-10
PACKET_BYTES = 2  # header and CRC-8


def codec_messages(codec: Codec, bare: bool, picture_bytes: int | None = None) -> dict[str, Sizes]:
    """What a codec's messages take on a link, beside a picture.

    `said` are its words, each as often as training said it. A codec that also sends has `said_or_sent`: words for the
    part of pictures that calibration said, pictures for the others. `picture` is what it sends, or an ordinary JPEG
    file where it sends none.

    Args:
        codec: of any kind.
        bare: whether the link takes a payload without a packet's header and check.
        picture_bytes: a picture's mean; by default the codec's budget for it (its mean is a little below), or 300.

    Raises:
        TransportError: a picture of fewer than 1 byte.
    """
    overhead = 0 if bare else 1 + int(codec.said.check)
    said = said_sizes(codec.said).plus(overhead)
    sending = codec.sending
    if sending is None:
        return {"said": said, "picture": _picture(picture_bytes)}
    sent = _picture(sending.coder.budget_bytes if picture_bytes is None else picture_bytes).plus(overhead)
    return {"said": said, "said_or_sent": said.mixed(sent, said_share(codec)), "picture": sent}


def plain_messages(bits: int, bare: bool, picture_bytes: int | None = None) -> dict[str, Sizes]:
    """A message of so many bits in a packet (with CRC-8, where the link isn't bare), beside a picture.

    Raises:
        TransportError: fewer than 0 bits, or a picture of fewer than 1 byte.
    """
    if bits < 0:
        raise TransportError(f"a message of at least 0 bits wanted, got {bits}")
    message = Sizes.one(-(-bits // 8)).plus(0 if bare else PACKET_BYTES)
    return {"message": message, "picture": _picture(picture_bytes)}


def said_sizes(speech: Speech) -> Sizes:
    """The payloads of words, each as often as training said it; words outside of the lexicon as often as these.

    Raises:
        TransportError: the lexicon counts no words.
    """
    language = speech.language
    bits, counts = language.huffman.bits, language.lexicon.n_seen
    if language.lexicon.escape_count:
        counts = np.append(counts, language.lexicon.escape_count)
        bits = np.append(bits[:-1], bits[-1] + language.tail_bits)
    return Sizes.of_bits(bits, counts)


def said_share(codec: Codec) -> float:
    """The part of pictures that a codec says: what calibration found, 1 for one that sends none."""
    if codec.sending is None:
        return 1.0
    found = codec.sending.guarantee
    return float(found["coverage"]) if found["met"] else 0.0


def _picture(n_bytes: int | None) -> Sizes:
    n_bytes = PICTURE_BYTES if n_bytes is None else n_bytes
    if n_bytes < 1:
        raise TransportError(f"a picture of at least 1 byte wanted, got {n_bytes}")
    return Sizes.one(n_bytes)
