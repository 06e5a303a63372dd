"""Simulated links: from bits or real numbers, through coding, modulation and a channel, to what is received."""

from __future__ import annotations

from laconic.link.analog import AnalogLink
from laconic.link.conform import Findings, Verdict, conformance
from laconic.link.equalise import mmse, zero_forcing
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received, Rician
from laconic.link.symbols import amplitude, normalise, pair, unpair
from laconic.link.theory import qpsk_ber

__all__ = [
    "AWGN",
    "AnalogLink",
    "Channel",
    "Findings",
    "LinkError",
    "Rayleigh",
    "Received",
    "Rician",
    "Verdict",
    "amplitude",
    "conformance",
    "mmse",
    "normalise",
    "pair",
    "qpsk_ber",
    "unpair",
    "zero_forcing",
]
