"""What `inspect` tells, field by field, on the codec of tests/lamps.py, whose packets are known to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lamps
import numpy as np
import pytest

from laconic.codec import Codec
from laconic.codec.bulk import encode_inputs
from laconic.codec.explain import ExplainError, explain_codec, explain_file, explain_packet
from laconic.language import MaxAmp, PacketError, Progressive, StreamError
from laconic.language.crc import Check

UNHEARD = (3, 4, 10)


def fields(told: dict[str, object]) -> list[tuple[str, str]]:
    assert isinstance(told["fields"], list)
    return [(field["bits"], field["meaning"]) for field in told["fields"]]


def test_the_lexicon_says_what_training_heard(lamps_codec: Codec) -> None:
    told = explain_codec(lamps_codec)
    assert told["classes"] == list(lamps.CLASSES)
    assert told["pictures"] == "4x4 gray, squash"
    assert told["code"] == "maxamp: 3 of 16 units, 1 bits each"
    assert told["fingerprint"] == lamps_codec.fingerprint.hex()
    assert told["formula_bits"] == round(np.log2(16 * 15 * 14 / 6 * 2**3), 3)
    assert told["escape"] == "then 13 bits"
    shares = np.array([16, 8, 4, 4, 2, 2, 2]) / 38  # the last one is the escape's
    assert told["entropy_bits"] == round(float(-(shares * np.log2(shares)).sum()), 3)
    assert [(word["word"], word["count"], word["name"], word["bits"]) for word in told["words"]] == [
        ("0+1+2", 16, "ash", 1),
        ("3+4+5", 8, "birch", 3),
        ("6+7+8", 4, "cedar", 4),
        ("0+1+15", 4, "ash", 3),
        ("9+10+11", 2, "dogwood", 4),
        ("12+13+14", 2, "elm", 4),
    ]
    codes = [word["code"] for word in told["words"]]
    assert [len(code) for code in codes] == [word["bits"] for word in told["words"]]
    assert sum(2.0 ** -len(code) for code in codes) == 1 - 2.0**-4  # the escape has the rest


def test_a_lexicon_that_is_the_whole_alphabet_needs_no_escape(tmp_path: Path) -> None:
    told = explain_codec(lamps.load(tmp_path / "codec", said=lamps.spoken(MaxAmp(k=1))))
    assert told["escape"] == "never needed"
    assert len(told["words"]) == 32
    assert sum(word["count"] for word in told["words"]) == 38


def test_a_packet_field_by_field(lamps_codec: Codec) -> None:
    (packet,) = lamps_codec.encode([lamps.picture(3, 4, 5)])
    told = explain_packet(packet.hex(" "), lamps_codec)
    check = f"CRC8 over fingerprint {lamps_codec.fingerprint.hex()}, header, payload"
    assert told["bytes"] == 3
    assert fields(told)[:-1] == [
        ("001", "version 1"),
        ("00", "kind: said"),
        ("00", "generation 0 of the codec"),
        ("0", "reserved, zero"),
        ("100", "word 3+4+5"),
        ("00000", "padding"),
        (f"{packet[-1]:08b}", check),
    ]
    assert fields(told)[-1] == ("", "birch, 99.9 %")


@pytest.mark.parametrize("code", [MaxAmp(k=3), Progressive(k=3)])
@pytest.mark.parametrize("check", [Check.CRC8, Check.CRC16])
def test_the_fields_are_the_packet(code: MaxAmp | Progressive, check: Check, tmp_path: Path) -> None:
    codec = lamps.load(tmp_path / "codec", said=replace(lamps.spoken(code), check=check, generation=2))
    for lit in [(0, 1, 2), (9, 10, 11), UNHEARD, ()]:
        (packet,) = codec.encode([lamps.picture(*lit)])
        told = fields(explain_packet(packet.hex(), codec))
        assert "".join(bits for bits, _ in told) == "".join(f"{byte:08b}" for byte in packet)
        assert told[2] == ("10", "generation 2 of the codec")


def test_an_escaped_word_is_told_apart(lamps_codec: Codec) -> None:
    (packet,) = lamps_codec.encode([lamps.picture(*UNHEARD)])
    told = fields(explain_packet(packet.hex(), lamps_codec))
    assert told[4] == ("1111", "escape: a word that training did not hear")
    rank = lamps_codec.said.language.lexicon.alphabet.rank(
        lamps_codec.said.say(lamps.features(lamps.picture(*UNHEARD)))
    )
    assert told[5] == (f"{rank[0]:013b}", "its number in the alphabet: word 3+4+10")


def test_without_its_codec_a_packet_is_a_frame() -> None:
    told = explain_packet("2e8090", None)
    assert fields(told)[1:] == [
        ("01", "kind: sent"),
        ("11", "generation 3 of the codec"),
        ("0", "reserved, zero"),
        ("1000000010010000", "payload and check; --codec CODEC explains them"),
    ]
    assert explain_packet("38", None)["fields"][1]["meaning"] == "kind: unknown"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("no-codec", "'no-codec' is neither a file, nor a folder, nor a packet in hexadecimal digits"),
        ("abc", "'abc' is neither"),
        ("", "the packet is empty; it has at least a header and a check"),
    ],
)
def test_what_is_no_packet_at_all(text: str, match: str) -> None:
    with pytest.raises(ExplainError, match=match):
        explain_packet(text, None)


@pytest.mark.parametrize("text", ["2000ce", "20", "20000000cd", "4000cd", "2200cd"])
def test_a_damaged_or_foreign_packet_is_an_error(text: str, lamps_codec: Codec) -> None:
    with pytest.raises(PacketError):
        explain_packet(text, lamps_codec)


def test_a_file_with_and_without_its_codec(lamps_codec: Codec, tmp_path: Path) -> None:
    out = tmp_path / "digits.lac"
    done = encode_inputs(lamps_codec, ["digits"], out)
    frame = explain_file(out, None)
    assert frame["messages"] == 500
    assert frame["bytes"] == done.n_bytes
    assert frame["fingerprint"] == lamps_codec.fingerprint.hex()
    assert frame["code_bits"] + 13 * frame["escaped"] == pytest.approx(500 * done.bits_mean)
    whole = explain_file(out, lamps_codec)
    assert {key: whole[key] for key in frame} == frame
    assert sum(whole["meanings"].values()) == 500
    with pytest.raises(StreamError, match="load the codec that wrote it"):
        explain_file(out, lamps.load(tmp_path / "codec", said=lamps.spoken(MaxAmp(k=2))))
    with pytest.raises(StreamError, match=r"could not read .*gone.lac"):
        explain_file(tmp_path / "gone.lac", None)
