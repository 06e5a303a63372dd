"""The page of a codec over a link: every way in figures and table, nothing from outside as HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from laconic.contract import LaconicError, LinkCurve, LinkPoint, LinkScore
from laconic.report.link import accuracy_over_ratio, accuracy_over_snr, link_page, write_link_page


def point(snr_db: float, accuracy: float, symbols: float = 24.0, errors: float | None = 0.25) -> LinkPoint:
    return LinkPoint(snr_db, "qpsk 1/2", symbols, symbols / 64, errors, 0.75, accuracy)


def score(*snrs: float) -> LinkScore:
    curves = [
        LinkCurve(way, 0.9, tuple(point(snr, 0.1 + 0.03 * max(snr, 0), 24.0 * (i + 1)) for snr in snrs))
        for i, way in enumerate(("said", "sent", "said-or-sent"))
    ]
    analog = LinkCurve("analog", 0.95, tuple(point(snr, 0.5, 16.0, None) for snr in snrs))
    return LinkScore("<b>digits</b>", "mine.Channel(<script>)", 500, 0, (*curves, analog), 3.2)


def test_a_page_shows_every_point_and_nothing_from_outside_as_html() -> None:
    page = link_page(score(0.0, 10.0, 20.0), {"codec": "<i>codec</i>"})
    assert page.count("<svg ") == 4
    assert page.count("<tr><th>Said</th>") == page.count("<tr><th>Analog features</th>") == 3
    assert "<td>10 dB</td><td>qpsk 1/2</td><td>24</td><td>0.375</td>" in page
    assert "&lt;b&gt;digits&lt;/b&gt;" in page
    assert not any(raw in page for raw in ("<b>digits", "<script>", "<i>codec"))
    assert link_page(score(0.0, 10.0, 20.0), {"codec": "<i>codec</i>"}) == page


@pytest.mark.parametrize("snrs", [(10.0,), (-0.5, 0.0), tuple(float(snr) for snr in range(-100, 100))])
@pytest.mark.parametrize("width", [370, 1000])
def test_any_range_of_snrs_can_be_drawn(snrs: tuple[float, ...], width: int) -> None:
    for figure in (accuracy_over_snr, accuracy_over_ratio):
        drawn = figure(score(*snrs), width)
        for name in ("Said", "Sent", "Said or sent", "Analog features"):
            assert f">{name}<" in drawn


def test_a_page_of_a_link_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(LaconicError, match="cannot write the report"):
        write_link_page(tmp_path / "gone" / "page.html", score(0.0), {})
