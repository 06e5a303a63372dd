"""Commands on a codec for texts: encode, decode, evaluate, inspect; and the others, which are for pictures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laconic.codec import Codec, CodecError
from laconic.data import TextError

KIND, UNKIND = "A good and warm film, great music", "It was dull and awful, the worst story"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of texts: two that can be read, three that can't, and another file."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in {"a": KIND, "b": "Das ist kein gutes Wort", "c": UNKIND, "d": ""}.items():
        (folder / f"{name}.txt").write_text(text)
    (folder / "e.txt").write_bytes(b"\xff\xfe")
    (folder / "picture.png").write_bytes(b"")
    return folder


def test_texts_are_said_and_understood(remarks_folder: Path, texts: Path) -> None:
    codec = Codec.load(remarks_folder)
    packets = codec.encode([KIND, texts / "c.txt", UNKIND])
    assert packets[1] == packets[2]
    assert [meaning.name for meaning in codec.decode(packets)] == ["kind", "unkind", "unkind"]
    tokens = codec.preprocessing.batch([KIND, UNKIND])
    np.testing.assert_array_equal(codec.features(tokens), codec.features([KIND, UNKIND]))
    with pytest.raises(TextError, match="text 1: 0 of its 2 words are known"):
        codec.encode([KIND, "guten Tag"])
    with pytest.raises(TextError, match="wanted several texts; put a single one in a list"):
        codec.encode(KIND)


def test_a_folder_of_texts_is_encoded_and_what_cannot_be_read_is_named(
    laconic: Any, remarks_folder: Path, texts: Path, tmp_path: Path
) -> None:
    ran = laconic("encode", remarks_folder, texts, "-o", tmp_path / "out.lac", "--json")
    assert (ran.code, ran.answer["n"], ran.answer["skipped"], ran.answer["of"]) == (1, 2, 3, "text")
    reasons = ("b.txt: 0 of its 5 words are known, less than 50 %", "d.txt: an empty text", "e.txt: is no UTF-8 text")
    for failure, reason in zip(ran.answer["failures"], reasons, strict=True):
        assert reason in failure
    assert "1 other files in the folders were not tried" in ran.err
    ran = laconic("decode", remarks_folder, tmp_path / "out.lac", "--json")
    assert [meaning["name"] for meaning in ran.answer["first"]] == ["kind", "unkind"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digits", "test holds pictures, and texts are wanted here"),
        ("empty", "there is no text in this folder .1 other files."),
        ("foreign.txt", "none of 1 texts could be read, nothing written; .*foreign.txt: 0 of its 1 words"),
    ],
)
def test_what_is_no_text_is_told(name: str, message: str, laconic: Any, remarks_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/picture.png").write_bytes(b"")
    (tmp_path / "foreign.txt").write_text("nichts")
    place = name if name == "digits" else tmp_path / name
    ran = laconic("encode", remarks_folder, place, "-o", tmp_path / "out.lac")
    assert ran.code == 1
    assert not (tmp_path / "out.lac").exists()
    assert re.search(message, ran.err)


def test_evaluate_counts_texts_and_shows_how_they_begin(laconic: Any, remarks_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = laconic("evaluate", remarks_folder, "remarks?n=300", "--report", page, "--json")
    assert (ran.code, ran.answer["n"], ran.answer["of"]) == (0, 100, "text")
    assert ran.answer["accuracy_said"] > 0.7
    assert ran.answer["encoders"][0]["multiply_adds"] > 200 * 2 * 4 * 8 * (100 + 8)  # 200 words' LSTM, and the mask-net
    html = page.read_text()
    assert "100 test texts" in html
    assert '<q class="text">' in html
    assert "<img" not in html
    assert "picture" not in html.replace("pictures.lac", "")


def test_inspect_tells_of_words_and_units(laconic: Any, remarks_folder: Path, tmp_path: Path) -> None:
    ran = laconic("inspect", remarks_folder, "remarks?n=300", "--json")
    assert ran.code == 0
    assert ran.answer["texts"].startswith("the last 200 words, of a vocabulary of ")
    assert len(ran.answer["units"]) > 0
    ran = laconic("inspect", remarks_folder, "remarks?n=300", "--html", tmp_path / "units.html")
    assert (ran.code, ran.err) == (1, "laconic: --html is for pictures, and this codec is for texts\n")


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("corrupt",), "laconic corrupt"),
        (("sense",), "laconic sense"),
        (("link",), "laconic link"),
        (("quantise",), "laconic quantise"),
        (("distill", "--epochs", "1"), "laconic distill"),
        (("calibrate", "--max-error", "0.1"), "Saying a picture or sending it"),
    ],
)
def test_what_is_for_pictures_says_so(
    command: tuple[str, ...], what: str, laconic: Any, remarks_folder: Path, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command
    ran = laconic(name, remarks_folder, "remarks?n=300", *options)
    assert (ran.code, ran.err) == (1, f"laconic: {what} is for pictures, and this codec is for texts\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["remarks", "--size", "8x8"], "train holds texts, which have no size, fit and color; give a length in words"),
        (["remarks", "--length", "0"], "length 0: wanted 1 to 4096 words"),
        (["remarks", "--max-error", "0.1"], "max_error, by which some are sent, is for pictures"),
        (["remarks", "--encoder", "cnn"], "an encoder for texts is bilstm, .* not 'cnn'"),
        (["digits", "--length", "9"], "--length is that of texts, and digits holds pictures"),
    ],
)
def test_train_refuses_what_texts_have_not(options: list[str], message: str, laconic: Any, tmp_path: Path) -> None:
    ran = laconic("train", *options, "--epochs", "1", "--out", tmp_path / "codec")
    assert ran.code == 1
    assert re.search(message, ran.err)
    assert not (tmp_path / "codec").exists()


def test_a_folder_without_its_vocabulary_is_refused(remarks_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(remarks_folder, tmp_path / "codec")
    (folder / "vocabulary.json").write_text("[]")
    with pytest.raises(CodecError, match=r"vocabulary\.json is not as it was written"):
        Codec.load(folder)
    (folder / "vocabulary.json").unlink()
    with pytest.raises(CodecError, match=r"vocabulary\.json is missing, without which no text can be read"):
        Codec.load(folder)
