"""Symbols to meaning: what the receiver makes of a word, with tables and no network."""

from __future__ import annotations

from laconic.receiver.linear import LinearReceiver, ReceiverError
from laconic.receiver.words import WordReceiver

__all__ = ["LinearReceiver", "ReceiverError", "WordReceiver"]
