"""Real packets over a digital link: each in code blocks of its own, or many messages together in one.

```
packet, packet, ...      each its own short code block: each is lost by itself, and told by its own check
[message, message, ...]  one `.lac` stream, one long code block: a better code, but all of them are lost together
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from laconic.language import Language, Messages, StreamError
from laconic.language.stream import messages_of, to_lac
from laconic.link.digital import DigitalLink
from laconic.link.errors import LinkError


@dataclass(frozen=True, eq=False)
class Carried:
    """Packets as they arrived, damaged ones among them, in their order and of their lengths.

    Where `converged` is False the decoder knows that it failed. It does not always: the packet's own check
    (`Framing.unpack_each`, or a codec's `decode`) has the last word, and bare packets have none. `symbols` is what
    each cost.
    """

    packets: list[bytes]
    converged: Bool[np.ndarray, " packets"]
    symbols: Int64[np.ndarray, " packets"]


def carry(
    link: DigitalLink,
    packets: Sequence[bytes],
    snr_db: float | Float[Tensor, " packets"],
    *,
    generator: torch.Generator,
) -> Carried:
    """Send each packet in code blocks of its own; both ends know its length. Those of one length go as one batch.

    Raises:
        LinkError: no packets, an empty one, or what the link refuses.
    """
    if not len(packets) or not all(packets):
        raise LinkError("packets of at least one byte each wanted, got " + ("an empty one" if len(packets) else "none"))
    lengths = np.array([len(packet) for packet in packets])
    arrived = [b""] * len(packets)
    converged, symbols = np.zeros(len(packets), dtype=bool), np.zeros(len(packets), dtype=np.int64)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        raw = np.frombuffer(b"".join(packets[row] for row in rows.tolist()), dtype=np.uint8).reshape(-1, length)
        snr = snr_db[torch.from_numpy(rows)] if isinstance(snr_db, Tensor) else snr_db
        delivered = link(np.unpackbits(raw, axis=1), snr, generator=generator)
        for row, data in zip(rows.tolist(), np.packbits(delivered.bits, axis=1), strict=True):
            arrived[row] = data.tobytes()
        converged[rows], symbols[rows] = delivered.converged, delivered.symbols_per_packet
    return Carried(arrived, converged, symbols)


def carry_groups(
    link: DigitalLink,
    groups: Sequence[Messages],
    language: Language,
    fingerprint: bytes,
    snr_db: float | Float[Tensor, " groups"],
    *,
    generator: torch.Generator,
) -> tuple[list[Messages | None], Int64[np.ndarray, " groups"]]:
    """Send each group's messages together, as one `.lac` stream, and what each group cost in symbols.

    A group arrives whole, or not at all: None where the stream's CRC-32 does not fit.

    Raises:
        LinkError: no groups, or what the link refuses.
        StreamLimitError: a group too large for one stream.
        WordError: words that the language's alphabet doesn't have.
    """
    streams = [to_lac(language, group.symbols, fingerprint, group.sent) for group in groups]
    carried = carry(link, streams, snr_db, generator=generator)
    return [_opened(data, language, fingerprint) for data in carried.packets], carried.symbols


def _opened(data: bytes, language: Language, fingerprint: bytes) -> Messages | None:
    try:
        return messages_of(data, language, fingerprint)
    except StreamError:
        return None
