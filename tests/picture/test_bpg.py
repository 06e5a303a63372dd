"""BPG by its own programs where they are installed, and how they are called and refused, by a stand-in."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from laconic.contract import LaconicError
from laconic.picture import PictureDecodeError, PictureFormatError, bpg
from laconic.picture.pixels import to_image, to_pixels

HEAD = b"BPG\xfb head of a size" + bpg._SLICE
STAND_IN = """#!{python}
import sys
from pathlib import Path
*_, flag, made, source = sys.argv
data = Path(source).read_bytes()
if Path(sys.argv[0]).name == "bpgenc":
    data = {head!r} + bytes(b ^ 255 for b in data)
elif data.startswith({head!r}) and len(data) > {length}:
    data = bytes(b ^ 255 for b in data[{length}:])
else:
    sys.exit("Could not decode image")
Path(made).write_bytes(data)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of BPG's names that keep a PNG, disguised, as the slice."""
    text = STAND_IN.format(python=sys.executable, head=HEAD, length=len(HEAD))
    for name in ("bpgenc", "bpgdec"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    bpg._head.cache_clear()
    monkeypatch.setattr(bpg, "_head", bpg._head.__wrapped__)


@pytest.mark.usefixtures("stand_in")
def test_the_head_is_taken_off_and_put_back(blob: np.ndarray) -> None:
    body = bpg.encode(to_image(blob), 20)
    assert not body.startswith(b"BPG")
    assert bpg.whole(body, (32, 32), "RGB") == HEAD + body
    assert np.array_equal(to_pixels(bpg.decode(body, (32, 32), "RGB", 0)), blob)


@pytest.mark.usefixtures("stand_in")
def test_what_is_no_slice_is_named() -> None:
    with pytest.raises(PictureDecodeError, match="what was sent is no BPG slice: Could not decode image; drop it"):
        bpg.decode(b"", (32, 32), "RGB", 0)


@pytest.mark.usefixtures("stand_in")
def test_a_bpgenc_with_another_head_is_named(blob: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpg, "_head", lambda *_: b"another")
    with pytest.raises(PictureFormatError, match=r"a BPG file of one slice, .*; leave bpg out"):
        bpg.encode(to_image(blob), 20)


def test_the_program_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(LaconicError, match=r"needs the program 'bpgenc' of libbpg .*, or take the codec hevc"):
        bpg.encode(Image.new("L", (5, 5)), 3)


@pytest.mark.skipif(shutil.which("bpgenc") is None, reason="bpgenc is not installed")
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_real_ones_are_whole_files(mode: str, blob: np.ndarray) -> None:
    image = to_image(blob).convert(mode)
    found = []
    for quality in (0, 20, 40):
        body, file = bpg.encode(image, quality), bpg._file(image, quality)
        assert bpg.whole(body, image.size, mode) == file
        assert len(file) - len(body) >= 20
        shown = to_pixels(bpg.decode(body, image.size, mode, quality)).astype(int)
        found.append((len(body), -np.square(shown - to_pixels(image)).mean()))
    assert found == sorted(found)
