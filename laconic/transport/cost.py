"""What a message costs on a link, and the mean cost of messages of several lengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

import numpy as np

from laconic.transport.errors import TransportError
from laconic.transport.sizes import Sizes

EXACT = 1e-9  # of a message: what binary fractions may lack; 1.2 s hold three times 0.4 s, but 1.2 / 0.4 < 3


@dataclass(frozen=True)
class Cost:
    """What one message costs, or the mean one: `frames` are then a mean, too.

    `wire_bytes` are the message with every header that the link's own records would count. `airtime_s` and `energy_mj`
    are of the node's transmitter alone, None where the link doesn't say what carries it.
    """

    frames: int | float
    wire_bytes: int | float
    airtime_s: float | None = None
    energy_mj: float | None = None

    def messages_in(self, airtime_s: float) -> int:
        """How many such messages fit in so much time on air, in seconds.

        Raises:
            TransportError: the link has no airtime.
        """
        if self.airtime_s is None:
            raise TransportError("a cost with an airtime wanted, got one of bytes alone; use per_megabyte")
        return int(airtime_s / self.airtime_s + EXACT)

    @property
    def per_megabyte(self) -> int:
        """How many such messages fit in 10^6 bytes of a data plan.

        Raises:
            TransportError: the messages have no bytes.
        """
        if not self.wire_bytes:
            raise TransportError("a message of at least 1 byte wanted, got one of none")
        return int(1e6 / self.wire_bytes)


@runtime_checkable
class Rate(Protocol):
    """One way in which a link may carry messages: a spreading factor, a coverage class, a quality of service."""

    @property
    def name(self) -> str:
        """As tables show it."""

    def cost(self, n_bytes: int) -> Cost:
        """Of a message of so many bytes, in as many frames as it takes."""


@dataclass(frozen=True)
class Link:
    """A link, the ways in which it may carry messages, and the rules for its use.

    `bare` links have an integrity code, a counter and a port of their own, so that a payload travels without a packet's
    header and check. `airtime_a_day_s` are rules: seconds on air that each allows a node a day. `assumptions` say what
    the figures count, in sentences.
    """

    name: str
    frames: str
    bare: bool
    rates: tuple[Rate, ...]
    airtime_a_day_s: Mapping[str, float]
    assumptions: tuple[str, ...]


def mean_cost(rate: Rate, sizes: Sizes) -> Cost:
    """The mean of the costs, which is not the cost of the mean: frames come whole."""
    costs = [rate.cost(int(n)) for n in sizes.n_bytes]
    told = [field.name for field in fields(Cost) if getattr(costs[0], field.name) is not None]
    return Cost(**{name: float(np.dot(sizes.shares, [getattr(cost, name) for cost in costs])) for name in told})


def whole_frames(n_bytes: int, room: int) -> tuple[int, int]:
    """In how many full frames of `room` bytes, and what is left for a last one: at least one byte, but for no bytes.

    >>> whole_frames(100, 50), whole_frames(101, 50), whole_frames(0, 50)
    ((1, 50), (2, 1), (0, 0))

    Raises:
        TransportError: fewer than 0 bytes, or no room for any.
    """
    if n_bytes < 0 or room < 1:
        raise TransportError(f"at least 0 bytes, and room for 1, wanted; got {n_bytes} bytes and room for {room}")
    full = max(0, -(-n_bytes // room) - 1)
    return full, n_bytes - full * room
