"""What a trial leaves: JSON, CSV, LaTeX, a page, a PNG, and a PDF whose fonts print everywhere."""

from __future__ import annotations

import csv
import json
import re
import zlib
from pathlib import Path

import pytest
from PIL import Image

from laconic.trials import Column, Outcome, OutcomeError, Result, Run, run_trial
from laconic.trials.catalogue import own_trial
from laconic.trials.results import state
from laconic.trials.tables import as_csv, as_latex, as_markdown, rows

COLUMNS = (Column("bits", "bits_%", 1), Column("curve", "|Z|", 0))
RUNS = [
    Run("a_b", 0, {"bits": 1.0, "curve": [1, 2]}, 1.0, {}),
    Run("a_b", 1, {"bits": 2.0, "curve": [1, 4]}, 1.0, {}),
    Run("c", 0, {"curve": [5, 6]}, 1.0, {}),
]
OUTCOME = Outcome(tuple(RUNS))


@pytest.fixture
def result(toy: Path, tmp_path: Path) -> Result:
    return run_trial(own_trial(toy), tmp_path, command="laconic trial toy")


def test_results_hold_the_claim_the_rule_the_verdict_every_run_and_their_provenance(result: Result) -> None:
    record = json.loads((result.folder / "results.json").read_text())
    assert record["verdict"] == result.verdict == "reproduced"
    assert (record["trial"], record["scale"], record["source"]) == ("toy/bonus", "smoke", "digits")
    assert record["rule"] == "the score of more is above that of less"
    assert len(record["runs"]) == 6
    assert record["findings"][0]["said"].startswith("score of more is higher than score of less: holds; difference 5.0")
    assert record["provenance"]["command"] == "laconic trial toy"
    assert record["planned"] <= record["provenance"]["written"]
    assert {"commit", "versions", "machine", "seconds", "seconds_of_runs"} <= set(record["provenance"])


def test_the_rule_that_was_planned_is_remembered(toy: Path, result: Result, tmp_path: Path) -> None:
    plan = (result.folder / "plan.json").read_bytes()
    assert "rule_when_planned" not in json.loads((result.folder / "results.json").read_text())
    toy.write_text(toy.read_text().replace("is above that of less", "is above 3"))
    import sys

    del sys.modules["toy_trial"]
    run_trial(own_trial(toy), tmp_path)
    record = json.loads((result.folder / "results.json").read_text())
    assert (record["rule"], record["rule_when_planned"]) == (
        "the score of more is above 3",
        "the score of more is above that of less",
    )
    assert (result.folder / "plan.json").read_bytes() == plan
    page = (result.folder / "results.md").read_text()
    assert "rule, changed after it was planned: the score of more is above 3; rule planned 20" in page
    assert ": the score of more is above that of less\n" in page


def test_fonts_in_the_pdf_are_type_42_and_none_is_type_3(result: Result) -> None:
    pdf = (result.folder / "figure.pdf").read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    text = pdf
    for stream in streams:
        try:
            text += zlib.decompress(stream)
        except zlib.error:
            continue
    assert b"/CIDFontType2" in text or b"/TrueType" in text
    assert b"/FontFile2" in text
    assert b"/Type3" not in text


def test_the_png_is_a_figure_and_says_what_it_shows(result: Result) -> None:
    with Image.open(result.folder / "figure.png") as image:
        assert (image.format, image.width) == ("PNG", 1050)
        assert "toy/bonus at scale smoke on digits, seeds 0 to 2" in image.text["Description"]


def test_the_page_and_the_tables_say_what_made_them(result: Result) -> None:
    for name, mark in {"results.md": "    ", "table.csv": "# ", "table.tex": "% "}.items():
        text = (result.folder / name).read_text()
        assert f"\n{mark}command: laconic trial toy\n" in text
        assert f"\n{mark}verdict: reproduced; rule, planned 20" in text
    assert (result.folder / "results.md").read_text().startswith("# toy/bonus: reproduced\n")


def test_rows_follow_arms_and_points() -> None:
    found = [(row.arm, row.point, [cell and cell.mean for cell in row.cells]) for row in rows(OUTCOME, COLUMNS)]
    assert found == [("a_b", 0, [1.5, 1]), ("a_b", 1, [None, 3]), ("c", 0, [None, 5]), ("c", 1, [None, 6])]
    with pytest.raises(OutcomeError, match="no arm measures 'rate', which the table shows"):
        rows(OUTCOME, [Column("rate", "")])


def test_the_csv_is_in_long_form_with_every_number() -> None:
    text = as_csv(OUTCOME, COLUMNS, ["what", "who"])
    assert text.startswith("# what\n# who\narm,point,key,")
    table = list(csv.DictReader(text.splitlines()[2:]))
    assert [(row["arm"], row["point"], row["key"], row["n"], row["mean"]) for row in table] == [
        ("a_b", "0", "bits", "2", "1.5"),
        ("a_b", "0", "curve", "2", "1.0"),
        ("a_b", "1", "curve", "2", "3.0"),
        ("c", "0", "curve", "1", "5.0"),
        ("c", "1", "curve", "1", "6.0"),
    ]
    assert float(table[0]["sd"]) == pytest.approx(0.5**0.5)
    assert table[3]["sd"] == ""


def test_the_latex_is_a_booktabs_table() -> None:
    assert as_latex(OUTCOME, COLUMNS, ["what"]) == (
        "% what\n"
        r"\begin{tabular}{lrr}" "\n"
        r"\toprule" "\n"
        r"& bits\_\% & \textbar{}Z\textbar{} \\" "\n"
        r"\midrule" "\n"
        r"a\_b & $1.5 \pm 0.7$ & $1 \pm 0$ \\" "\n"
        r" &  & $3 \pm 1$ \\" "\n"
        r"\addlinespace" "\n"
        r"c &  & $5$ \\" "\n"
        r" &  & $6$ \\" "\n"
        r"\bottomrule" "\n"
        r"\end{tabular}" "\n"
    )  # fmt: skip


def test_the_page_shows_the_same_table() -> None:
    assert as_markdown(OUTCOME, COLUMNS).splitlines()[:3] == [
        r"| arm | bits_% | \|Z\| |",
        "|---|---:|---:|",
        "| a_b | 1.5 ± 0.7 | 1 ± 0 |",
    ]


def test_state_tells_how_far_a_trial_has_come(toy: Path, tmp_path: Path) -> None:
    trial = own_trial(toy)
    assert state(trial, tmp_path) == {"state": "not run", "scale": None, "verdict": None}
    place = toy.parent / "fault-0-0"
    place.write_text("1 / 0")
    with pytest.raises(Exception, match="failed"):
        run_trial(trial, tmp_path, seeds=2)
    assert state(trial, tmp_path)["state"] == "unfinished"
    place.unlink()
    run_trial(trial, tmp_path, seeds=2)
    assert state(trial, tmp_path) == {"state": "done", "scale": "smoke", "verdict": "reproduced"}


RESULTS = Path(__file__).parents[2] / "docs" / "results"


def test_the_page_of_what_was_found_lists_every_trial_with_its_verdict() -> None:
    page = (RESULTS / "README.md").read_text()
    listed = re.findall(r"^\| \[(\S+)\]\((\S+)/results\.md\) \| (\w+) \| (\d+) \| ([a-z ]+) \| \S", page, re.MULTILINE)
    records = {path.parent: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*/*/*/results.json"))}
    assert sorted(listed) == [
        (found["trial"], str(folder.relative_to(RESULTS)), found["scale"], str(found["seeds"]), found["verdict"])
        for folder, found in records.items()
    ]
