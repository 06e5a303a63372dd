"""Simulated links: from bits or real numbers, through coding, modulation and a channel, to what is received."""

from __future__ import annotations

from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received, Rician
from laconic.link.symbols import normalise, pair, unpair

__all__ = [
    "AWGN",
    "Channel",
    "LinkError",
    "Rayleigh",
    "Received",
    "Rician",
    "normalise",
    "pair",
    "unpair",
]
