"""The page: self-contained, escaped, the same bytes each time, and never half written."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from laconic.contract import ClassScore, Evaluation, LaconicError, UnknownScore
from laconic.report import write_report
from laconic.report.thumbnails import data_uri, jpeg_bytes

HOSTILE = """</li><script>alert(1)</script><img src=x onerror="alert(2)"> & ' \u2603 \udcff"""


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text outside the style sheet."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\N{NARROW NO-BREAK SPACE}", " ")

    def images(self) -> list[str]:
        return [attributes["src"] for tag, attributes in self.elements if tag == "img"]


def pictures(channels: int = 3, side: int = 8, n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side, channels), dtype=np.uint8)


def test_says_the_headline_the_table_the_words_and_where_they_come_from(tmp_path: Path, evaluation: Evaluation) -> None:
    path = tmp_path / "report.html"
    write_report(path, evaluation, pictures(), title="Ten things", provenance={"command": "laconic demo"})
    text = Page(path).text
    for said in ("Ten things", "97.0 %", "6.10 bits", "2.70 bytes", "98.0 %", "MaxPro K=12", "192 bytes"):
        assert said in text
    for said in ("truck", "12+7+3", "2 bits", "said 20 times", "not said in this test", "laconic demo"):
        assert said in text
    assert "71 times as many as raw pixels" in text


def test_needs_no_network_and_no_script(tmp_path: Path, evaluation: Evaluation) -> None:
    path = tmp_path / "report.html"
    write_report(path, evaluation, pictures(), title="t", provenance={})
    page = Page(path)
    assert {tag for tag, _ in page.elements} & {"script", "iframe", "object", "base", "form"} == set()
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert name.startswith("xmlns") or "//" not in value
            assert name not in ("src", "href", "xlink:href") or value.startswith(("data:", "#"))
    assert not re.search(r"@import|url\((?!#)", page.source)
    assert "default-src 'none'" in page.source
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 0


def test_hostile_names_stay_text(tmp_path: Path, evaluation: Evaluation) -> None:
    word = replace(evaluation.words[0], name=HOSTILE, word=HOSTILE)
    said = replace(evaluation.said, code=HOSTILE)
    assert evaluation.sending is not None
    bad = replace(
        evaluation,
        source=HOSTILE,
        classes=(HOSTILE, "b"),
        by_class=(replace(evaluation.by_class[0], name=HOSTILE),),
        confusion=np.array([[3, 1], [0, 0]]),
        sending=replace(evaluation.sending, unknown=(UnknownScore(HOSTILE, 1, 0.5, 0.0),)),
        words=(word,),
        said=said,
        codes=(*evaluation.codes, said),
    )
    path = tmp_path / "report.html"
    write_report(path, bad, None, title=HOSTILE, provenance={HOSTILE: HOSTILE})
    page = Page(path)
    assert not [tag for tag, attributes in page.elements if tag in ("script", "img") or "onerror" in attributes]
    assert page.text.count("<script>alert(1)</script>") >= 11
    assert r"\udcff" in page.text


def test_embeds_as_many_pictures_as_asked_exactly(tmp_path: Path, evaluation: Evaluation) -> None:
    path, shown = tmp_path / "report.html", pictures()
    write_report(path, evaluation, shown, title="t", provenance={}, max_words=2, max_examples=2)
    page = Page(path)
    assert len(page.images()) == 6
    assert "And 2 more words, said for 8 pictures (20.0 %)." in page.text
    for uri, row in zip(page.images(), (7, 39, 0, 3, 1, 2), strict=True):
        with urlopen(uri) as response:
            assert np.array_equal(np.asarray(Image.open(BytesIO(response.read()))), shown[row])
    write_report(path, evaluation, None, title="t", provenance={})
    assert Page(path).images() == []


def test_the_same_bytes_for_the_same_input(tmp_path: Path, evaluation: Evaluation) -> None:
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, evaluation, pictures(1), title="t", provenance={"seed": "0"})
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_large_pictures_become_small_ones_in_their_shape() -> None:
    with urlopen(data_uri(np.zeros((240, 320, 3), np.uint8))) as response:
        assert Image.open(BytesIO(response.read())).size == (96, 72)


def test_jpeg_bytes_is_the_mean_of_the_files() -> None:
    shown, sizes = pictures(n=3, side=16), []
    for picture in shown:
        sheet = BytesIO()
        Image.fromarray(picture).save(sheet, "JPEG", quality=75, optimize=True)
        sizes.append(len(sheet.getvalue()))
    assert jpeg_bytes(shown) == np.mean(sizes)


