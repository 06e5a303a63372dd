"""What each word and each bit is: a codec's lexicon, a `.lac` file, a packet field by field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from laconic.codec.codec import Codec
from laconic.codec.sending import Sending
from laconic.codec.speech import Speech
from laconic.contract import Kind, LaconicError, Meaning
from laconic.data import AnyPreprocessing, TextPreprocessing
from laconic.language import peek_lac
from laconic.language.stream import read_messages


class ExplainError(LaconicError):
    """Something that is no packet in hexadecimal digits."""


def explain_codec(codec: Codec) -> dict[str, Any]:
    """The lexicon: each word with its codeword, what it means, and how often training said it."""
    language = codec.said.language
    alphabet = language.code.alphabet
    measured = codec.manifest.get("measured", {})
    return {
        "classes": list(codec.classes),
        **_intake(codec.preprocessing),
        "code": f"{language.code.name}: {alphabet.k} of {alphabet.n_units} units, {alphabet.level_bits} bits each",
        "fingerprint": codec.fingerprint.hex(),
        "entropy_bits": round(language.lexicon.entropy_bits, 3),
        "formula_bits": round(alphabet.formula_bits, 3),
        "escape": f"then {language.tail_bits} bits" if language.lexicon.escape_count else "never needed",
        **({"clusters": _ranked(measured)} if "confidence" in measured else {}),
        **({"sends": _sends(codec.sending)} if codec.sending else {}),
        "words": word_table(codec),
    }


def _intake(preprocessing: AnyPreprocessing) -> dict[str, str]:
    """What the encoder sees of a picture, or of a text."""
    if isinstance(preprocessing, TextPreprocessing):
        known = len(preprocessing.vocabulary) - 2
        return {"texts": f"the last {preprocessing.length} words, of a vocabulary of {known:,}"}
    return {"pictures": "{width}x{height} {color}, {fit}".format(**vars(preprocessing))}


def _ranked(measured: Mapping[str, Any]) -> list[str]:
    """An unlabelled codec's clusters by confidence: the last ones may hold what nothing can be learnt from."""
    ranked = sorted(enumerate(measured["confidence"]), key=lambda pair: -pair[1])
    return [f"cluster {i} ({value:.2f})" for i, value in ranked]


def _sends(sending: Sending) -> str:
    """When this codec sends pictures, in words."""
    found, rule = sending.guarantee, sending.rule
    if not found["met"]:
        return f"every picture, in at most {sending.coder.budget_bytes} bytes: no threshold met its limit"
    return (
        f"a picture in at most {sending.coder.budget_bytes} bytes where a word may err; among said ones the error is "
        f"at most {rule.max_error:g} with confidence {rule.confidence:g}; in calibration "
        f"{100 * found['coverage']:.1f} % were said"
    )


def word_table(codec: Codec) -> list[dict[str, Any]]:
    """Every word of the lexicon, most frequent first."""
    speech = codec.said
    lexicon, codewords = speech.language.lexicon, speech.language.huffman.codewords
    posterior = speech.posterior(lexicon.symbols)
    meant, seen = posterior.argmax(axis=1), lexicon.n_seen
    return [
        {
            "word": word,
            "code": codewords[row].to01(),
            "bits": len(codewords[row]),
            "count": int(seen[row]),
            "name": codec.classes[meant[row]],
            "confidence": round(float(posterior[row, meant[row]]), 4),
        }
        for row, word in enumerate(speech.spell(lexicon.symbols))
    ]


