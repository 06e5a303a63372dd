"""Files, folders and sources to one `.lac` file and back, with what can't be read named; and tables of meanings."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import lamps
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from laconic.codec import Codec, bulk
from laconic.codec.bulk import InputError, decode_file, encode_inputs, write_table
from laconic.contract import Meaning
from laconic.data import SourceError, open_source
from laconic.language import StreamError

TREES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 13, 14)]


def save(path: Path, *lit: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(lamps.picture(*lit)).save(path)
    return path


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    """A folder of class folders, ten pictures a class; and a text and a hidden file."""
    for name, lit in zip(lamps.CLASSES, TREES, strict=True):
        for i in range(10):
            save(tmp_path / "forest" / name / f"{i}.png", *lit)
    (tmp_path / "forest/README.txt").write_text("trees")
    (tmp_path / "forest/ash/.hidden.png").write_bytes(b"")
    return tmp_path / "forest"


def names(codec: Codec, file: Path) -> list[str]:
    return [meaning.name for meaning in decode_file(codec, file)]


def test_files_are_said_in_the_order_in_which_they_are_named(lamps_codec: Codec, tmp_path: Path) -> None:
    files = [str(save(tmp_path / f"{i}.png", *TREES[i])) for i in (3, 0, 4, 1, 2)]
    done = encode_inputs(lamps_codec, files, tmp_path / "out.lac")
    assert names(lamps_codec, tmp_path / "out.lac") == ["dogwood", "ash", "elm", "birch", "cedar"]
    assert (done.n, done.failures, done.others) == (5, (), 0)
    assert done.n_bytes == (tmp_path / "out.lac").stat().st_size
    lengths = [1, 3, 4, 4, 4]  # of the codewords, by hand
    assert done.bits_mean == sum(lengths) / 5


@pytest.mark.parametrize("chunk", [1, 7, 50, 1024])
def test_a_folder_is_said_whole_and_sorted_in_any_chunks(
    chunk: int, lamps_codec: Codec, forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", chunk)
    done = encode_inputs(lamps_codec, [str(forest)], tmp_path / "out.lac")
    assert names(lamps_codec, tmp_path / "out.lac") == [name for name in lamps.CLASSES for _ in range(10)]
    assert (done.n, done.failures, done.others) == (50, (), 2)


def test_sources_are_said_like_what_they_hold(lamps_codec: Codec, forest: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.lac"
    assert encode_inputs(lamps_codec, ["digits"], out).n == 500
    assert encode_inputs(lamps_codec, ["digits?split=train"], out).n == 1297
    held = open_source(f"folder:{forest}").split("test")
    assert encode_inputs(lamps_codec, [f"folder:{forest}"], out).n == len(held)
    assert names(lamps_codec, out) == [lamps.CLASSES[label] for label in held.labels]
    all_of_it = encode_inputs(lamps_codec, [str(forest), str(forest / "elm/0.png"), "digits"], out)
    assert all_of_it.n == 551
    assert names(lamps_codec, out)[50] == "elm"


def test_a_folder_called_digits_is_named_by_its_path(
    lamps_codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "digits/a.png", 0)
    monkeypatch.chdir(tmp_path)
    assert encode_inputs(lamps_codec, ["digits"], Path("out.lac")).n == 500
    assert encode_inputs(lamps_codec, ["./digits"], Path("out.lac")).n == 1


def test_what_cannot_be_read_is_left_out_and_named(lamps_codec: Codec, forest: Path, tmp_path: Path) -> None:
    (forest / "birch/3.png").write_bytes(b"")
    (forest / "elm/9.png").write_bytes((forest / "elm/8.png").read_bytes()[:50])
    done = encode_inputs(lamps_codec, [str(forest)], tmp_path / "out.lac")
    assert done.n == 48
    assert [failure.split(": ")[0] for failure in done.failures] == [
        str(forest / "birch/3.png"),
        str(forest / "elm/9.png"),
    ]
    assert names(lamps_codec, tmp_path / "out.lac") == [
        name for name in lamps.CLASSES for _ in range(9 if name in ("birch", "elm") else 10)
    ]


def test_what_cannot_be_read_in_a_source_is_named_by_its_row(
    lamps_codec: Codec, forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [(forest / f"ash/{i}.png").read_bytes() for i in range(10)]
    cells[4], cells[7] = b"no picture", None
    (tmp_path / "table").mkdir()
    pq.write_table(
        pa.table({"image": pa.array(cells, pa.binary()), "label": [0, 1] * 5}), tmp_path / "table/test.parquet"
    )
    monkeypatch.setattr(bulk, "CHUNK", 3)
    spec = f"parquet:{tmp_path / 'table'}?image=image&label=label"
    done = encode_inputs(lamps_codec, [spec], tmp_path / "out.lac")
    assert done.n == 8
    assert [failure.partition(": ")[0] for failure in done.failures] == [f"{spec} row 4", f"{spec} row 7"]


@pytest.mark.parametrize(
    ("item", "match"),
    [
        ("gone.png", "gone.png: no such file or folder, and no SOURCE"),
        ("empty", r"empty: there is no picture in this folder \(1 other files\)"),
        ("text.txt", "none of 1 pictures could be read, nothing written; text.txt: no picture format begins with"),
    ],
)
def test_what_cannot_be_encoded_leaves_the_old_file(
    item: str, match: str, lamps_codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for path in ("empty/notes.txt", "text.txt", "out.lac"):
        (tmp_path / path).write_text("of old")
    with pytest.raises(InputError, match=match):
        encode_inputs(lamps_codec, [item], Path("out.lac"))
    assert (tmp_path / "out.lac").read_text() == "of old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "out.lac", "text.txt"]


def test_a_wrong_input_is_found_before_any_work_is_done(
    lamps_codec: Codec, forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Codec, "features", lambda *_: pytest.fail("work was done"))
    with pytest.raises(InputError, match="gone"):
        encode_inputs(lamps_codec, [str(forest), "gone"], tmp_path / "out.lac")
    with pytest.raises(SourceError, match="no source"):
        encode_inputs(lamps_codec, [str(forest), "nothing:at-all"], tmp_path / "out.lac")


@pytest.mark.parametrize(
    ("out", "match"),
    [
        ("missing/out.lac", "can't write .*out.lac: there is no folder .*missing; make it first"),
        ("folder", "can't write .*folder: it is there and is no file; choose another name"),
        ("/dev/null", "can't write /dev/null: it is there and is no file"),
    ],
)
def test_a_place_for_no_file_is_found_before_any_work_is_done(
    out: str, match: str, lamps_codec: Codec, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=match):
        encode_inputs(lamps_codec, ["gone"], tmp_path / out)
    with pytest.raises(InputError, match=match.replace("out.lac", "out.csv")):
        write_table([], tmp_path / out.replace(".lac", ".csv"))


def meanings(codec: Codec) -> list[Meaning]:
    return codec.decode(codec.encode([lamps.picture(*lit) for lit in [*TREES, (0, 1, 15), (2, 9, 14)]]))


def test_all_tables_hold_the_same(lamps_codec: Codec, tmp_path: Path) -> None:
    said = meanings(lamps_codec)
    for ending in bulk.TABLES:
        write_table(said, tmp_path / f"table{ending}")
    parquet = pq.read_table(tmp_path / "table.parquet").to_pylist()
    jsonl = [json.loads(line) for line in (tmp_path / "table.jsonl").read_text().splitlines()]
    with (tmp_path / "table.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert parquet == jsonl
    assert [row["row"] for row in parquet] == list(range(7))
    for row, line, meaning in zip(parquet, lines, said, strict=True):
        assert (row["name"], row["label"], row["word"]) == (meaning.name, meaning.label, meaning.word)
        assert row["confidence"] == meaning.confidence == float(line["confidence"])
        assert row["probabilities"] == meaning.probabilities.tolist()
        assert [line[key] for key in ("row", "name", "label", "word")] == [
            str(row[key]) for key in ("row", "name", "label", "word")
        ]
        assert "probabilities" not in line


def test_a_table_of_nothing_still_has_its_columns(tmp_path: Path) -> None:
    for ending in (".PARQUET", ".csv", ".jsonl"):
        write_table([], tmp_path / f"table{ending}")
    assert pq.read_table(tmp_path / "table.PARQUET").column_names == list(bulk.COLUMNS)
    assert (tmp_path / "table.csv").read_text().strip() == "row,kind,name,label,confidence,word"
    assert (tmp_path / "table.jsonl").read_text() == ""


def test_names_that_are_no_text_are_still_written(tmp_path: Path) -> None:
    strange = Meaning(0, 'caf\udce9, "so"\n', 1.0, np.ones(1), "0")  # a folder's name in Latin-1
    for ending in bulk.TABLES:
        write_table([strange], tmp_path / f"table{ending}")
    (row,) = pq.read_table(tmp_path / "table.parquet").to_pylist()
    assert row["name"] == 'caf\\udce9, "so"\n' == json.loads((tmp_path / "table.jsonl").read_text())["name"]
    with (tmp_path / "table.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["name"] == row["name"]


def test_another_ending_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a table ends in one of .parquet, .csv, .jsonl; .*table.xlsx does not"):
        write_table([], tmp_path / "table.xlsx")


def test_a_table_that_cannot_be_written_leaves_the_old_one(
    lamps_codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text("of old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StreamError, match=r"table.csv: No space left on device; what was there is unchanged"):
        write_table(meanings(lamps_codec), tmp_path / "table.csv")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("table.csv", "of old")]
