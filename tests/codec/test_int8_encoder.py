"""A codec's second encoder: picked by name, refused where it is missing, damaged or another's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import lamps
import pytest

from laconic.codec import Codec, CodecError
from laconic.codec.folder import INT8, update_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The lamps, whose second encoder is a convolution."""
    lamps.write(tmp_path / "codec")
    update_folder(tmp_path / "codec", {}, {INT8: lamps.convolution()})
    return tmp_path / "codec"


def test_either_encoder_speaks_the_same_language(folder: Path) -> None:
    exact, small = Codec.load(folder), Codec.load(folder, encoder="int8")
    assert (exact.session.name, small.session.name) == ("encoder.onnx", INT8)
    assert small.fingerprint == exact.fingerprint
    packets = small.encode(lamps.training()[0])
    assert packets == exact.encode(lamps.training()[0])
    digest = hashlib.sha256(lamps.convolution()).hexdigest()
    assert json.loads((folder / "codec.json").read_text())["files"][INT8] == digest


def test_a_rewritten_codec_keeps_both(folder: Path) -> None:
    update_folder(folder, {"note": 1})
    assert Codec.load(folder, encoder="int8").manifest["note"] == 1


def test_where_there_is_none_the_error_says_how_to_make_it(lamps_folder: Path) -> None:
    with pytest.raises(CodecError, match=rf"has no {INT8}; make it with: laconic quantise .*codec SOURCE"):
        Codec.load(lamps_folder, encoder="int8")
    with pytest.raises(Exception, match="encoder"):  # beartype's in tests, a CodecError for users
        Codec.load(lamps_folder, encoder="int4")  # type: ignore[arg-type]


def test_a_removed_one_is_missed_by_those_who_want_it_alone(folder: Path) -> None:
    (folder / INT8).unlink()
    assert Codec.load(folder).classes == lamps.CLASSES
    with pytest.raises(CodecError, match=f"has no {INT8}"):
        Codec.load(folder, encoder="int8")


def test_a_node_needs_one_of_the_two(folder: Path) -> None:
    packets = Codec.load(folder).encode(lamps.training()[0])
    (folder / "encoder.onnx").unlink()
    assert Codec.load(folder, encoder="int8").encode(lamps.training()[0]) == packets
    with pytest.raises(CodecError, match=r"has no encoder\.onnx; it has one in 8 bits only"):
        Codec.load(folder)
    (folder / INT8).unlink()
    for encoder in ("float", "int8"):
        with pytest.raises(CodecError, match=r"is incomplete: encoder\.onnx is missing"):
            Codec.load(folder, encoder=encoder)  # type: ignore[arg-type]


def test_a_damaged_one_is_refused_whoever_asks(folder: Path) -> None:
    whole = (folder / INT8).read_bytes()
    for damaged in (whole[:-1], whole + b" ", whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]):
        (folder / INT8).write_bytes(damaged)
        for encoder in ("float", "int8"):
            with pytest.raises(CodecError, match=f"{INT8} is not as it was written"):
                Codec.load(folder, encoder=encoder)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("network", "match"),
    [
        (b"", f"{INT8} can't be run by ONNX Runtime"),
        (lamps.convolution(units=8), f"{INT8} gives features that said can't say: the code was fitted to 16 units"),
        (lamps.network(shape=(8, 2, 1)), rf"{INT8} takes pictures \(8, 2, 1\), codec.json makes \(4, 4, 1\)"),
        (lamps.network(kind=1), f"{INT8} is no encoder"),
    ],
)
def test_another_codecs_one_is_refused_by_those_who_want_it(network: bytes, match: str, folder: Path) -> None:
    update_folder(folder, {}, {INT8: network})
    assert Codec.load(folder).classes == lamps.CLASSES
    with pytest.raises(CodecError, match=match):
        Codec.load(folder, encoder="int8")