def explain_file(path: Path, codec: Codec | None) -> dict[str, Any]:
    """What a `.lac` file says about itself, and with its codec what it says.

    Raises:
        StreamError: it is damaged, foreign or of another version.
    """
    header = peek_lac(path)
    result: dict[str, Any] = {
        "file": str(path),
        "fingerprint": header.fingerprint.hex(),
        "messages": header.count,
        "escaped": header.escapes,
        "code_bits": header.code_bits,
        "bytes": path.stat().st_size,
    }
    if codec is not None:
        messages = read_messages(path, codec.said.language, codec.fingerprint)
        labels = np.array([meaning.label for meaning in codec.understand(messages)], dtype=np.int64)
        result["sent"] = len(messages.sent)
        counts = np.bincount(labels, minlength=len(codec.classes))
        result["meanings"] = {name: int(n) for name, n in zip(codec.classes, counts, strict=True)}
    return result


def explain_packet(text: str, codec: Codec | None) -> dict[str, Any]:
    """A packet's fields, bit by bit; what its word means if its codec is given.

    Raises:
        ExplainError: `text` is not hexadecimal.
        PacketError: the packet is damaged, foreign or of another version (told only by its codec).
    """
    try:
        packet = bytes.fromhex(text)
    except ValueError:
        raise ExplainError(f"{text!r} is neither a file, nor a folder, nor a packet in hexadecimal digits") from None
    if not packet:
        raise ExplainError("the packet is empty; it has at least a header and a check")
    body = [_field("rest", _bits(packet[1:]), "payload and check; --codec CODEC explains them")]
    fields = _header(packet[0]) + (body if codec is None else _body(packet, codec))
    return {"bytes": len(packet), "fields": [field for field in fields if field["bits"] or field["name"] == "meaning"]}


def _header(first: int) -> list[dict[str, str]]:
    bits = f"{first:08b}"
    kinds = {int(kind): kind.name.lower() for kind in Kind}
    return [
        _field("header", bits[:3], f"version {int(bits[:3], 2)}"),
        _field("", bits[3:5], f"kind: {kinds.get(int(bits[3:5], 2), 'unknown')}"),
        _field("", bits[5:7], f"generation {int(bits[5:7], 2)} of the codec"),
        _field("", bits[7:], "reserved, zero"),
    ]


def _body(packet: bytes, codec: Codec) -> list[dict[str, str]]:
    """The fields after the header of a packet whose check fits."""
    speech = codec.said
    (meaning,) = codec.decode([packet])
    if meaning.picture is not None:
        return _sent_body(packet, meaning, speech)
    symbols, _ = speech.hear([packet])
    n_bits = int(speech.language.bits(symbols)[0])
    split = len(packet) - int(speech.check)
    payload = _bits(packet[1:split])
    is_listed = int(speech.language.lexicon.find(symbols)[0]) >= 0
    n_code = n_bits if is_listed else n_bits - speech.language.tail_bits
    word = f"word {meaning.word}"
    covered = f"{speech.check.name} over fingerprint {codec.fingerprint.hex()}, header, payload"
    return [
        _field("payload", payload[:n_code], word if is_listed else "escape: a word that training did not hear"),
        _field("", payload[n_code:n_bits], f"its number in the alphabet: {word}"),
        _field("", payload[n_bits:], "padding"),
        _field("check", _bits(packet[split:]), covered),
        _field("meaning", "", f"{meaning.name}, {100 * meaning.confidence:.1f} %"),
    ]


def _sent_body(packet: bytes, meaning: Meaning, speech: Speech) -> list[dict[str, str]]:
    """The fields of a sent picture."""
    split = len(packet) - int(speech.check)
    height, width = (0, 0) if meaning.picture is None else meaning.picture.shape[:2]
    return [
        _field("payload", _bits(packet[1:2]), "format, quality and scale of a picture"),
        _field("", f"{split - 2} bytes", f"the picture, {width}x{height} pixels when decoded"),
        _field("check", _bits(packet[split:]), f"{speech.check.name} over fingerprint, header, payload"),
        _field("meaning", "", f"{meaning.name}, {100 * meaning.confidence:.1f} %, as the receiver sees it"),
    ]


def _field(name: str, bits: str, meaning: str) -> dict[str, str]:
    return {"name": name, "bits": bits, "meaning": meaning}


def _bits(content: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in content)
