"""The named ways in which words, packets and `.lac` files can be wrong."""

from __future__ import annotations

from laconic.contract import LaconicError


class WordError(LaconicError):
    """Units, levels or ranks that no word of the alphabet has."""


class CodeError(LaconicError):
    """A code's parameters, or its stored state, make no sense."""


class FeatureError(LaconicError):
    """Features or labels that a code cannot take."""


class NotFittedError(LaconicError):
    """A code was used before `fit`."""


class LexiconError(LaconicError):
    """A lexicon's or a prefix code's tables contradict themselves."""


class ConformanceError(LaconicError):
    """A code breaks the laws that every code must keep."""


class PacketError(LaconicError):
    """A packet or a message that says nothing that can be trusted."""


class PacketTooShortError(PacketError):
    """It ends before its header, its check or its message is whole."""


class PacketTooLongError(PacketError):
    """Its payload is longer than `MAX_PAYLOAD_BYTES`."""


class PacketVersionError(PacketError):
    """Its format is a version that this laconic does not read."""


class GenerationError(PacketError):
    """It is of another generation of the codec."""


class CheckError(PacketError):
    """Its check does not fit: damaged, forged, or of another codec."""


class HeaderError(PacketError):
    """A reserved bit of the header is set."""


class UnknownKindError(PacketError):
    """It carries neither a word nor a picture, or not the one that was wanted."""


class EscapeError(PacketError):
    """What follows the escape is no word that the code can say."""


class PaddingError(PacketError):
    """The bits after the message are not zero."""


class TrailingBytesError(PacketError):
    """Whole bytes follow the message."""


class ReplayError(PacketError):
    """A sealed packet whose counter was already used."""


class CounterError(PacketError):
    """A sealer's counter is used up or out of range."""


class KeyLengthError(PacketError):
    """A node's key is too short or too long."""


class StreamError(LaconicError):
    """A `.lac` file that cannot be read or written."""


class StreamTooShortError(StreamError):
    """It is shorter than the shortest `.lac` file."""


class StreamMagicError(StreamError):
    """It is no `.lac` file."""


class StreamVersionError(StreamError):
    """It is a `.lac` file of a version that this laconic does not read."""


class StreamDamagedError(StreamError):
    """Its CRC-32 does not fit, or its parts contradict each other."""


class StreamFingerprintError(StreamError):
    """It speaks another codec's language."""


class StreamSentError(StreamError):
    """It also holds sent pictures, and only words were wanted."""


class StreamLimitError(StreamError):
    """It is larger, or claims to be larger, than the limits allow."""


class StreamWriteError(StreamError):
    """It could not be written; what stood at its path still does."""