@contextmanager
def files_up_to(n_bytes: int) -> Iterator[None]:
    """Let writing fail half-way, as on a disk that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_old_report_survives_a_disk_that_fills_up(tmp_path: Path, evaluation: Evaluation) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with files_up_to(10_000), pytest.raises(LaconicError, match=r"cannot write the report .*: .*; make room"):
        write_report(path, evaluation, pictures(), title="t", provenance={})
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("report.html", "old")]


def test_the_old_report_survives_when_it_cannot_be_replaced(
    tmp_path: Path, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError(13, f"not allowed: {source} -> {target}")

    path = tmp_path / "report.html"
    path.write_text("old")
    monkeypatch.setattr("os.replace", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LaconicError, match="not allowed"):
        write_report(path, evaluation, None, title="t", provenance={})
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("report.html", "old")]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, evaluation: Evaluation) -> None:
    with pytest.raises(LaconicError, match=r"cannot write the report .*nowhere.*No such file"):
        write_report(tmp_path / "nowhere" / "report.html", evaluation, None, title="t", provenance={})


def test_pictures_of_another_test_are_refused(tmp_path: Path, evaluation: Evaluation) -> None:
    path = tmp_path / "report.html"
    with pytest.raises(LaconicError, match="of 40 pictures, but 39 came: give all of them"):
        write_report(path, evaluation, pictures(n=39), title="t", provenance={})
    with pytest.raises(LaconicError, match="1 or 3 channels, not 4"):
        write_report(path, evaluation, pictures(4), title="t", provenance={})
    word = replace(evaluation.words[0], examples=(40,))
    with pytest.raises(LaconicError, match=r"an example is row 0 \.\.\. 39 of the pictures, not 40"):
        write_report(path, replace(evaluation, words=(word,)), pictures(), title="t", provenance={})
    mistake = replace(evaluation.worst[0], row=-1)
    with pytest.raises(LaconicError, match=r"a mistake is row 0 \.\.\. 39 of the pictures, not -1"):
        write_report(path, replace(evaluation, worst=(mistake,)), pictures(), title="t", provenance={})
    assert not path.exists()


def written(path: Path, evaluation: Evaluation, shown: np.ndarray | None = None) -> Page:
    write_report(path, evaluation, shown, title="t", provenance={})
    return Page(path)


def test_classes_with_their_recall_and_what_is_taken_for_what(tmp_path: Path, evaluation: Evaluation) -> None:
    page = written(tmp_path / "report.html", evaluation)
    assert "mean recall of the classes, is 97.5 %" in page.text
    assert "truck475.0 %5.50" in page.text  # name, pictures, recall, bits
    cells = [attributes["class"] for tag, attributes in page.elements if tag == "td" and "class" in attributes]
    assert cells.count("right strong") == 10
    assert [cell for cell in cells if cell.startswith("wrong")] == ["wrong"]  # one truck in four: root 0.5
    assert "truck31" in page.text


def test_of_many_classes_the_worst_and_the_most_frequent_confusions(tmp_path: Path, evaluation: Evaluation) -> None:
    names = tuple(f"class {i:02}" for i in range(60))
    confusion = np.diag(np.full(60, 50))
    confusion[30, 31], confusion[2, 59], confusion[59, 2] = 9, 7, 8
    by_class = tuple(ClassScore(name, 50, 0.5 + i / 200, 5.0) for i, name in enumerate(names))
    absent = replace(by_class[0], n=0, recall=0.0)
    many = replace(evaluation, classes=names, confusion=confusion, by_class=(absent, *by_class[1:]))
    text = written(tmp_path / "report.html", many).text
    rows = ("class 30class 31915.3 %", "class 59class 02813.8 %", "class 02class 59712.3 %")
    assert [text.index(row) for row in rows] == sorted(text.index(row) for row in rows)
    assert "The most frequent confusions of 60 classes" in text
    assert "And 20 more classes, each with a recall of 70.5 % or more." in text  # 1 ... 40 are shown, 0 has no picture


def test_many_classes_without_a_confusion_have_no_table_of_them(tmp_path: Path, evaluation: Evaluation) -> None:
    names = tuple(map(str, range(21)))
    right = replace(evaluation, classes=names, confusion=np.eye(21, dtype=np.int64), worst=())
    text = written(tmp_path / "report.html", right, pictures()).text
    assert "most frequent confusions" not in text
    assert "Not one test picture was misunderstood" in text


def test_the_worst_mistakes_say_what_was_understood(tmp_path: Path, evaluation: Evaluation) -> None:
    text = written(tmp_path / "report.html", evaluation, pictures()).text
    assert "truckunderstood as ship91.0 % sure" in text
    assert "The worst mistakes" not in written(tmp_path / "report.html", evaluation).text


def test_said_or_sent_with_its_bound_the_three_ways_and_strange_pictures(
    tmp_path: Path, evaluation: Evaluation
) -> None:
    text = written(tmp_path / "report.html", evaluation).text
    assert "With 95 % confidence, at most 5 % of what is said is wrong; calibration left 4.6 % possible" in text
    assert "Said or sent80.0 %2.5 %14.5096.0 %94.0 %" in text
    assert "Always said100 %10.0 %3.0090.0 %90.0 %" in text
    assert "Always sent0 %none said60.0098.0 %92.0 %" in text
    assert "from 3 to 6 bytes a picture: always saying is right for 90.0 %" in text
    assert "that calibration could show: 3. On the test pictures 2 of them were kept. Above the bound: 10 %." in text
    assert "foreign3000.87512.0 %" in text
    assert "Of 301 such pictures, 36 were said." in text


def test_a_codec_that_says_everything_has_no_such_section(tmp_path: Path, evaluation: Evaluation) -> None:
    text = written(tmp_path / "report.html", replace(evaluation, sending=None)).text
    assert "Said or sent" not in text
    assert "sent as a picture" not in text


def test_a_limit_that_was_not_met_is_told_first(tmp_path: Path, evaluation: Evaluation) -> None:
    assert evaluation.sending is not None
    nothing = replace(evaluation.sending.send, max_error=0.05)
    unmet = replace(evaluation.sending, met=False, error_bound=1.0, chosen=nothing, curve=(), unknown=())
    text = written(tmp_path / "report.html", replace(evaluation, sending=unmet)).text
    assert "could not show that at most 5 % of what is said would be wrong: nothing is said" in text
    assert "No limit up to 30 % could be shown by calibration." in text
    assert "from 3 to 60 bytes a picture: always saying" in text
    assert "Pictures of nothing" not in text
