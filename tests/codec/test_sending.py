"""A codec that says or sends: mixed packets and files, its folder, damage, and what the receiver makes of pictures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from laconic.codec import Codec, CodecError
from laconic.codec.bulk import decode_file, encode_inputs, joined, write_table
from laconic.codec.explain import explain_codec, explain_file, explain_packet
from laconic.codec.folder import update_folder
from laconic.codec.naming import Naming
from laconic.codec.sending import FILE, Sending
from laconic.contract import Kind, Meaning
from laconic.language import PacketError
from laconic.language.errors import CheckError
from laconic.language.stream import Messages
from laconic.picture import sent_message
from laconic.receiver.linear import softmax

CLEAR, FAINT, UNHEARD = lamps.picture(0, 1, 2), lamps.picture(3, 4, 5), lamps.picture(0, 3, 6)
DARK = np.zeros((4, 4), np.uint8)
Doubtful = Callable[[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def mixed(doubtful: Doubtful) -> np.ndarray:
    """60 pictures, of which some are said and some are sent."""
    return doubtful(60, 9)[0]


def is_sent(packets: list[bytes]) -> np.ndarray:
    """By the kind in each header."""
    return np.array([packet[0] >> 3 & 3 == Kind.SENT for packet in packets])


def same(one: Meaning, other: Meaning) -> bool:
    """Whether two meanings are alike, arrays included."""
    return (
        (one.label, one.name, one.word, one.kind) == (other.label, other.name, other.word, other.kind)
        and np.array_equal(one.probabilities, other.probabilities)
        and (one.picture is None or np.array_equal(one.picture, other.picture))
    )


def test_what_may_err_or_is_unknown_is_sent_and_the_rest_is_said(sender: Codec, mixed: np.ndarray) -> None:
    assert is_sent(sender.encode([CLEAR, FAINT, UNHEARD, DARK])).tolist() == [False, False, True, True]
    packets = sender.encode(mixed)
    assert 0.2 < is_sent(packets).mean() < 0.9
    assert sender.sending is not None
    said = sender.sending.said(sender.said, sender.speeches["full"], lamps.features(mixed), mixed[..., None])
    np.testing.assert_array_equal(is_sent(packets), ~said)


def test_said_packets_are_those_of_the_codec_that_sends_none_and_sent_ones_keep_the_budget(
    sender: Codec, lamps_codec: Codec, mixed: np.ndarray
) -> None:
    for ours, theirs, sent in zip(
        packets := sender.encode(mixed), lamps_codec.encode(mixed), is_sent(packets), strict=True
    ):
        assert sent or ours == theirs
        assert len(ours) <= (60 + 2 if sent else 5)  # with header and check


def test_said_ones_mean_what_they_mean_and_sent_ones_what_the_receivers_network_sees(
    sender: Codec, lamps_codec: Codec, mixed: np.ndarray
) -> None:
    packets = sender.encode(mixed)
    meanings = sender.decode(packets)
    words = lamps_codec.decode(lamps_codec.encode(mixed))
    assert sender.sending is not None
    for picture, packet, meaning, word in zip(mixed, packets, meanings, words, strict=True):
        if meaning.kind == Kind.SAID:
            assert same(meaning, word)
            continue
        arrived = sender.sending.coder.decode(packet[1:-1])
        assert meaning.picture is not None
        np.testing.assert_array_equal(meaning.picture, arrived)
        assert np.abs(arrived[..., 0].astype(float) - picture).mean() < 40  # it is that picture, coarsely
        logits = lamps.features(arrived) @ lamps.head().weight.T
        np.testing.assert_allclose(
            meaning.probabilities, softmax(logits.astype(float) / 2)[0], atol=1e-6
        )  # the temperature is 2
        assert (meaning.word, meaning.confidence) == ("", meaning.probabilities.max())
        assert meaning.name == lamps.CLASSES[meaning.probabilities.argmax()]
    kinds = [meaning.kind == Kind.SENT for meaning in meanings]
    np.testing.assert_array_equal(kinds, is_sent(packets))


def test_without_a_network_of_its_own_the_receiver_looks_through_the_encoder(
    plain_sender: Codec, mixed: np.ndarray
) -> None:
    packets = plain_sender.encode(mixed)
    for meaning, sent in zip(plain_sender.decode(packets), is_sent(packets), strict=True):
        if sent:
            assert meaning.picture is not None
            known = lamps.head().posterior(lamps.features(meaning.picture))[0]
            np.testing.assert_allclose(meaning.probabilities, known, atol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 6, 7, 8, 15])
def test_packets_keep_the_order_of_pictures_in_any_number(
    n: int, sender: Codec, mixed: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laconic.codec.codec.BATCH", 7)
    pictures = mixed[:n]
    packets = sender.encode(pictures)
    assert packets == [packet for picture in pictures for packet in sender.encode([picture])]
    assert len(sender.decode(packets)) == n


def test_messages_understood_are_packets_decoded(sender: Codec, mixed: np.ndarray) -> None:
    messages = sender.messages(mixed)
    assert len(messages) == 60
    assert set(messages.sent) == set(np.flatnonzero(is_sent(sender.encode(mixed))).tolist())
    understood = sender.understand(messages)
    assert all(map(same, understood, sender.decode(sender.encode(mixed))))


def test_joined_messages_stand_one_after_another(sender: Codec, mixed: np.ndarray) -> None:
    parts = [sender.messages(mixed[start:stop]) for start, stop in ((0, 20), (20, 20), (20, 60))]
    whole, found = sender.messages(mixed), joined(parts)
    assert found.sent == whole.sent
    np.testing.assert_array_equal(found.symbols.units, whole.symbols.units)


@pytest.mark.parametrize("chunk", [7, 1024])
def test_a_file_holds_both_kinds_in_order(
    chunk: int, sender: Codec, mixed: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laconic.codec.bulk.CHUNK", chunk)
    (tmp_path / "in").mkdir()
    for row, picture in enumerate(mixed[:40]):
        Image.fromarray(picture).save(tmp_path / "in" / f"{row:03}.png")
    done = encode_inputs(sender, [str(tmp_path / "in")], tmp_path / "out.lac")
    packets = sender.encode(mixed[:40])
    sent = is_sent(packets)
    assert (done.n, done.sent) == (40, sent.sum())
    assert done.sent_bytes == sum(len(packets[row]) - 2 for row in np.flatnonzero(sent))
    assert 1 <= done.bits_mean <= 17
    meanings = decode_file(sender, tmp_path / "out.lac")
    assert all(map(same, meanings, sender.decode(packets)))
    told = explain_file(tmp_path / "out.lac", sender)
    assert told["sent"] == sent.sum()
    assert sum(told["meanings"].values()) == told["messages"] == 40
    write_table(meanings, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["kind"] == "sent" for row in rows] == sent.tolist()


def test_a_file_of_sent_pictures_alone_says_nothing(sender: Codec, tmp_path: Path) -> None:
    Image.fromarray(UNHEARD).save(tmp_path / "in.png")
    done = encode_inputs(sender, [str(tmp_path / "in.png")], tmp_path / "out.lac")
    assert (done.n, done.sent, done.bits_mean) == (1, 1, 0.0)
    (meaning,) = decode_file(sender, tmp_path / "out.lac")
    assert meaning.kind == Kind.SENT


def packed(codec: Codec, payload: bytes) -> bytes:
    """A sent packet with this payload, whose check fits."""
    return codec.said.framing.pack(sent_message(payload))


def test_a_packet_whose_picture_is_none_is_named_or_skipped(sender: Codec) -> None:
    said, sent = sender.encode([CLEAR, UNHEARD])
    bad = [packed(sender, b""), packed(sender, b"\xff\x00"), sent[:-1] + b"?"]
    skipped = sender.decode([said, *bad, sent], errors="skip")
    assert [meaning is None for meaning in skipped] == [False, True, True, True, False]
    for packet, text in zip(bad, ["at least a header byte", "names no format", "check of packet"], strict=True):
        with pytest.raises(PacketError, match=text):
            sender.decode([said, packet])
    with pytest.raises(PacketError, match="at least a header byte"):
        sender.decode([said, *bad])  # the first one's error is told
    with pytest.raises(CheckError):
        sender.decode([bad[2], bad[0]])


def test_a_codec_that_sends_none_refuses_sent_packets(sender: Codec, lamps_codec: Codec) -> None:
    said, sent = sender.encode([CLEAR, UNHEARD])
    with pytest.raises(PacketError, match="sent"):
        lamps_codec.decode([said, sent])
    meanings = lamps_codec.decode([said, sent], errors="skip")
    assert [meaning is None for meaning in meanings] == [False, True]
    with pytest.raises(PacketError, match="a sent picture came, but this codec sends none: another codec's"):
        lamps_codec.understand(sender.messages([UNHEARD]))


def test_a_sent_picture_in_a_file_that_is_none_is_named(sender: Codec) -> None:
    nothing = sender.messages([CLEAR]).symbols[:0]
    with pytest.raises(PacketError, match="names no format"):
        sender.understand(Messages(nothing, {0: b"\xff"}))


def test_a_sent_packet_is_explained_field_by_field(sender: Codec) -> None:
    (packet,) = sender.encode([UNHEARD])
    told = explain_packet(packet.hex(), sender)
    assert told["bytes"] == len(packet)
    fields = [(field["name"], field["bits"], field["meaning"]) for field in told["fields"]]
    (meaning,) = sender.decode([packet])
    assert fields[1][1:] == ("01", "kind: sent")
    assert fields[4:] == [
        ("payload", f"{packet[1]:08b}", "format, quality and scale of a picture"),
        ("", f"{len(packet) - 3} bytes", "the picture, 4x4 pixels when decoded"),
        ("check", f"{packet[-1]:08b}", "CRC8 over fingerprint, header, payload"),
        ("meaning", "", f"{meaning.name}, {100 * meaning.confidence:.1f} %, as the receiver sees it"),
    ]
    with pytest.raises(PacketError, match="check of packet"):
        explain_packet(packet[:-1].hex() + f"{packet[-1] ^ 1:02x}", sender)


def test_a_codec_tells_when_it_sends(sender: Codec, lamps_codec: Codec) -> None:
    told = explain_codec(sender)["sends"]
    assert "a picture in at most 60 bytes where a word may err; among said ones the error is at most 0.1" in told
    assert "sends" not in explain_codec(lamps_codec)


def arrays(sending: Sending) -> dict[str, Any]:
    """Every field of it, flat."""
    parts = {"rule": sending.rule, "known": sending.prototypes, "tuning": sending.tuning, "test": sending.calibration}
    flat = {f"{name}/{key}": value for name, part in parts.items() for key, value in vars(part).items()}
    return {**flat, "coder": sending.coder, "guarantee": json.loads(json.dumps(sending.guarantee))}


@pytest.mark.parametrize("grouped", [False, True])
def test_sending_comes_back_from_its_file_as_it_was(grouped: bool, calibrated: Callable[..., Sending]) -> None:
    sending = calibrated(n=600, grouped=grouped)
    content, record = sending.to_files()
    record = json.loads(json.dumps(record))
    before, after = arrays(sending), arrays(Sending.from_files(content, record))
    assert before.keys() == after.keys()
    for key, value in before.items():
        np.testing.assert_equal(after[key], value, err_msg=key)
    again = Sending.from_files(content, record).to_files()
    assert (again[0], json.loads(json.dumps(again[1]))) == (content, record)


def without(record: dict[str, Any], *path: str) -> dict[str, Any]:
    """The record less one entry."""
    copy = json.loads(json.dumps(record))
    part = copy
    for key in path[:-1]:
        part = part[key]
    del part[path[-1]]
    return copy


@pytest.mark.parametrize(
    "path", [("rule",), ("coder",), ("guarantee",), ("rule", "max_error"), ("coder", "formats"), ("coder", "width")]
)
def test_a_record_that_lacks_a_part_is_refused(path: tuple[str, ...], sending: Sending) -> None:
    content, record = sending.to_files()
    with pytest.raises(
        CodecError, match=r"sending.safetensors and codec.json contradict each other: (KeyError|TypeErr)"
    ):
        Sending.from_files(content, without(record, *path))


def test_bytes_that_are_no_tables_are_refused(sending: Sending, lamps_folder: Path) -> None:
    content, record = sending.to_files()
    foreign = (lamps_folder / "speeches.safetensors").read_bytes()
    for bad in (b"", content[:-1], foreign):
        with pytest.raises(CodecError, match="contradict each other"):
            Sending.from_files(bad, record)


def copied(sender_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sender_folder, tmp_path / "codec"))


@pytest.mark.parametrize("name", [FILE, "receiver.onnx"])
def test_an_edited_or_truncated_file_is_refused(name: str, sender_folder: Path, tmp_path: Path) -> None:
    folder = copied(sender_folder, tmp_path)
    whole = (folder / name).read_bytes()
    for content in (whole[:-1], whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], b""):
        (folder / name).write_bytes(content)
        with pytest.raises(CodecError, match=rf"{name} is not as it was written \(truncated or edited\)"):
            Codec.load(folder)


def test_a_codec_that_sends_is_nothing_without_its_rule(sender_folder: Path, tmp_path: Path) -> None:
    folder = copied(sender_folder, tmp_path)
    (folder / FILE).unlink()
    with pytest.raises(CodecError, match=f"this codec sends pictures, but {FILE} is missing; copy the codec again"):
        Codec.load(folder)


def test_a_node_needs_no_receivers_network(
    sender_folder: Path, sender: Codec, tmp_path: Path, mixed: np.ndarray
) -> None:
    folder = copied(sender_folder, tmp_path)
    (folder / "receiver.onnx").unlink()
    node = Codec.load(folder)
    assert node.receiver is None
    assert node.encode(mixed) == sender.encode(mixed)


def test_a_network_that_is_none_is_named(sender_folder: Path, tmp_path: Path) -> None:
    folder = copied(sender_folder, tmp_path)
    update_folder(folder, {}, {"receiver.onnx": b"no network"})
    with pytest.raises(CodecError, match=r"receiver.onnx can't be run by ONNX Runtime"):
        Codec.load(folder)


@pytest.mark.parametrize("record", [None, [1.0], {}, {"temperature": 0.0}, {"temperature": "warm"}])
def test_a_network_of_which_codec_json_says_nothing_useful_is_refused(
    record: object, sender_folder: Path, tmp_path: Path
) -> None:
    folder = copied(sender_folder, tmp_path)
    update_folder(folder, {"receiver": record})
    with pytest.raises(CodecError, match=r"codec.json says nothing of receiver.onnx"):
        Codec.load(folder)


def test_parts_of_another_codec_are_refused(sender_folder: Path, sending: Sending, tmp_path: Path) -> None:
    folder = copied(sender_folder, tmp_path)
    four = replace(sending.rule, thresholds=sending.rule.thresholds[:4])
    wide = replace(sending.coder, width=5)
    short = replace(sending.prototypes, known=sending.prototypes.known[:, :9], unknown=np.zeros((0, 9), np.float32))
    for part in ({"rule": four}, {"coder": wide}, {"prototypes": short}):
        content, record = replace(sending, **part).to_files()
        update_folder(folder, {"sending": record}, {FILE: content})
        with pytest.raises(CodecError, match=r"sending.safetensors was made for another codec"):
            Codec.load(folder)
    content, record = sending.to_files()
    update_folder(folder, {"sending": record}, {FILE: content, "receiver.onnx": lamps.network()})
    with pytest.raises(CodecError, match=r"receiver.onnx tells 16 classes of pictures \(4, 4, 1\), this codec has 5"):
        Codec.load(folder)


def test_the_fingerprint_is_the_languages_alone(sender: Codec, plain_sender: Codec, lamps_codec: Codec) -> None:
    named = sender.named(Naming(("leaf", "needle"), np.ones((5, 2))))
    assert sender.fingerprint == plain_sender.fingerprint == lamps_codec.fingerprint == named.fingerprint


def test_a_folder_written_anew_keeps_all_else(sender_folder: Path, tmp_path: Path, mixed: np.ndarray) -> None:
    folder = copied(sender_folder, tmp_path)
    before = Codec.load(folder)
    update_folder(folder, {"provenance": {"source": "elsewhere"}})
    after = Codec.load(folder)
    assert after.manifest["provenance"] == {"source": "elsewhere"}
    assert {p.name for p in folder.iterdir()} == {p.name for p in sender_folder.iterdir()}
    assert after.encode(mixed) == before.encode(mixed)
    assert all(map(same, after.decode(before.encode(mixed)), before.decode(before.encode(mixed))))


@given(data=st.data())
def test_any_packet_is_understood_or_named(data: st.DataObject, sender: Codec) -> None:
    said, sent = sender.encode([CLEAR, UNHEARD])
    packet = data.draw(
        st.one_of(
            st.binary(max_size=70),
            st.binary(max_size=70).map(lambda payload: packed(sender, payload)),
            st.binary(max_size=8).map(lambda end: packed(sender, sent[1:-1] + end)),
            st.integers(0, len(sent) - 2).map(lambda n: packed(sender, sent[1 : n + 1])),
            st.sampled_from([said, sent]),
        )
    )
    try:
        (meaning,) = sender.decode([packet])
    except PacketError:
        assert sender.decode([packet, said], errors="skip")[0] is None
        return
    assert meaning.probabilities.sum() == pytest.approx(1, abs=1e-9)
    assert (meaning.picture is not None) == (packet[0] >> 3 & 3 == Kind.SENT)
