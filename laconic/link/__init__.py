"""Simulated links: from bits or real numbers, through coding, modulation and a channel, to what is received."""

from __future__ import annotations
