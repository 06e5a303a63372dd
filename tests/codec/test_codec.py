"""Codec: pictures in any form to packets, packets to meanings, on the codec of tests/lamps.py, which is exact."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.codec import Codec, CodecError, Speech
from laconic.contract import Kind, Message
from laconic.data import PictureError
from laconic.language import Language, MaxAmp, PacketError, Progressive
from laconic.language.crc import Check
from laconic.receiver import WordReceiver

TREES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 1, 15), (9, 10, 11), (12, 13, 14)]  # the lexicon, most frequent first
PACKETS = ["2000cd", "20802e", "20c0c8", "20a05d", "20d066", "20e0bb"]
FINGERPRINT = "d3ae841b0e770866"


@dataclass(frozen=True, eq=False)
class Loudest(MaxAmp):
    """A code of one's own, here only another name."""

    name: ClassVar[str] = "loudest"


@dataclass(frozen=True, eq=False)
class Named(MaxAmp):
    """A code of one's own whose name is a field."""

    name: str = "named"  # type: ignore[misc]


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def strange_pictures(n: int) -> np.ndarray:
    """Pictures [n, 4, 4] of any lamps, most of whose words training never heard."""
    return np.random.default_rng(0).integers(0, 256, (n, 4, 4), np.uint8)


def test_what_training_heard_often_is_said_short_and_understood(lamps_codec: Codec) -> None:
    packets = lamps_codec.encode([lamps.picture(*lit) for lit in TREES])
    assert [len(packet) for packet in packets] == [3] * 6  # header, a payload of 1 to 4 bits, check
    meanings = lamps_codec.decode(packets)
    assert [meaning.name for meaning in meanings] == ["ash", "birch", "cedar", "ash", "dogwood", "elm"]
    assert [meaning.word for meaning in meanings] == ["+".join(map(str, lit)) for lit in TREES]
    for meaning in meanings:
        assert lamps.CLASSES[meaning.label] == meaning.name
        assert meaning.confidence == meaning.probabilities[meaning.label] == meaning.probabilities.max()
        assert meaning.probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert meanings[3].confidence == pytest.approx(3 / 4, abs=0.1)  # the word that two trees share


def test_packets_of_this_codec_are_these_bytes_on_every_machine(lamps_codec: Codec) -> None:
    assert lamps_codec.fingerprint.hex() == FINGERPRINT
    assert [packet.hex() for packet in lamps_codec.encode([lamps.picture(*lit) for lit in TREES])] == PACKETS


def test_an_unheard_word_is_escaped_and_understood_by_its_units(lamps_codec: Codec) -> None:
    (packet,) = lamps_codec.encode([lamps.picture(3, 4, 10)])
    assert len(packet) == 5  # escape of 4 bits and rank of 13
    (meaning,) = lamps_codec.decode([packet])
    assert (meaning.name, meaning.word) == ("birch", "3+4+10")


@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 600])
def test_decoding_gives_the_meanings_of_what_was_seen_in_any_number(lamps_codec: Codec, n: int) -> None:
    pictures = strange_pictures(n)
    symbols = lamps_codec.said.say(lamps.features(pictures))
    expected = lamps_codec.meanings(symbols)
    found = lamps_codec.decode(lamps_codec.encode(pictures))
    assert [(m.label, m.word, m.probabilities.tolist()) for m in found] == [
        (m.label, m.word, m.probabilities.tolist()) for m in expected
    ]
    np.testing.assert_allclose(lamps_codec.features(pictures), lamps.features(pictures), rtol=1e-6)
    assert len(found) == n


def test_a_picture_is_said_alike_in_every_form(lamps_codec: Codec, tmp_path: Path) -> None:
    pixels = [lamps.picture(*lit) for lit in TREES]
    paths = [tmp_path / f"{i}.png" for i in range(len(pixels))]
    for path, each in zip(paths, pixels, strict=True):
        path.write_bytes(png(each))
    forms = {
        "arrays": pixels,
        "stack": np.stack(pixels),
        "stack with channel": np.stack(pixels)[..., None],
        "stack of colour": np.repeat(np.stack(pixels)[..., None], 3, axis=3),
        "PIL": [Image.fromarray(each) for each in pixels],
        "bytes": [png(each) for each in pixels],
        "paths": paths,
        "names": [str(path) for path in paths],
        "tuple": tuple(paths),
        "mixture": [paths[0], pixels[1], png(pixels[2]), Image.fromarray(pixels[3]), *pixels[4:]],
    }
    said = {name: [packet.hex() for packet in lamps_codec.encode(images)] for name, images in forms.items()}
    assert said == dict.fromkeys(forms, PACKETS)


