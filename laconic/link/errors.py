"""The one error of links: what was wanted, what came."""

from __future__ import annotations

from laconic.contract import LaconicError


class LinkError(LaconicError):
    """A channel, code, modulation or signal that links don't have."""
