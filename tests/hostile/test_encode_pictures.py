"""Pictures as cameras, phones and vandals make them, through `laconic encode`: said, or left out and named."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
from PIL import Image

from laconic.cli.main import main
from laconic.codec import Codec
from laconic.codec.bulk import decode_file

ASH = lamps.picture(0, 1, 2)
LARGE = np.kron(ASH, np.ones((8, 8), np.uint8))  # 32 x 32


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any], str]:
    """Exit code, answer and standard error of a command."""
    capsys.readouterr()
    code = 0
    try:
        main([str(argument) for argument in (*arguments, "--json")])
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header states a size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def write_good(folder: Path) -> list[str]:
    """Pictures of an ash in every form that must be understood; their names."""
    gray = Image.fromarray(LARGE)
    gray.save(folder / "gray.png")
    gray.convert("RGB").save(folder / "colour.webp", lossless=True)
    gray.convert("RGBA").save(folder / "transparent.png")
    gray.convert("P").save(folder / "palette.gif")
    Image.merge("CMYK", (*[Image.new("L", gray.size)] * 3, gray.point(lambda x: 255 - x))).save(folder / "cmyk.tif")
    Image.fromarray(LARGE.astype(np.uint16) << 8).save(folder / "sixteen-bit.png")
    later = Image.fromarray(np.kron(lamps.picture(3, 4, 5), np.ones((8, 8), np.uint8)))
    gray.save(folder / "animated.gif", save_all=True, append_images=[later] * 3, duration=50)
    Image.fromarray(ASH).resize((4, 4)).save(folder / "as-small-as-it-gets.bmp")
    return sorted(path.name for path in folder.iterdir())


BAD = {
    "cut.jpg": "truncated|cannot be read as a picture",
    "empty.png": r"no picture format begins with the bytes \(none\)",
    "floats.tif": "floating-point pixels have no stated range",
    "giant.png": "20000 x 20000 pixels: more than the limit of 80 million",
    "no-width.png": "no-width.png: ",
    "script.png": "no picture format begins with the bytes 23212f62696e2f7368",
    "zeros.jpg": "no picture format begins with the bytes 0000",
}


def write_bad(folder: Path) -> list[str]:
    """What only calls itself a picture; the names."""
    Image.fromarray(LARGE).save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:200])
    (folder / "empty.png").write_bytes(b"")
    Image.fromarray(LARGE.astype(np.float32)).save(folder / "floats.tif")
    (folder / "giant.png").write_bytes(png_claiming(20_000, 20_000))
    (folder / "no-width.png").write_bytes(png_claiming(0, 10))
    (folder / "script.png").write_text("#!/bin/sh\nrm -rf ~\n")
    (folder / "zeros.jpg").write_bytes(bytes(1000))
    return sorted(path.name for path in folder.iterdir())


def test_every_kind_of_picture_is_understood(
    lamps_folder: Path, lamps_codec: Codec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good").mkdir()
    names = write_good(tmp_path / "good")
    code, answer, err = run(capsys, "encode", lamps_folder, tmp_path / "good", "-o", tmp_path / "out.lac")
    assert (code, answer["n"], answer["skipped"], err) == (0, len(names), 0, "")
    meanings = decode_file(lamps_codec, tmp_path / "out.lac")
    assert dict(zip(names, (meaning.name for meaning in meanings), strict=True)) == dict.fromkeys(names, "ash")


def test_one_bit_a_pixel_is_a_picture(
    lamps_folder: Path, lamps_codec: Codec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(LARGE).convert("1", dither=Image.Dither.NONE).save(tmp_path / "bits.png")
    assert run(capsys, "encode", lamps_folder, tmp_path / "bits.png", "-o", tmp_path / "out.lac")[0] == 0
    (meaning,) = decode_file(lamps_codec, tmp_path / "out.lac")
    assert meaning.word == "0+1+2"  # all three lamps are nearer to white than to black


def test_what_is_no_picture_is_named_and_the_rest_is_said(
    lamps_folder: Path, lamps_codec: Codec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "both").mkdir()
    bad = write_bad(tmp_path / "both")
    good = [name for name in write_good(tmp_path / "both") if name not in bad]
    code, answer, err = run(capsys, "encode", lamps_folder, tmp_path / "both", "-o", tmp_path / "out.lac")
    assert (code, answer["n"], answer["skipped"]) == (1, len(good), len(bad))
    assert err.count("\n") == len(bad)
    assert "Traceback" not in err
    assert [failure.split(": ")[0] for failure in answer["failures"]] == [str(tmp_path / "both" / name) for name in bad]
    assert [meaning.name for meaning in decode_file(lamps_codec, tmp_path / "out.lac")] == ["ash"] * len(good)


@pytest.mark.parametrize("name", BAD)
def test_nothing_but_a_bad_picture_leaves_the_old_file(
    name: str, lamps_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").mkdir()
    write_bad(tmp_path / "bad")
    (tmp_path / "out.lac").write_bytes(b"of old")
    code, answer, err = run(capsys, "encode", lamps_folder, tmp_path / "bad" / name, "-o", tmp_path / "out.lac")
    assert code == 1
    assert list(answer) == ["error"]
    assert re.search(BAD[name], answer["error"])
    assert f"none of 1 pictures could be read, nothing written; {tmp_path / 'bad' / name}: " in err
    assert (tmp_path / "out.lac").read_bytes() == b"of old"
