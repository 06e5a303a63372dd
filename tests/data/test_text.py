"""Texts as tokens: words, vocabularies, what is refused, and the columns and sources that hold texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.data import Preprocessing, SourceError, Text, TextError, TextPreprocessing, load, open_source, suggest
from laconic.data.text import MAX_BYTES, VOCABULARY, words_of

Write = Callable[..., Path]
SMALL = TextPreprocessing(("<pad>", "<unk>", "good", "bad", "film"), length=4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good. BAD!", ["good", "bad"]),
        ("don\u2019t stop", ["don't", "stop"]),
        ("one<br /><br />two", ["one", "two"]),
        ("2 < 3 > 1", ["2", "3", "1"]),
        ("caf\u0065\u0301 \ufb01lm", ["caf\u00e9", "film"]),
        ("'quoted'", ["quoted"]),
        (" \n\t", []),
    ],
)
def test_words_are_small_letters_without_tags_and_marks(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_the_last_words_are_kept_and_shorter_texts_padded() -> None:
    assert SMALL.apply("a good film").tolist() == [1, 2, 4, 0]
    assert SMALL.apply("bad bad good film film good").tolist() == [2, 4, 4, 2]
    assert SMALL.batch(["good", "bad film"]).tolist() == [[2, 0, 0, 0], [3, 4, 0, 0]]
    assert SMALL.batch([]).shape == (0, 4)


def test_ready_tokens_stay_as_they_are() -> None:
    tokens = SMALL.batch(["good", "bad film"])
    assert SMALL.batch(tokens) is tokens
    for wrong in (tokens.astype(np.int64), tokens[:, :3], np.zeros((1, 4), np.uint16), tokens + np.uint16(3)):
        with pytest.raises(TextError, match="wanted texts, or the tokens that `apply` makes of them"):
            SMALL.batch(wrong)


def test_the_most_frequent_words_of_two_texts_or_more_are_learnt() -> None:
    learnt = TextPreprocessing.learn(["b b b a c", "a c d d d", "a"], words=2)
    assert learnt.vocabulary == ("<pad>", "<unk>", "a", "c")  # b and d stand in one text each
    assert TextPreprocessing.learn(["a b", "b a"]).vocabulary[2:] == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty text: there is no word in it"),
        ("<br />", "an empty text"),
        ("das ist gut", "0 of its 3 words are known, less than 50 %: is it in another language than the 3 words"),
        ("good aber nicht schlecht", "1 of its 4 words are known, less than 50 %"),
        (b"good", r"wanted a text \(str\) or the Path of a file, got bytes"),
    ],
)
def test_a_text_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(TextError, match=message):
        SMALL.apply(text)
    with pytest.raises(TextError, match=f"text 1: {message}"):
        SMALL.batch(["good", text])


def test_files_are_utf_8_and_named_in_errors(tmp_path: Path) -> None:
    for name, content in {
        "a": b"\xef\xbb\xbfgood film",
        "b": b"good \xff",
        "c": b"nein",
        "d": b" " * MAX_BYTES + b".",
    }.items():
        (tmp_path / name).write_bytes(content)
    assert SMALL.apply(tmp_path / "a").tolist() == [2, 4, 0, 0]
    for name, message in (
        ("b", "b: is no UTF-8 text .byte 5."),
        ("c", "c: 0 of its 1 words"),
        ("d", "d: more than the limit of 16 MiB; is it a text"),
        ("e", "e: cannot be read .No such file"),
    ):
        with pytest.raises(TextError, match=message):
            SMALL.apply(tmp_path / name)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"length": 0}, "length 0: wanted 1 to 4096 words"),
        ({"least_known": 2.0}, "least_known 2.0: wanted a part from 0 to 1"),
        ({"vocabulary": ("a", "b")}, "a vocabulary is <pad>, <unk> and then 1 to 65534 words, each once"),
        ({"vocabulary": ("<pad>", "<unk>", "a", "a")}, "each once"),
    ],
)
def test_what_is_no_preprocessing_is_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(TextError, match=message):
        TextPreprocessing(**{"vocabulary": SMALL.vocabulary, **parts})  # type: ignore[arg-type]


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=9, unique=True))
def test_a_preprocessing_comes_back_from_its_files(words: list[str]) -> None:
    made = TextPreprocessing(("<pad>", "<unk>", *words), 7, 0.25)
    assert TextPreprocessing.restore(made.record(), made.files()[VOCABULARY]) == made


@pytest.mark.parametrize(
    ("record", "vocabulary", "message"),
    [
        ({}, b"[", "vocabulary.json is no JSON"),
        ({}, b"[1]", "vocabulary.json is no list of words"),
        ({}, b'["<pad>", "<unk>", "a"]', "length and least_known are wanted"),
        ({"length": 3, "least_known": 0.5}, b'["a"]', "a vocabulary is"),
    ],
)
def test_damaged_files_are_refused(record: dict[str, object], vocabulary: bytes, message: str) -> None:
    with pytest.raises(TextError, match=message):
        TextPreprocessing.restore(record, vocabulary)


def test_remarks_are_the_same_each_time_and_of_two_classes() -> None:
    first, second = open_source("remarks?n=60"), open_source("remarks?n=60")
    first.check()
    assert first.class_names == ("unkind", "kind")
    assert (len(first.split("train")), len(first.split("test"))) == (40, 20)
    assert first.split("train").fingerprint == second.split("train").fingerprint
    assert first.split("train").fingerprint != open_source("remarks?n=90").split("train").fingerprint
    assert first.split("train").holds_texts
    with pytest.raises(SourceError, match="n=20: wanted 30 texts or more"):
        open_source("remarks?n=20")


def test_texts_and_pictures_are_not_taken_for_each_other() -> None:
    texts, pictures = open_source("remarks?n=60").split("test"), open_source("digits").split("test")
    with pytest.raises(SourceError, match="test holds texts, and pictures are wanted here"):
        load(texts, Preprocessing(8, 8))
    with pytest.raises(SourceError, match="test holds pictures, and texts are wanted here"):
        load(pictures, SMALL)
    with pytest.raises(SourceError, match="test holds texts, which have no size and colour"):
        suggest(texts)


def test_a_split_of_texts_is_loaded_without_those_that_cannot_be_read() -> None:
    split = open_source("remarks?n=60").split("train")
    known = TextPreprocessing.learn(str(split.picture(row)) for row in range(len(split)))
    loaded = load(split, known)
    assert (loaded.images.dtype, loaded.images.shape, loaded.failures) == (np.uint16, (40, 200), ())
    with pytest.raises(SourceError, match="of 40 texts of train cannot be read; the first is row 0: "):
        load(split, SMALL)


@pytest.mark.parametrize(
    ("columns", "options", "column"),
    [
        ({"text": ["a b", "c"], "label": [0, 1]}, "", "text"),
        ({"review": ["a b", "c"], "stars": [0, 1]}, "", "review"),
        ({"said": ["a b", "c"], "label": [0, 1]}, "", "said"),
        ({"text": ["a b", "c"], "label": ["x", "y"]}, "", "text"),
        ({"said": ["a b", "c"], "other": ["d", "e"], "label": [0, 1]}, "?text=other", "other"),
        ({"image": [b"p", b"q"], "text": ["a b", "c"], "label": [0, 1]}, "?text=text", "text"),
        ({"said": ["a b", "c"], "kind": ["x", "y"]}, "?label=kind", "said"),
    ],
)
def test_a_text_column_is_found_or_named(
    write_parquet: Write, tmp_path: Path, columns: dict[str, list[object]], options: str, column: str
) -> None:
    for part in ("train", "test"):
        write_parquet(tmp_path / f"{part}.parquet", columns)
    source = open_source(f"parquet:{tmp_path}{options}")
    read = source.split("train").picture(0)
    assert (type(read), str(read)) == (Text, columns[column][0])
    assert source.split("train").labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"a": ["x"], "b": ["y"], "label": [0]}, "", r"several columns can be the text \(a, b\); say text=COLUMN"),
        ({"a": ["x"], "label": [0]}, "?text=label", r"column 'label' \(text=\) is int64; wanted text"),
        ({"a": ["x"], "label": [0]}, "?text=b", r"has no column 'b' \(text=\)"),
        ({"a": [b"x"], "b": ["y"], "label": [0]}, "?text=b&image=a", "image= and text= are both given"),
        ({"a": ["x"]}, "", "no column looks like the image"),
    ],
)
def test_text_columns_that_cannot_be_told_are_refused(
    write_parquet: Write, tmp_path: Path, columns: dict[str, list[object]], options: str, message: str
) -> None:
    write_parquet(tmp_path / "train.parquet", columns)
    with pytest.raises(SourceError, match=message):
        open_source(f"parquet:{tmp_path}{options}")


def test_pictures_win_where_there_are_both_and_null_is_an_empty_text(write_parquet: Write, tmp_path: Path) -> None:
    write_parquet(tmp_path / "a/train.parquet", {"image": [b"p"], "text": ["x"], "label": [0]})
    write_parquet(tmp_path / "a/test.parquet", {"image": [b"p"], "text": ["x"], "label": [0]})
    assert not open_source(f"parquet:{tmp_path}/a").split("train").holds_texts
    for part in ("train", "test"):
        write_parquet(tmp_path / f"b/{part}.parquet", {"text": ["good", None], "label": [0, 1]})
    loaded = load(open_source(f"parquet:{tmp_path}/b").split("test"), SMALL, max_unreadable=1.0)
    assert [(failure.row, failure.reason) for failure in loaded.failures] == [
        (1, "an empty text: there is no word in it")
    ]
