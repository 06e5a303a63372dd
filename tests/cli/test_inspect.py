"""`laconic inspect`: a codec, a `.lac` file and a packet, for people and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lamps
import pytest
from PIL import Image

from laconic.codec import Codec


def test_a_codec_is_its_lexicon(laconic: Any, lamps_folder: Path) -> None:
    answer = laconic("inspect", lamps_folder, "--json").answer
    assert answer["classes"] == list(lamps.CLASSES)
    assert [word["word"] for word in answer["words"]][:2] == ["0+1+2", "3+4+5"]
    lines = laconic("inspect", lamps_folder).out.splitlines()
    assert lines[0].split(maxsplit=1) == ["classes", "ash, birch, cedar, dogwood, elm"]
    assert ["0+1+2", "0", "16", "ash,", "100.0", "%"] in [line.split() for line in lines]
    assert "more words" not in lines[-1]


def test_words_that_training_never_said_are_counted_not_listed(laconic: Any, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec", said=lamps.spoken(lamps.MaxAmp(k=1)))
    lines = laconic("inspect", folder).out.splitlines()
    assert lines[-1] == "... and 26 more words, 26 of them never said in training; --json lists them all"
    assert len(laconic("inspect", folder, "--json").answer["words"]) == 32


def test_a_file_with_and_without_its_codec(laconic: Any, lamps_folder: Path, tmp_path: Path) -> None:
    Image.fromarray(lamps.picture(0, 1, 2)).save(tmp_path / "a.png")
    laconic("encode", lamps_folder, tmp_path / "a.png", "-o", tmp_path / "a.lac")
    alone = laconic("inspect", tmp_path / "a.lac", "--json").answer
    assert (alone["messages"], alone["escaped"], alone["code_bits"]) == (1, 0, 1)
    known = laconic("inspect", tmp_path / "a.lac", "--codec", lamps_folder)
    assert known.out.splitlines()[-1].split() == ["meanings", "1", "ash"]


@pytest.mark.parametrize("text", ["20802e", "20 80 2E"])
def test_a_packet_is_shown_bit_by_bit(text: str, laconic: Any, lamps_folder: Path) -> None:
    lines = [line.split() for line in laconic("inspect", text, "-c", lamps_folder).out.splitlines()]
    assert lines[0] == ["bytes", "3"]
    assert ["001", "header", "version", "1"] in lines
    assert ["100", "payload", "word", "3+4+5"] in lines
    assert lines[-1] == ["meaning", "birch,", "99.9", "%"]
    fields = laconic("inspect", text, "-c", lamps_folder, "--json").answer["fields"]
    assert "".join(field["bits"] for field in fields) == f"{0x20802E:024b}"


def test_a_packet_without_its_codec_is_a_frame(laconic: Any) -> None:
    ran = laconic("inspect", "20802e")
    assert ran.code == 0
    assert "payload and check; --codec CODEC explains them" in ran.out


def test_every_damaged_bit_of_a_packet_is_an_error(laconic: Any, lamps_folder: Path, lamps_codec: Codec) -> None:
    (packet,) = lamps_codec.encode([lamps.picture(3, 4, 5)])
    for bit in range(8 * len(packet)):
        damaged = bytearray(packet)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        ran = laconic("inspect", damaged.hex(), "-c", lamps_folder)
        assert ran.code == 1
        assert ran.err.startswith("laconic: ")


@pytest.fixture
def trees(tmp_path: Path) -> str:
    """A folder source with a test split of two pictures for each tree."""
    for label, name in enumerate(lamps.CLASSES):
        for split in ("train", "test"):
            folder = tmp_path / "trees" / split / name
            folder.mkdir(parents=True)
            for i in range(2):
                lit = (3 * label, 3 * label + 1, 3 * label + 2 - i)  # the second lamp twice: two lamps, then
                Image.fromarray(lamps.picture(*lit)).save(folder / f"{i}.png")
    return f"folder:{tmp_path / 'trees'}"


def test_a_codec_with_pictures_is_its_units_too(laconic: Any, lamps_folder: Path, trees: str, tmp_path: Path) -> None:
    page = tmp_path / "units.html"
    answer = laconic("inspect", lamps_folder, trees, "--html", page, "--json").answer
    assert answer["page"] == str(page)
    assert sorted(unit["unit"] for unit in answer["units"]) == list(range(15))
    assert len(answer["removal"]) == 16
    assert all(f'id="unit-{unit["unit"]}"' in page.read_text("utf-8") for unit in answer["units"])
    lines = [line.split() for line in laconic("inspect", lamps_folder, trees).out.splitlines()]
    assert ["unit", "fires", "right", "without", "it", "classes", "that", "fall", "without", "it"] in lines
    assert sum(line[1:] != [] and line[0] == "14" and line[2] == "%" for line in lines if len(line) > 2) == 1


def test_a_page_takes_pictures_and_pictures_take_a_codec(laconic: Any, lamps_folder: Path, tmp_path: Path) -> None:
    ran = laconic("inspect", lamps_folder, "--html", tmp_path / "units.html")
    assert (ran.code, ran.out) == (2, "")
    assert "--html shows units on pictures: laconic inspect CODEC SOURCE --html PAGE" in ran.err
    ran = laconic("inspect", "20802e", "digits")
    assert (ran.code, ran.out) == (2, "")
    assert "a SOURCE goes with a Codec folder, and 20802e is none" in ran.err


def test_the_units_of_a_trained_codec_look_somewhere(laconic: Any, digits_folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "units.html"
    ran = laconic("inspect", digits_folder, "digits", "--html", page, "--json")
    text = page.read_text("utf-8")
    assert "no attention maps" not in ran.err
    assert "lit where the unit looks" in text
    assert text.count('<li class="card word" id=') == min(200, len(ran.answer["units"]))