@pytest.mark.parametrize("side", [8, 40, 400])
def test_other_sizes_are_resized_not_refused(lamps_codec: Codec, side: int) -> None:
    large = [np.kron(lamps.picture(*lit), np.ones((side // 4, side // 4), np.uint8)) for lit in TREES]
    found = lamps_codec.decode(lamps_codec.encode([*large, large[0][:, : side // 2]]))
    assert [meaning.name for meaning in found[:6]] == ["ash", "birch", "cedar", "ash", "dogwood", "elm"]
    assert len(found) == 7


def test_an_unreadable_picture_is_named_by_its_number(lamps_codec: Codec) -> None:
    pictures = [*strange_pictures(300), b"no picture"]
    with pytest.raises(PictureError, match=r"^picture 300: picture of 10 bytes: no picture format begins with"):
        lamps_codec.encode(pictures)


def test_a_single_picture_belongs_in_a_list(lamps_codec: Codec) -> None:
    with pytest.raises(PictureError, match="put a single one in a list"):
        lamps_codec.encode("a.png")
    with pytest.raises(PictureError, match="put a single one in a list"):
        lamps_codec.encode(np.zeros((300, 4, 3), np.uint8))


def test_a_damaged_packet_is_an_error_or_skipped(lamps_codec: Codec) -> None:
    good = lamps_codec.encode([lamps.picture(*lit) for lit in TREES])
    packets = [good[0], good[1][:-1] + bytes([good[1][-1] ^ 1]), b"", good[2], bytes(70_000)]
    with pytest.raises(PacketError, match=f"the check of packet {packets[1].hex()} does not fit"):
        lamps_codec.decode(packets)
    skipped = lamps_codec.decode(packets, errors="skip")
    assert [meaning and meaning.name for meaning in skipped] == ["ash", None, None, "cedar", None]
    assert lamps_codec.decode([b"", b"x"], errors="skip") == [None, None]
    assert lamps_codec.decode([], errors="skip") == []


def test_a_sent_picture_is_no_word(lamps_codec: Codec) -> None:
    sent = lamps_codec.said.framing.pack(Message(Kind.SENT, np.zeros(8, np.uint8)))
    with pytest.raises(PacketError, match="a word wanted, got a sent picture"):
        lamps_codec.decode([sent])


def test_equal_packets_share_one_meaning(lamps_codec: Codec) -> None:
    packets = lamps_codec.encode([lamps.picture(*TREES[0])] * 1000)
    assert len({id(packet) for packet in packets}) == 1
    assert len({id(meaning) for meaning in lamps_codec.decode(packets)}) == 1


def test_another_encoder_speaks_the_same_language(lamps_codec: Codec, tmp_path: Path) -> None:
    dimmed = lamps.load(tmp_path / "dimmed", onnx=lamps.network(scale=1 / 60))
    assert dimmed.fingerprint == lamps_codec.fingerprint
    assert dimmed.features([lamps.picture(0)]).max() < lamps_codec.features([lamps.picture(0)]).max()
    packets = dimmed.encode([lamps.picture(*lit) for lit in TREES])
    assert [meaning.name for meaning in lamps_codec.decode(packets)][:3] == ["ash", "birch", "cedar"]


def speeches_unlike(speech: Speech) -> dict[str, Speech]:
    language, receiver = speech.language, speech.receiver
    assert isinstance(receiver, WordReceiver)
    return {
        "k": lamps.spoken(MaxAmp(k=2)),
        "code": lamps.spoken(Progressive(k=3)),
        "own": lamps.spoken(Loudest(k=3)),
        "values": replace(
            speech, language=replace(language, code=replace(language.code, values=language.code.values * 2))
        ),
        "counts": replace(speech, language=relabelled(language)),
        "strength": replace(speech, receiver=replace(receiver, strength=2.0)),
        "temperature": replace(speech, receiver=replace(receiver, temperature=2.0)),
        "unit counts": replace(speech, receiver=replace(receiver, unit_counts=receiver.unit_counts + 1)),
        "receiver": replace(speech, receiver=lamps.head()),
    }


def relabelled(language: Language) -> Language:
    """The same words and bits, one of them heard for another class."""
    counts = language.lexicon.label_counts.copy()
    counts[1] = np.roll(counts[1], 1)
    return replace(language, lexicon=replace(language.lexicon, label_counts=counts))


def test_the_fingerprint_depends_on_all_that_both_ends_must_share() -> None:
    speech = lamps.spoken()
    prints = {name: other.fingerprint for name, other in speeches_unlike(speech).items()}
    assert lamps.spoken().fingerprint == speech.fingerprint
    assert len({speech.fingerprint, *prints.values()}) == 1 + len(prints), prints


def test_a_packet_of_another_language_is_refused(lamps_codec: Codec) -> None:
    other = lamps.spoken(MaxAmp(k=2))
    (packet,) = other.packets(other.say(lamps.features(lamps.picture(*TREES[0]))))
    with pytest.raises(PacketError, match="damaged, or another codec's"):
        lamps_codec.decode([packet])


@pytest.mark.parametrize(("check", "generation"), [(Check.CRC8, 3), (Check.CRC16, 0), (Check.CRC16, 2)])
def test_the_folder_keeps_how_packets_are_framed(check: Check, generation: int, tmp_path: Path) -> None:
    said = replace(lamps.spoken(), check=check, generation=generation)
    codec = lamps.load(tmp_path / "codec", said=said)
    (packet,) = codec.encode([lamps.picture(*TREES[0])])
    assert len(packet) == 2 + int(check)
    assert packet == said.packets(said.say(lamps.features(lamps.picture(*TREES[0]))))[0]
    assert (packet[0] >> 1) & 3 == generation


@pytest.mark.parametrize("code", [MaxAmp(k=1), MaxAmp(k=2, level_bits=3), Progressive(k=3)])
def test_every_code_survives_the_folder(code: MaxAmp | Progressive, tmp_path: Path) -> None:
    said = lamps.spoken(code)
    codec = lamps.load(tmp_path / "codec", said=said)
    symbols = said.say(lamps.features(strange_pictures(100)))
    assert codec.encode(strange_pictures(100)) == said.packets(symbols)
    assert codec.fingerprint == said.fingerprint
    found = np.stack([meaning.probabilities for meaning in codec.meanings(symbols)])
    np.testing.assert_array_equal(found, said.posterior(symbols))


@pytest.mark.parametrize("kind", [Loudest, Named])
def test_a_code_of_ones_own_is_given_to_load(kind: type[MaxAmp], tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec", said=lamps.spoken(kind(k=3)))
    codec = Codec.load(folder, code=kind)
    assert type(codec.said.language.code) is kind
    assert codec.decode(codec.encode([lamps.picture(*TREES[1])]))[0].name == "birch"
    wanted = r"speaks the code '\w+', which is not part of laconic: give its class to Codec.load\(..., code=\)"
    with pytest.raises(CodecError, match=wanted):
        Codec.load(folder)
    with pytest.raises(CodecError, match=wanted + ".*; MaxAmp is the code 'maxamp'$"):
        Codec.load(folder, code=MaxAmp)


def test_a_built_in_code_needs_no_class(lamps_folder: Path) -> None:
    assert type(Codec.load(lamps_folder, code=Loudest).said.language.code) is MaxAmp


def test_amplitudes_of_32_bits_are_spelt_as_their_number(lamps_codec: Codec) -> None:
    full = lamps_codec.speeches["full"]
    symbols = full.say(lamps.features(np.stack([lamps.picture(0, 1, 2), lamps.picture()])))
    assert full.spell(symbols) == ["3 amplitudes", "0 amplitudes"]


def test_levels_are_spelt_where_they_say_more_than_firing(lamps_codec: Codec) -> None:
    assert [m.word for m in lamps_codec.decode(lamps_codec.encode([lamps.picture(7), lamps.picture()]))] == [
        "0:0+1:0+7",
        "0:0+1:0+2:0",
    ]


def test_encoding_and_decoding_need_no_torch(lamps_folder: Path) -> None:
    script = f"""
import json, sys
import numpy as np
from laconic import Codec
codec = Codec.load({str(lamps_folder)!r}, threads=1)
meanings = codec.decode(codec.encode(np.zeros((3, 9, 9), np.uint8)))
heavy = ("torch", "lightning", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "onnx", "datasets")
print(json.dumps([[m.name for m in meanings], [name for name in heavy if name in sys.modules]]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names, heavy = json.loads(done.stdout)
    assert len(names) == 3
    assert heavy == []


def test_another_way_with_errors_is_refused(lamps_codec: Codec) -> None:
    decode = getattr(Codec.decode, "__wrapped__", Codec.decode)  # without the type checker that tests run under
    with pytest.raises(CodecError, match='errors is "raise" or "skip", not \'ignore\''):
        decode(lamps_codec, [], errors="ignore")
