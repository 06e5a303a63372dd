"""Simulated links: from bits or real numbers, through coding, modulation and a channel, to what is received."""

from __future__ import annotations

from laconic.link.adaptive import Choice, ErrorTable, error_table
from laconic.link.analog import AnalogLink
from laconic.link.conform import Findings, Verdict, conformance
from laconic.link.digital import Delivered, DigitalLink
from laconic.link.downlink import Downlink, sinr
from laconic.link.equalise import mmse, zero_forcing
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received, Rician
from laconic.link.modulation import Modulation
from laconic.link.packets import Carried, carry, carry_groups
from laconic.link.protection import Layer, UnequalLink, carry_prefixes, split
from laconic.link.symbol_budget import SymbolBudget
from laconic.link.symbols import amplitude, normalise, pair, unpair
from laconic.link.theory import qpsk_ber

__all__ = [
    "AWGN",
    "AnalogLink",
    "Carried",
    "Channel",
    "Choice",
    "Delivered",
    "DigitalLink",
    "Downlink",
    "ErrorTable",
    "Findings",
    "Layer",
    "LinkError",
    "Modulation",
    "Rayleigh",
    "Received",
    "Rician",
    "SymbolBudget",
    "UnequalLink",
    "Verdict",
    "amplitude",
    "carry",
    "carry_groups",
    "carry_prefixes",
    "conformance",
    "error_table",
    "mmse",
    "normalise",
    "pair",
    "qpsk_ber",
    "sinr",
    "split",
    "unpair",
    "zero_forcing",
]
