"""Simulated links: from bits or real numbers, through coding, modulation and a channel, to what is received."""

from __future__ import annotations

from laconic.link.analog import AnalogLink
from laconic.link.equalise import mmse, zero_forcing
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received, Rician
from laconic.link.symbols import amplitude, normalise, pair, unpair

__all__ = [
    "AWGN",
    "AnalogLink",
    "Channel",
    "LinkError",
    "Rayleigh",
    "Received",
    "Rician",
    "amplitude",
    "mmse",
    "normalise",
    "pair",
    "unpair",
    "zero_forcing",
]
