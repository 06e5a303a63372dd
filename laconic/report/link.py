"""A codec over a noisy link as a page: accuracy against SNR and against channel bandwidth ratio, and a table."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.contract import LinkCurve, LinkPoint, LinkScore
from laconic.extras import need
from laconic.report.canvas import COLORS, NARROW_PX, WIDE_PX, marks, name_axes, new_axes, pixels, plot, style, svg
from laconic.report.labels import Label, place
from laconic.report.page import document, write_whole
from laconic.report.wording import number, percent, plural, tick

_NAMES = {"said": "Said", "sent": "Sent", "said-or-sent": "Said or sent", "analog": "Analog features"}
_STYLES: dict[str, dict[str, Any]] = {
    "said": {"color": COLORS["accent"], "marker": "o", "ls": "-"},
    "sent": {"color": COLORS["limit"], "marker": "s", "ls": "--"},
    "said-or-sent": {"color": COLORS["ink"], "marker": "D", "ls": "-"},
    "analog": {"color": COLORS["muted"], "marker": "^", "ls": ":"},
}
_COLUMNS = "way, SNR, scheme, symbols, bandwidth ratio, packet errors, answered, accuracy"


def write_link_page(path: Path, score: LinkScore, provenance: dict[str, str]) -> None:
    """Write `score` as one page to `path`, in place of what stood there.

    Raises:
        LaconicError: the file cannot be written (the old one then stays as it was); matplotlib is not installed.
    """
    write_whole(path, link_page(score, provenance))


def link_page(score: LinkScore, provenance: dict[str, str]) -> str:
    """The page that `write_link_page` writes, as text.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    title = f"{score.source} over {score.channel}"
    body = (
        f'<header><p class="eyebrow">laconic link</p><h1>{escape(title)}</h1>'
        f'<p class="lead">{plural(score.n, "test picture")}, each told once at every SNR and by every way. A picture '
        "of which nothing was understood counts as wrong.</p></header>"
        "<h2>What noise leaves</h2>"
        f"{plot(accuracy_over_snr(score, WIDE_PX), accuracy_over_snr(score, NARROW_PX))}"
        "<h2>What a symbol buys</h2>"
        '<p class="note">The channel bandwidth ratio is complex symbols a picture over its height x width x channels. '
        "Points that stand above each other are of one scheme at several SNRs.</p>"
        f"{plot(accuracy_over_ratio(score, WIDE_PX), accuracy_over_ratio(score, NARROW_PX))}"
        f"{_table(score)}{_facts(score, provenance)}"
    )
    return document(title, body)


def accuracy_over_snr(score: LinkScore, width_px: int = 760) -> str:
    """Accuracy of every way against SNR, as one `<svg>` element, `width_px` CSS pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    snrs = [point.snr_db for curve in score.curves for point in curve.points]
    margin = max(0.5, 0.03 * (max(snrs) - min(snrs)))
    with style(width_px):
        axes = _axes(width_px, (min(snrs) - margin, max(snrs) + margin))
        locator = need("matplotlib.ticker", "data").MaxNLocator(8 if width_px >= 500 else 5, integer=True)
        ticks = [float(t) for t in locator.tick_values(min(snrs), max(snrs)) if min(snrs) <= t <= max(snrs)]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        name_axes(axes, "SNR per complex symbol (dB)", "accuracy")
        _draw(axes, score, lambda point: point.snr_db)
        return svg(axes, "Accuracy of every way against the SNR of the link")


def accuracy_over_ratio(score: LinkScore, width_px: int = 760) -> str:
    """Accuracy of every way against channel bandwidth ratio (log scale), otherwise as `accuracy_over_snr`.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    ratios = [point.bandwidth_ratio for curve in score.curves for point in curve.points]
    with style(width_px):
        axes = _axes(width_px, (min(ratios) / 1.5, 1.5 * max(ratios)), scale="log")
        left, right = axes.get_xlim()
        steps = (1, 2, 5) if width_px >= 500 else (1,)
        values = [s * 10.0**p for p in range(floor(log10(left)), ceil(log10(right)) + 1) for s in steps]
        ticks = [value for value in values if left <= value <= right]
        axes.set_xticks(ticks, [f"{value:g}" for value in ticks])
        axes.set_xticks([], minor=True)
        name_axes(axes, "channel bandwidth ratio (log scale)", "accuracy")
        _draw(axes, score, lambda point: point.bandwidth_ratio)
        return svg(axes, "Accuracy of every way against its channel bandwidth ratio")


def _axes(width_px: int, limits: tuple[float, float], scale: str = "linear") -> Any:
    axes = new_axes(width_px, 420)
    axes.set_xscale(scale)
    axes.set_xlim(*limits)
    axes.set_ylim(0, 1.05)
    shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.set_yticks(shares, [tick(share) for share in shares])
    return axes


def _draw(axes: Any, score: LinkScore, across: Any) -> None:
    lines = [_line(curve, across) for curve in score.curves]
    for curve, line in zip(score.curves, lines, strict=True):
        axes.plot(*line, lw=1.8, ms=7, mec=COLORS["card"], zorder=3, **_STYLES[curve.way])
    labels = [
        Label(_NAMES[curve.way], *_hanger(line, i), _STYLES[curve.way]["color"], bold=curve.way == "said")
        for i, (curve, line) in enumerate(zip(score.curves, lines, strict=True))
    ]
    discs = marks(axes, np.concatenate([line.T for line in lines]), radius_px=5.0)
    place(axes, labels, np.concatenate([discs, pixels(axes, lines)]))


def _line(curve: LinkCurve, across: Any) -> Float64[np.ndarray, "2 points"]:
    return np.array([[across(point) for point in curve.points], [point.accuracy for point in curve.points]], np.float64)


def _hanger(line: Float64[np.ndarray, "2 points"], i: int) -> tuple[float, float]:
    """The point that a curve's name hangs on: another one for each, for curves meet where the SNR is high."""
    at = min(line.shape[1] - 1, i)
    return float(line[0, at]), float(line[1, at])


def _table(score: LinkScore) -> str:
    heads = "".join(f"<th>{name}</th>" for name in _COLUMNS.split(", "))
    rows = "".join(_row(curve.way, point) for curve in score.curves for point in curve.points)
    return (
        '<h2>The same in numbers</h2><p class="note">Packet errors: something arrived other than it was sent. '
        "Answered: something was understood, rightly or not. Analog features have no check: each picture's are "
        "answered.</p>"
        f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(way: str, point: LinkPoint) -> str:
    lost = "" if point.packet_error_rate is None else percent(point.packet_error_rate)
    cells = (
        f"{point.snr_db:g} dB",
        escape(point.scheme),
        number(point.symbols),
        f"{point.bandwidth_ratio:.3g}",
        lost,
        percent(point.delivered),
        percent(point.accuracy),
    )
    return f"<tr><th>{_NAMES[way]}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _facts(score: LinkScore, provenance: dict[str, str]) -> str:
    told = {
        "tested on": f"{plural(score.n, 'picture')} of {score.source}",
        "channel": f"{score.channel}, seed {score.seed}",
        "where nothing is lost": ", ".join(f"{_NAMES[c.way]} {percent(c.accuracy_clean)}" for c in score.curves),
        "took": f"{number(score.seconds)} seconds",
        **provenance,
    }
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in told.items())
    return f'<h2>Provenance</h2><dl class="card">{pairs}</dl>'
