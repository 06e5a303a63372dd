"""`laconic encode` and `laconic decode`: the same meanings as in Python, and what is left out, counted and reported."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lamps
import pyarrow.parquet as pq
import pytest
from PIL import Image

from laconic.codec import Codec
from laconic.codec import codec as batches
from laconic.codec.folder import INT8, update_folder
from laconic.data import load, open_source


def save(folder: Path, *lit: int, name: str = "a.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(lamps.picture(*lit)).save(folder / name)
    return folder / name


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same_meanings(laconic: Any, codec: Codec, folder: Path, spec: str) -> int:
    """Encode and decode a source by commands and in Python, and compare every meaning; how many there were."""
    assert laconic("encode", folder, spec, "-o", "said.lac").code == 0
    assert laconic("decode", folder, "said.lac", "-o", "said.parquet").code == 0
    table = pq.read_table("said.parquet").to_pylist()
    images = load(open_source(spec).split("test"), codec.preprocessing).images
    meanings = codec.decode(codec.encode(images))
    assert [(row["name"], row["label"], row["word"], row["confidence"], row["probabilities"]) for row in table] == [
        (m.name, m.label, m.word, m.confidence, m.probabilities.tolist()) for m in meanings
    ]
    assert [row["row"] for row in table] == list(range(len(meanings)))
    return len(table)


@pytest.mark.usefixtures("place")
def test_commands_give_exactly_the_meanings_that_python_gives(laconic: Any, digits_folder: Path) -> None:
    codec = Codec.load(digits_folder)
    assert same_meanings(laconic, codec, digits_folder, "digits") == 500
    assert same_meanings(laconic, codec, digits_folder, "digits?split=train") == 1297


@pytest.mark.slow
@pytest.mark.skipif("LACONIC_DATA" not in os.environ, reason="LACONIC_DATA names the folder of cifar10-jpeg")
def test_the_same_for_all_cifar_test_pictures(laconic: Any, place: Path) -> None:
    spec = f"parquet:{os.environ['LACONIC_DATA']}/cifar10-jpeg"
    options = ["--epochs", "1", "--encoder", "cnnw8", "--out", place / "codec"]
    subprocess.run([sys.executable, "-m", "laconic.cli", "train", spec, *options], check=True)
    assert same_meanings(laconic, Codec.load(place / "codec"), place / "codec", spec) >= 5000


def test_encode_says_what_it_wrote(laconic: Any, lamps_folder: Path, place: Path) -> None:
    picture = save(place, 0, 1, 2)
    ran = laconic("encode", lamps_folder, picture, picture, "--json")
    assert (ran.code, ran.err) == (0, "")
    size = (place / "pictures.lac").stat().st_size
    wanted = {"file": "pictures.lac", "n": 2, "bytes": size, "bits_mean": 1.0, "skipped": 0, "failures": []}
    wanted |= {"of": "picture", "sent": 0, "sent_bytes": 0}
    assert ran.answer == wanted
    shown = laconic("encode", lamps_folder, picture, "-o", "other.lac")
    assert shown.out == f"other.lac: 1 pictures in {size} bytes (1.00 bits a picture), 0 skipped\n"


def test_either_of_a_codecs_encoders_speaks(laconic: Any, place: Path) -> None:
    folder = lamps.write(place / "codec")
    missing = laconic("encode", folder, save(place, 3), "--int8")
    assert (missing.code, missing.err.count("\n"), list(place.glob("*.lac"))) == (1, 1, [])
    assert "laconic quantise" in missing.err
    update_folder(folder, {}, {INT8: lamps.convolution()})
    (folder / "encoder.onnx").unlink()  # which packets were made by is certain
    assert laconic("encode", folder, save(place, 3), "--int8", "--json").answer["n"] == 1


def test_decode_shows_the_first_meanings_and_counts_all(laconic: Any, lamps_folder: Path, place: Path) -> None:
    ash, elm = save(place / "a", 0, 1, 2), save(place / "b", 12, 13, 14)
    laconic("encode", lamps_folder, *[ash] * 15, *[elm] * 10)
    ran = laconic("decode", lamps_folder, "pictures.lac")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["0", "ash", "100.0", "%", "word", "0+1+2"]
    assert len(lines) == 20 + 2
    assert lines[20:] == ["   ... and 5 more; -o FILE.parquet writes them all", "15 ash, 10 elm"]
    answer = laconic("decode", lamps_folder, "pictures.lac", "--json").answer
    assert (answer["n"], answer["table"]) == (25, None)
    assert answer["counts"] == {"ash": 15, "birch": 0, "cedar": 0, "dogwood": 0, "elm": 10}
    assert answer["first"][15]["name"] == "elm"


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_decode_writes_tables(ending: str, laconic: Any, lamps_folder: Path, place: Path) -> None:
    laconic("encode", lamps_folder, save(place, 3, 4, 5))
    ran = laconic("decode", lamps_folder, "pictures.lac", "-o", f"table.{ending}")
    assert (ran.code, ran.out) == (0, f"table.{ending}: 1 meanings\n1 birch\n")
    read = {
        "parquet": lambda path: pq.read_table(path).to_pylist(),
        "csv": lambda path: list(csv.DictReader(path.read_text().splitlines())),
        "jsonl": lambda path: [json.loads(line) for line in path.read_text().splitlines()],
    }
    (row,) = read[ending](place / f"table.{ending}")
    assert (row["name"], row["word"]) == ("birch", "3+4+5")


def test_what_was_left_out_is_reported_and_the_exit_code_is_one(laconic: Any, lamps_folder: Path, place: Path) -> None:
    save(place / "photos", 0, 1, 2)
    (place / "photos/b.png").write_text("a text file")
    (place / "photos/notes.txt").write_text("not tried")
    ran = laconic("encode", lamps_folder, "photos", "--json")
    assert ran.code == 1
    (failure,) = ran.answer["failures"]
    assert failure.startswith("photos/b.png: no picture format begins with")
    assert (ran.answer["n"], ran.answer["skipped"]) == (1, 1)
    assert ran.err == f"skipped {failure}\n1 other files in the folders were not tried\n"
    assert laconic("decode", lamps_folder, "pictures.lac", "--json").answer["n"] == 1
    (place / "photos/b.png").unlink()
    assert laconic("encode", lamps_folder, "photos").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "CODEC", "gone.png"], "gone.png: no such file or folder, and no SOURCE"),
        (["encode", "CODEC", "text.png"], "none of 1 pictures could be read, nothing written; text.png: "),
        (["encode", "CODEC", "empty"], "empty: there is no picture in this folder (0 other files)"),
        (["encode", "CODEC", "hub:"], "hub:: wanted hub: followed by a place"),
        (["encode", "CODEC", "digits?label=x"], "digits has no option 'label'"),
        (["encode", "CODEC", "digits?split=dev"], "dev"),
        (["encode", "CODEC", "digits", "-o", "gone/out.lac"], "there is no folder gone; make it first"),
        (["encode", "CODEC", "digits", "-o", "empty"], "can't write empty: it is there and is no file"),
        (["encode", "gone", "digits"], "gone is not a Codec folder: codec.json is missing"),
        (["encode", "text.png", "digits"], "text.png is not a Codec folder: codec.json is missing"),
        (["encode", "CODEC", "digits", "--own-code", "math"], "an own part is named package.module:name, not 'math'"),
        (["encode", "CODEC", "digits", "--own-code", "no_such:x"], "importing no_such raised ModuleNotFoundError"),
        (["decode", "CODEC", "gone.lac"], "could not read gone.lac: No such file or directory"),
        (["decode", "CODEC", "text.png"], "a .lac file has at least 34 bytes, got 6; it was cut"),
        (["decode", "CODEC", "long.txt"], "a .lac file starts with 4c 41 43 1a"),
        (["decode", "CODEC", "said.lac", "-o", "out.xlsx"], "a table ends in one of .parquet, .csv, .jsonl"),
        (["decode", "CODEC", "said.lac", "-o", "gone/out.csv"], "there is no folder gone; make it first"),
        (["decode", "OTHER", "said.lac"], "load the codec that wrote it"),
        (["evaluate", "gone", "digits"], "gone is not a Codec folder"),
        (["evaluate", "CODEC", "gone"], "'gone' is no source"),
        (["evaluate", "CODEC", "digits"], "this codec knows the classes ash, birch, cedar, dogwood, elm; digits has"),
        (["inspect", "gone"], "'gone' is neither a file, nor a folder, nor a packet in hexadecimal digits"),
        (["inspect", "empty"], "empty is not a Codec folder"),
        (["inspect", "gone.lac"], "could not read gone.lac"),
        (["inspect", "long.txt"], "a .lac file starts with"),
        (["inspect", "2000ce", "-c", "CODEC"], "the check of packet 2000ce does not fit: damaged, or another codec's"),
        (["inspect", "2000cd", "-c", "gone"], "gone is not a Codec folder"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_one_and_changes_nothing(
    arguments: list[str],
    message: str,
    laconic: Any,
    lamps_folder: Path,
    digits_other: Path,
    place: Path,
) -> None:
    (place / "empty").mkdir()
    (place / "text.png").write_text("a text")
    (place / "long.txt").write_text("text " * 20)
    laconic("encode", lamps_folder, save(place, 0, 1, 2), "-o", "said.lac")
    (place / "pictures.lac").write_bytes(b"of old")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    places = {"CODEC": str(lamps_folder), "OTHER": str(digits_other)}
    ran = laconic(*[places.get(argument, argument) for argument in arguments])
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("laconic: ")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    told = laconic(*[places.get(argument, argument) for argument in arguments], "--json")
    assert told.code == 1
    assert told.answer == {"error": ran.err.removeprefix("laconic: ").removesuffix("\n")}
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


@pytest.fixture(scope="session")
def digits_other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A codec of another language."""
    return lamps.write(tmp_path_factory.mktemp("other") / "codec", said=lamps.spoken(lamps.MaxAmp(k=2)))


