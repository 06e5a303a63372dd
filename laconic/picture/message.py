"""A sent picture's bytes as the Message that every framing carries."""

from __future__ import annotations

import numpy as np

from laconic.contract import Kind, Message
from laconic.language.errors import UnknownKindError


def sent_message(payload: bytes) -> Message:
    """The message of what `PictureCoder.encode` made.

    >>> sent_payload(sent_message(b"picture"))
    b'picture'
    """
    return Message(Kind.SENT, np.unpackbits(np.frombuffer(payload, dtype=np.uint8)))


def sent_payload(message: Message) -> bytes:
    """The bytes for `PictureCoder.decode`.

    Raises:
        UnknownKindError: the message says a word.
    """
    if message.kind != Kind.SENT:
        raise UnknownKindError("a sent picture wanted, got a word; give it to the language's decoder")
    return np.packbits(message.bits).tobytes()
