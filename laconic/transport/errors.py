"""The one error of links that a budget is made for."""

from __future__ import annotations

from laconic.contract import LaconicError


class TransportError(LaconicError):
    """A message, data rate or link that can't be: what was wanted, what came."""