def test_a_full_disk_leaves_the_old_file(lamps_folder: Path, place: Path) -> None:
    """In a process of its own, in which no file may grow beyond 100 bytes."""
    (place / "said.lac").write_bytes(b"of old")
    script = """
import resource, sys
from laconic.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
main(sys.argv[1:])
"""
    command = [sys.executable, "-c", script, "encode", lamps_folder, "digits", "-o", "said.lac"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "laconic: could not write said.lac: File too large; what was there is unchanged\n"
    assert [(path.name, path.read_bytes()) for path in place.iterdir()] == [("said.lac", b"of old")]


def test_an_own_code_is_named_on_the_command_line(laconic: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (place / "mine_of_a_test.py").write_text(
        "from laconic.language import MaxAmp\nclass Mine(MaxAmp):\n    name = 'mine'\ncode = Mine(k=3)\n"
    )
    monkeypatch.syspath_prepend(str(place))
    import mine_of_a_test

    folder = lamps.write(place / "codec", said=lamps.spoken(mine_of_a_test.code))
    picture = save(place, 0, 1, 2)
    refused = laconic("encode", folder, picture)
    assert refused.code == 1
    assert "speaks the code 'mine', which is not part of laconic" in refused.err
    assert "--own-code package.module:name" in refused.err
    for spec in ("mine_of_a_test:Mine", "mine_of_a_test:code"):  # a class, or one made of it
        assert laconic("encode", folder, picture, "--own-code", spec).code == 0
        assert laconic("decode", folder, "pictures.lac", "--own-code", spec, "--json").answer["counts"]["ash"] == 1
        assert laconic("inspect", folder, "--own-code", spec, "--json").answer["code"].startswith("mine: ")
        assert laconic("inspect", "pictures.lac", "-c", folder, "--own-code", spec).code == 0
    wrong = laconic("encode", folder, picture, "--own-code", "laconic.language:Decision")
    assert "Decision is the code 'decision'" in wrong.err


def test_pictures_are_read_in_batches_of_any_size(
    laconic: Any, lamps_folder: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laconic("encode", lamps_folder, "digits", "-o", "whole.lac")
    monkeypatch.setattr(batches, "BATCH", 3)
    laconic("encode", lamps_folder, "digits", "-o", "parts.lac")
    assert (place / "whole.lac").read_bytes() == (place / "parts.lac").read_bytes()
