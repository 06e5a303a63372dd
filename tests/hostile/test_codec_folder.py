"""Codec folders that are truncated, edited, newer, foreign or forged: each is a CodecError that says what is wrong."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
import safetensors.numpy
from onnx import TensorProto

from laconic.codec import Codec, CodecError
from laconic.codec.sealed import digest
from laconic.contract import LaconicError
from laconic.receiver import LinearReceiver

FILES = ("codec.json", "encoder.onnx", "speeches.safetensors", "weights.safetensors")


@pytest.fixture
def folder(lamps_folder: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(lamps_folder, tmp_path / "codec"))


def forge(folder: Path, edit: Callable[[dict[str, Any]], object], **files: bytes) -> None:
    """Edit codec.json and files as one who knows how digests are made; no digest is a signature."""
    manifest = json.loads((folder / "codec.json").read_text())
    del manifest["digest"]
    for stem, content in files.items():
        (name,) = (name for name in FILES if name.startswith(stem))
        (folder / name).write_bytes(content)
        manifest["files"][name] = hashlib.sha256(content).hexdigest()
    edit(manifest)
    manifest["digest"] = digest(manifest)
    (folder / "codec.json").write_text(json.dumps(manifest))


def untouched(manifest: dict[str, Any]) -> None:
    """No edit."""


def refused(folder: Path, match: str) -> None:
    with pytest.raises(CodecError, match=match):
        Codec.load(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_edited_file_is_refused(name: str, folder: Path) -> None:
    whole = (folder / name).read_bytes()
    wrong = r"(is not as it was written \((truncated or )?edited\)|is not JSON \(truncated or edited\)|says nothing of)"
    for place in np.unique(np.linspace(0, len(whole) - 1, 40).astype(int)):
        (folder / name).write_bytes(whole[:place])
        refused(folder, wrong)
        (folder / name).write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        refused(folder, wrong + "|has codec format|lists the wrong files|is not a laconic codec")
    (folder / name).write_bytes(whole + b" ")
    if name != "codec.json":  # to JSON a blank is nothing
        refused(folder, wrong)


def test_a_value_that_someone_changed_by_hand_is_refused(folder: Path) -> None:
    text = (folder / "codec.json").read_text()
    assert text.count('"birch"') == 1
    (folder / "codec.json").write_text(text.replace('"birch"', '"beech"'))
    refused(folder, r"codec.json is not as it was written \(edited\); copy the codec again")


@pytest.mark.parametrize("name", ["encoder.onnx", "speeches.safetensors"])
def test_a_missing_or_renamed_file_is_named(name: str, folder: Path) -> None:
    (folder / name).rename(folder / ("my-" + name))
    refused(folder, f"codec is incomplete: {name} is missing")


def test_the_networks_weights_are_for_training_only(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    assert Codec.load(folder).classes == lamps.CLASSES


def test_swapped_files_are_refused(folder: Path) -> None:
    for old, new in (("encoder.onnx", "x"), ("speeches.safetensors", "encoder.onnx"), ("x", "speeches.safetensors")):
        (folder / old).rename(folder / new)
    refused(folder, "encoder.onnx is not as it was written")


def test_what_is_no_folder_is_no_codec(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "gone"):
        refused(tmp_path / name, f"{name} is not a Codec folder: codec.json is missing$")


def test_a_folder_where_a_file_should_be(folder: Path) -> None:
    (folder / "encoder.onnx").unlink()
    (folder / "encoder.onnx").mkdir()
    refused(folder, "can't read .*encoder.onnx: Is a directory")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"is not JSON \(truncated or edited\)"),
        ("\0\1\2", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"laconic_codec": ' + "1" * 5000 + "}", "is not JSON"),
        ("[]", "is not a laconic codec: its codec.json says nothing of the format"),
        ("null", "is not a laconic codec"),
        ('{"name": "another tool\'s"}', "is not a laconic codec"),
        ('{"laconic_codec": "1"}', "is not a laconic codec"),
        ('{"laconic_codec": 2}', "has codec format 2, this laconic reads 1; upgrade laconic"),
        ('{"laconic_codec": 1}', r"is not as it was written \(edited\)"),
    ],
)
def test_another_tools_or_times_manifest(text: str, match: str, folder: Path) -> None:
    (folder / "codec.json").write_text(text)
    refused(folder, match)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", ".", "", "a/b", "a\0b"])
def test_a_manifest_may_only_name_files_of_its_folder(name: str, folder: Path) -> None:
    (folder.parent / "secret").write_bytes(b"secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    forge(folder, lambda manifest: manifest["files"].update({name: digest}))
    refused(folder, "codec.json lists the wrong files")


@pytest.mark.parametrize("listed", [None, [], {}, "encoder.onnx", {"encoder.onnx": "0"}])
def test_a_manifest_must_name_the_files_that_it_needs(listed: object, folder: Path) -> None:
    forge(folder, lambda manifest: manifest.update({"files": listed}))
    refused(folder, "codec.json lists the wrong files")


@pytest.mark.parametrize("stem", ["encoder", "speeches", "weights"])
def test_a_pickle_is_never_opened(stem: str, folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    bomb = pickle.dumps(Bomb())
    forge(folder, untouched, **{stem: bomb})
    (folder / "extra.pkl").write_bytes(bomb)
    if stem == "weights":  # which only training reads
        Codec.load(folder)
    else:
        refused(folder, "encoder.onnx can't be run by ONNX Runtime|speeches.safetensors and codec.json contradict")
    assert not (tmp_path / "exploded").exists()
    pickle.loads(bomb)
    assert (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        ({"classes": None}, "does not describe a codec"),
        ({"classes": "abcde"}, "does not describe a codec .class names and an index"),
        ({"classes": [1, 2, 3, 4, 5]}, "does not describe a codec"),
        ({"classes": ["a", "b"]}, "encoder.onnx and codec.json have 16 features and 2 classes, said knows 16 and 5"),
        ({"preprocessing": None}, "does not describe a codec"),
        ({"preprocessing": {"width": 4}}, "does not describe a codec"),
        ({"preprocessing": {"width": 4, "height": 4, "fit": "bend"}}, "does not describe a codec .fit 'bend'"),
        (
            {"preprocessing": {"width": 8, "height": 4, "color": "gray"}},
            r"encoder.onnx takes pictures \(4, 4, 1\), codec.json makes \(4, 8, 1\)",
        ),
        ({"speeches": {}}, "does not describe a codec"),
        ({"speeches": ["said"]}, "does not describe a codec"),
        ({"speeches": {"said": None}}, "contradict each other"),
        ({"speeches": {"said": {}}}, "contradict each other: KeyError"),
    ],
)
def test_a_forged_description(edit: dict[str, Any], match: str, folder: Path) -> None:
    forge(folder, lambda manifest: manifest.update(edit))
    refused(folder, match)


@pytest.mark.parametrize(
    ("part", "edit"),
    [
        ("code", {"k": 2}),
        ("code", {"k": "3"}),
        ("code", {"k": -3}),
        ("code", {"level_bits": 40}),
        ("code", {"name": "decision"}),
        ("code", {"unknown": 1}),
        ("receiver", {"name": "oracle"}),
        ("receiver", {"name": "linear"}),
        ("receiver", {"temperature": 0.0}),
        ("receiver", {"strength": None}),
    ],
)
def test_a_forged_index(part: str, edit: dict[str, Any], folder: Path) -> None:
    forge(folder, lambda manifest: manifest["speeches"]["said"][part].update(edit))
    refused(folder, "speeches.safetensors and codec.json contradict each other: ")


@pytest.mark.parametrize(("key", "value"), [("check", "CRC99"), ("check", None), ("generation", "1")])
def test_a_forged_framing(key: str, value: object, folder: Path) -> None:
    forge(folder, lambda manifest: manifest["speeches"]["said"].update({key: value}))
    refused(folder, "speeches.safetensors and codec.json contradict each other: ")


def changes(table: np.ndarray) -> list[np.ndarray]:
    """Another length, another type, other values."""
    wild = np.full_like(table, np.nan if table.dtype.kind == "f" else np.iinfo(table.dtype).max)
    return [table[:-1], np.concatenate([table, table]), table[None], table.astype(np.int8), wild]


def test_no_forged_table_is_more_than_an_error(lamps_folder: Path, tmp_path: Path) -> None:
    """Which error depends on the table; a harmless change may load, and then it speaks or says what is wrong."""
    whole = safetensors.numpy.load((lamps_folder / "speeches.safetensors").read_bytes())
    n_refused = 0
    for name in [name for name in whole if name.startswith("said/")]:
        for i, changed in enumerate(changes(whole[name])):
            folder = Path(shutil.copytree(lamps_folder, tmp_path / f"{name.replace('/', '-')}-{i}"))
            forge(folder, untouched, speeches=safetensors.numpy.save({**whole, name: np.ascontiguousarray(changed)}))
            try:
                codec = Codec.load(folder)
            except CodecError:
                n_refused += 1
                continue
            with contextlib.suppress(LaconicError):
                codec.decode(codec.encode([lamps.picture(0, 1, 2), lamps.picture(3, 4, 9)]))
    assert n_refused > 40


def test_a_missing_table_is_an_error(lamps_folder: Path, tmp_path: Path) -> None:
    whole = safetensors.numpy.load((lamps_folder / "speeches.safetensors").read_bytes())
    for name in [name for name in whole if name.startswith("said/")]:
        folder = Path(shutil.copytree(lamps_folder, tmp_path / name.replace("/", "-")))
        tables = {key: table for key, table in whole.items() if key != name}
        forge(folder, untouched, speeches=safetensors.numpy.save(tables))
        refused(folder, "speeches.safetensors and codec.json contradict each other: ")


@pytest.mark.parametrize(
    ("onnx", "match"),
    [
        (b"", "encoder.onnx can't be run by ONNX Runtime"),
        (b"\x08\x0a" + bytes(100), "encoder.onnx can't be run by ONNX Runtime"),
        (lamps.network(shape=(8, 2, 1)), r"encoder.onnx takes pictures \(8, 2, 1\), codec.json makes \(4, 4, 1\)"),
        (lamps.network(units=8), "encoder.onnx gives features that said can't say: the code was fitted to 16 units"),
    ],
)
def test_another_network(onnx: bytes, match: str, folder: Path) -> None:
    forge(folder, untouched, encoder=onnx)
    refused(folder, match)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.INT64])
def test_a_network_for_other_inputs_is_no_encoder(kind: int, folder: Path) -> None:
    forge(folder, untouched, encoder=lamps.network(kind=kind))
    refused(folder, r"encoder.onnx is no encoder: uint8 pictures \[n, height, width, channels\] .* to float32 features")


def test_a_network_that_fails_when_it_runs_is_an_error(tmp_path: Path) -> None:
    codec = lamps.load(tmp_path / "codec", onnx=lamps.network(rows=7))
    with pytest.raises(CodecError, match=r"encoder.onnx failed on an input of shape \(2, 4, 4, 1\): "):
        codec.encode([lamps.picture(0)] * 2)


def test_a_network_that_gives_negative_features_is_an_error_when_it_speaks(tmp_path: Path) -> None:
    codec = lamps.load(tmp_path / "codec", onnx=lamps.network(scale=-1.0))
    with pytest.raises(Exception, match="finite features of at least 0 wanted"):
        codec.encode([lamps.picture(0)])


def test_a_receiver_for_other_features_is_an_error(tmp_path: Path) -> None:
    narrow = LinearReceiver(np.zeros((5, 8), np.float32), np.zeros(5, np.float32))
    said = lamps.spoken(receiver=narrow)
    refused(lamps.write(tmp_path / "codec", said=said), "encoder.onnx gives features that said can't say")
