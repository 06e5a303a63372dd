"""The page of several sensors: every cell, both codecs, nothing from outside as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laconic.contract import LaconicError
from laconic.report.sense import accuracy_over_bits, sense_page, write_sense_page
from laconic.report.wording import percent

CODES = {"full": 1024.0, "decision": 3.3, "decision, likelihood": 3.2, "likelihood-4": 3.9}


def answer(snrs: tuple[float, ...] = (0.0, 6.0, 12.0, 18.0), nodes: tuple[int, ...] = (1, 2, 3)) -> dict[str, Any]:
    codecs = ("<b>clean</b>", "noisy")
    cells = [
        {"codec": codec, "nodes": n, "snr_db": snr_db, "code": code, "bits": bits, "accuracy": 0.5 + 0.1 * n, "n": 500}
        for codec in codecs
        for snr_db in snrs
        for n in nodes
        for code, bits in CODES.items()
    ]
    ends = (nodes[0], nodes[-1])
    worth = {"nodes": ends, "best": "likelihood-4", "worst": "decision", "by_nodes": 0.2, "by_code": 0.0712}
    compared = {"code": "likelihood-4", "rival": "decision, likelihood"}
    verdicts = (("better", 0.05), ("worse", -0.021))
    return {
        "source": "<script>digits",
        "classes": 10,
        "seed": 0,
        "views": "mixed",
        "n_train": 600,
        "cells": cells,
        "worth": [{"codec": codec, "snr_db": snr_db, **worth} for codec in codecs for snr_db in snrs],
        "comparisons": [
            {"codec": "noisy", **compared, "verdict": verdict, "difference": difference}
            for verdict, difference in verdicts
        ],
    }


def test_a_page_shows_every_cell_of_each_codec_and_nothing_from_outside_as_html() -> None:
    page = sense_page(answer())
    assert page.count("<svg ") == 2 * 2 * 3  # two codecs, wide and narrow, at three of four SNRs
    assert page.count("<tr><th>likelihood-4</th>") == 2 * 4
    assert f"<td>6 dB</td><td>3.90</td>{''.join(f'<td>{percent(p)}</td>' for p in (0.6, 0.7, 0.8))}" in page
    assert page.count("<td>+20.0</td><td>+7.1</td><td>likelihood-4 over decision</td>") == 2 * 4
    told = "better in 1, worse in 1 of 2 cells; \N{MINUS SIGN}2.1 to +5.0"
    assert page.count(f"<li>likelihood-4 against decision, likelihood: {told}</li>") == 1
    assert "&lt;b&gt;clean&lt;/b&gt;" in page
    assert not any(raw in page for raw in ("<b>clean", "<script>"))
    assert sense_page(answer()) == page


@pytest.mark.parametrize("nodes", [(1,), (2, 3), tuple(range(1, 33))])
@pytest.mark.parametrize("width", [370, 1000])
def test_any_number_of_nodes_can_be_drawn(nodes: tuple[int, ...], width: int) -> None:
    cells = [{**cell, "accuracy": min(1.0, cell["accuracy"])} for cell in answer((6.0,), nodes)["cells"][:: len(nodes)]]
    drawn = accuracy_over_bits(cells, 10, width)
    assert all(f">{cell['code']}<" in drawn for cell in cells)


def test_one_snr_is_one_figure() -> None:
    assert sense_page(answer((6.0,))).count("<svg ") == 2 * 2


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(LaconicError, match="cannot write the report"):
        write_sense_page(tmp_path / "gone" / "page.html", answer())
