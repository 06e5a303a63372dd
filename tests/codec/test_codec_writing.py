"""Writing a Codec folder: whole or not at all, over a codec or over nothing, whatever the disk does meanwhile."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import lamps
import pytest

from laconic.codec import Codec, CodecError, write_folder
from laconic.codec import folder as writing

OTHER = {"classes": ["1", "2", "3", "4", "5"]}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    files = {"encoder.onnx": b"network", "speeches.safetensors": b"tables", "weights.safetensors": b"w" * 1000}
    described = {"classes": ["猫", "caf\u00e9", "\udcff"], "x": [1, 0.1, None, {"b": 2, "a": 1}], "inf": float("inf")}
    write_folder(tmp_path / "deep/er/codec", described, files)
    manifest, needed = writing.read_folder(tmp_path / "deep/er/codec")
    assert {key: manifest[key] for key in described} == described
    assert needed == {name: files[name] for name in writing.REQUIRED}
    assert sorted(path.name for path in (tmp_path / "deep/er").iterdir()) == ["codec"]
    assert json.loads((tmp_path / "deep/er/codec/codec.json").read_text("ascii"))["laconic_codec"] == 1


def test_a_codec_is_replaced_by_a_codec(lamps_folder: Path, tmp_path: Path) -> None:
    lamps.write(tmp_path / "codec", **OTHER)
    (tmp_path / "codec/note.txt").write_text("of the old one")
    lamps.write(tmp_path / "codec")
    assert contents(tmp_path / "codec") == contents(lamps_folder)
    assert [path.name for path in tmp_path.iterdir()] == ["codec"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "codec").mkdir()
    assert lamps.load(tmp_path / "codec").classes == lamps.CLASSES


def test_a_link_stays_a_link_to_the_newer_codec(tmp_path: Path) -> None:
    lamps.write(tmp_path / "v1", **OTHER)
    (tmp_path / "codec").symlink_to("v1")
    lamps.write(tmp_path / "codec")
    assert (tmp_path / "codec").is_symlink()
    assert Codec.load(tmp_path / "v1").classes == lamps.CLASSES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codec", "v1"]


def test_the_current_folder_may_be_a_codec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamps.write(tmp_path / "codec", **OTHER)
    monkeypatch.chdir(tmp_path / "codec")
    lamps.write(Path())
    assert Codec.load(tmp_path / "codec").classes == lamps.CLASSES


def test_nothing_but_a_codec_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/1.jpg").write_bytes(b"dear")
    (tmp_path / "file").write_bytes(b"dear, too")
    for name in ("photos", "file"):
        with pytest.raises(CodecError, match=f"{name} exists and is not a Codec folder; choose another --out"):
            lamps.write(tmp_path / name)
    assert contents(tmp_path / "photos") == {"1.jpg": b"dear"}
    assert (tmp_path / "file").read_bytes() == b"dear, too"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "photos"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CodecError, match=r"can't write the codec to .*codec: (Not a directory|File exists)"):
        lamps.write(tmp_path / "file/below/codec")


def test_a_full_disk_leaves_the_old_codec(tmp_path: Path) -> None:
    """In a process of its own, in which no file may grow beyond 2000 bytes."""
    old = contents(lamps.write(tmp_path / "codec", **OTHER))
    script = f"""
import resource, sys
from pathlib import Path
from laconic.codec import CodecError, write_folder
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
files = {{"encoder.onnx": b"short", "speeches.safetensors": bytes(5000)}}
try:
    write_folder(Path({str(tmp_path / "codec")!r}), {{"classes": []}}, files)
except CodecError as error:
    sys.exit(str(error))
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"can't write the codec to {tmp_path}/codec: File too large; nothing was replaced" in done.stderr
    assert contents(tmp_path / "codec") == old
    assert [path.name for path in tmp_path.iterdir()] == ["codec"]


@pytest.mark.parametrize("failing", [0, 1])
@pytest.mark.parametrize("failure", [OSError(errno.EIO, os.strerror(errno.EIO)), KeyboardInterrupt()])
def test_a_swap_that_fails_half_way_leaves_the_old_codec(
    failing: int, failure: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = contents(lamps.write(tmp_path / "codec", **OTHER))
    rename, calls = Path.rename, []

    def fails(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) - 1 == failing:
            raise failure
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises((CodecError, KeyboardInterrupt)):
        lamps.write(tmp_path / "codec")
    assert len(calls) == 1 + 2 * failing  # the last one puts the old codec back
    assert contents(tmp_path / "codec") == old
    assert [path.name for path in tmp_path.iterdir()] == ["codec"]


def test_after_a_power_cut_in_the_middle_of_the_swap_the_old_codec_is_found(tmp_path: Path) -> None:
    lamps.write(tmp_path / "codec[1]").rename(tmp_path / ".codec[1].ab12.old")
    with pytest.raises(CodecError, match=r"an interrupted write left the older codec as .*\.ab12\.old: rename it"):
        Codec.load(tmp_path / "codec[1]")
    (tmp_path / ".codec[1].ab12.old").rename(tmp_path / "codec[1]")
    assert Codec.load(tmp_path / "codec[1]").classes == lamps.CLASSES
