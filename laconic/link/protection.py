"""Unequal protection: the important bits of a packet in a stronger code, so that they arrive where the rest fails.

```
packet [k] = first class | second class | ...       most important first
               scheme 1      scheme 2               each in code blocks of its own
             symbols       symbols                  one after the other over one channel, under one block fade
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from laconic.contract import Message
from laconic.language.crc import crc8
from laconic.link.adaptive import SCHEMES
from laconic.link.digital import Delivered
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Received
from laconic.link.ldpc import Decoder
from laconic.link.scheme import Scheme


@dataclass(frozen=True)
class Layer:
    """A class of importance: how many of a packet's bits it has, None for all that are left, and their scheme."""

    bits: int | None
    scheme: Scheme


@dataclass(frozen=True)
class UnequalLink:
    """A digital link that sends each class of a packet's bits by a scheme of its own.

    Args:
        channel: which all classes of a packet pass together.
        layers: the classes, most important first. Only the last may have all bits that are left.
        decoder: of all classes, `minsum` or `sionna` (laconic.link.ldpc).

    Raises:
        LinkError: no classes, or one without bits.

    >>> from laconic.link import Rayleigh
    >>> link = UnequalLink(Rayleigh(), (Layer(24, Scheme.parse("qpsk 1/5")), Layer(None, Scheme.parse("16qam 3/4"))))
    >>> said, picture = link(np.ones((2, 324), np.uint8), 50.0, generator=torch.Generator().manual_seed(0))
    >>> said.bits.shape, said.symbols_per_packet, picture.bits.shape, picture.symbols_per_packet
    ((2, 24), 60, (2, 300), 100)
    """

    channel: Channel
    layers: tuple[Layer, ...]
    decoder: Decoder = "minsum"

    def __post_init__(self) -> None:
        sizes = [layer.bits for layer in self.layers]
        if not sizes or None in sizes[:-1] or any(size is not None and size < 1 for size in sizes):
            raise LinkError(f"classes of at least one bit wanted, of which the last may be None, not of {sizes} bits")

    def __call__(
        self,
        bits: UInt8[np.ndarray, "packets k"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> tuple[Delivered, ...]:
        """What arrived of each class; packets too short for all classes have fewer.

        Raises:
            LinkError: more bits than the classes have, or what a digital link or the channel refuses.
            LaconicError: Sionna or numba is not installed.
        """
        sizes = self.sizes(bits.shape[1])
        links = [layer.scheme.over(self.channel, self.decoder) for layer in self.layers[: len(sizes)]]
        parts = np.split(bits, np.cumsum(sizes)[:-1], axis=1)
        symbols = [link.transmit(np.ascontiguousarray(part)) for link, part in zip(links, parts, strict=True)]
        received = self.channel(torch.cat(symbols, dim=1), snr_db, generator=generator)
        ends = accumulate((each.shape[1] for each in symbols), initial=0)
        pieces = [_cut(received, slice(*pair)) for pair in pairwise(ends)]
        return tuple(link.receive(piece, size) for link, piece, size in zip(links, pieces, sizes, strict=True))

    def sizes(self, k: int) -> list[int]:
        """How the k bits of a packet fall to the classes, in their order.

        Raises:
            LinkError: the classes have fewer bits.
        """
        sizes, left = [], k
        for layer in self.layers:
            size = left if layer.bits is None else min(layer.bits, left)
            sizes += [size] if size else []
            left -= size
        if left:
            raise LinkError(
                f"the classes have {k - left} bits, a packet {k}; let the last have None: all that are left"
            )
        return sizes


def split(sizes: Sequence[int], symbols: int, schemes: Sequence[Scheme] = SCHEMES) -> tuple[Layer, ...]:
    """Share out the symbols of a packet: the first class gets the strongest scheme that leaves enough for the others.

    Then the second class does, and so on. Enough is what the weakest scheme takes. A scheme is the stronger, the more
    symbols it takes.

    Args:
        sizes: bits of each class, most important first.
        symbols: that all classes may take together.
        schemes: to choose from.

    Raises:
        LinkError: no classes, one without bits, or too few symbols for the weakest schemes; it names how many it takes.

    >>> [str(layer.scheme) for layer in split([24, 800], 300)]
    ['qpsk 1/5', '64qam 333/512']
    """
    if not len(sizes) or min(sizes) < 1 or not len(schemes):
        raise LinkError(f"classes of at least one bit, and schemes, wanted, got {list(sizes)} bits, {list(schemes)}")
    costs = [{scheme: scheme.over(AWGN()).symbols(size) for scheme in schemes} for size in sizes]
    least = sum(min(cost.values()) for cost in costs)
    if symbols < least:
        raise LinkError(f"{list(sizes)} bits take at least {least} symbols, {symbols} are given")
    spare, layers = symbols - least, []
    for size, cost in zip(sizes, costs, strict=True):
        spare += min(cost.values())
        best = max((scheme for scheme in schemes if cost[scheme] <= spare), key=lambda scheme: cost[scheme])
        layers.append(Layer(size, best))
        spare -= cost[best]
    return tuple(layers)


def carry_prefixes(
    link: UnequalLink,
    messages: Sequence[Message],
    snr_db: float | Float[Tensor, " messages"],
    *,
    generator: torch.Generator,
) -> list[Message]:
    """Send progressive messages; each comes as far as its classes arrived one after the other, perhaps without a bit.

    `laconic.language.decode_prefix` reads its whole units. The parity of a code of few bits is often right by chance,
    so each class has a check of its own: CRC-8, 8 bits more. Both ends know a message's length.

    Raises:
        LinkError: no messages, one without bits, or what the link refuses.
    """
    lengths = np.array([len(message.bits) for message in messages])
    if not len(lengths) or not lengths.all():
        raise LinkError(f"messages of at least one bit each wanted, got lengths {lengths.tolist()}")
    arrived = list(messages)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        snr = snr_db[torch.from_numpy(rows)] if isinstance(snr_db, Tensor) else snr_db
        bits = np.stack([messages[row].bits for row in rows.tolist()])
        found, kept = _carry_checked(link, bits, snr, generator)
        for row, data, size in zip(rows.tolist(), found, kept.tolist(), strict=True):
            arrived[row] = replace(messages[row], bits=data[:size])
    return arrived


def _carry_checked(
    link: UnequalLink,
    bits: UInt8[np.ndarray, "packets k"],
    snr_db: float | Float[Tensor, " packets"],
    generator: torch.Generator,
) -> tuple[UInt8[np.ndarray, "packets k"], Int64[np.ndarray, " packets"]]:
    """Bits as they arrived, each class with its check, and how many of them before the first class that didn't."""
    sizes = link.sizes(bits.shape[1])
    layers = tuple(replace(layer, bits=size + 8) for layer, size in zip(link.layers, sizes, strict=False))
    parts = np.split(bits, np.cumsum(sizes)[:-1], axis=1)
    checked = np.concatenate([each for part in parts for each in (part, _check(part))], axis=1)
    delivered = replace(link, layers=layers)(checked, snr_db, generator=generator)
    good = [part.converged & (_check(part.bits[:, :-8]) == part.bits[:, -8:]).all(axis=1) for part in delivered]
    found = np.concatenate([part.bits[:, :-8] for part in delivered], axis=1)
    return found, np.array(sizes) @ np.logical_and.accumulate(good)


def _check(bits: UInt8[np.ndarray, "packets k"]) -> UInt8[np.ndarray, "packets 8"]:
    values = [crc8(row.tobytes()) for row in np.packbits(bits, axis=1)]
    return np.unpackbits(np.array(values, dtype=np.uint8)[:, None], axis=1)


def _cut(received: Received, columns: slice) -> Received:
    gain = received.gain if received.gain.shape[1] == 1 else received.gain[:, columns]
    return Received(received.symbols[:, columns], gain, received.noise_variance)
