"""The Codec folder, and the object that it loads into: pictures to packets, packets to meanings."""

from __future__ import annotations

from laconic.codec.codec import Codec
from laconic.codec.folder import CodecError, write_folder
from laconic.codec.speech import Speech

__all__ = ["Codec", "CodecError", "Speech", "write_folder"]
