"""What a report's figures are drawn on: matplotlib's objects, without pyplot, given back as SVG text.

Text stays text, ids are salted and nothing bears a date, so the same input gives the same bytes. Every colour
is written as a CSS variable with a light fallback: a page may redefine it for the dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from itertools import pairwise
from math import ceil, log2
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.extras import need
from laconic.report.wording import number, tick

# Okabe and Ito's blue and vermilion on neutral greys: told apart by every kind of colour vision.
COLORS = {
    "card": "#fffffe",
    "ink": "#1d2329",
    "muted": "#5f6b76",
    "line": "#dedbd4",
    "accent": "#0072b2",
    "limit": "#c4500a",
    "shade": "#fbf0e8",
}
_STYLE = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 12,
    "axes.labelcolor": COLORS["muted"],
    "axes.edgecolor": COLORS["muted"],
    "xtick.color": COLORS["muted"],
    "ytick.color": COLORS["muted"],
}
WIDE_PX, NARROW_PX = 1000, 370
_MARGIN_PX = {"left": 58, "right": 24, "top": 30, "bottom": 48}


def style(width_px: int) -> Any:
    """Context in which to draw: matplotlib's own defaults and ours, whatever the user's matplotlibrc says.

    Text is 12 pixels high, on a narrow card 11.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    return need("matplotlib.style", "data").context(["default", {**_STYLE, "font.size": 12 if width_px >= 500 else 11}])


def new_axes(width_px: int, height_px: int) -> Any:
    """Empty axes on a card of this size; a point is a pixel, for Agg measures the text at 72 dots an inch."""
    figure = need("matplotlib.figure", "data").Figure(figsize=(width_px / 72, height_px / 72), dpi=72)
    need("matplotlib.backends.backend_agg", "data").FigureCanvasAgg(figure)
    figure.set_facecolor(COLORS["card"])
    left, right, top, bottom = _MARGIN_PX.values()
    size = ((width_px - left - right) / width_px, (height_px - top - bottom) / height_px)
    axes = figure.add_axes((left / width_px, bottom / height_px, *size), facecolor="none")
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(which="both", length=0, pad=6)
    axes.grid(axis="y", which="major", color=COLORS["line"], lw=0.8)
    axes.set_axisbelow(True)
    return axes


def name_axes(axes: Any, across: str, upwards: str) -> None:
    """Name both axes where their ends are: `across` below the right end, `upwards` above the left one."""
    axes.set_xlabel(across, loc="right", labelpad=8)
    left = -_MARGIN_PX["left"] + 8
    axes.annotate(
        upwards,
        (0, 1),
        (left, 14),
        xycoords="axes fraction",
        textcoords="offset points",
        color=COLORS["muted"],
    )


def bit_ticks(axes: Any, width_px: int) -> None:
    """Bits across, in powers of two, as many as there is room for; accuracy upwards, in round percentages."""
    left, right = axes.get_xlim()
    powers = range(ceil(log2(left)), int(log2(right)) + 1)
    bits = [2.0**power for power in powers][:: ceil(len(powers) * 50 / width_px)]
    axes.set_xticks(bits, [number(b) for b in bits])
    axes.set_xticks([], minor=True)
    locator = need("matplotlib.ticker", "data").MaxNLocator(6, steps=[1, 2, 5, 10])
    bottom, top = axes.get_ylim()
    shares = [float(s) for s in locator.tick_values(bottom, 1.0) if bottom <= s <= 1 + 1e-9]
    axes.set_yticks(shares, [tick(share) for share in shares])
    axes.set_ylim(bottom, top)


def pixels(axes: Any, lines: Iterable[Float64[np.ndarray, "2 _"]]) -> Float64[np.ndarray, "pixels 2"]:
    """Broken lines through data points, as display points no more than some 6 pixels apart."""
    found = [np.zeros((0, 2))]
    for line in lines:
        corners = axes.transData.transform(line.T)
        for start, end in pairwise(corners):
            steps = 2 + int(np.hypot(*(end - start)) / 6)
            found.append(np.linspace(start, end, steps))
    return np.concatenate(found)


def marks(axes: Any, points: Float64[np.ndarray, "points 2"], radius_px: float) -> Float64[np.ndarray, "pixels 2"]:
    """The discs at some data points, each as display points: its centre and nine on its rim."""
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    disc = np.vstack([[0.0, 0.0], radius_px * np.stack([np.cos(angles), np.sin(angles)], axis=1)])
    return np.asarray(axes.transData.transform(points)[:, None] + disc).reshape(-1, 2)


def svg(axes: Any, description: str) -> str:
    """The finished figure as one `<svg>` element, described in words for those who cannot see it.

    Its ids depend on description and width, so that several figures can share a page.
    """
    sheet = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    salt = f"{description}, {axes.figure.get_figwidth():g}"
    with need("matplotlib", "data").rc_context({"svg.hashsalt": salt}):
        axes.figure.savefig(sheet, format="svg", metadata=nothing)
    text = sheet.getvalue()
    text = text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{description}" ', 1)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r' (width|height)="([\d.]+)pt"', r' \1="\2"', text, count=2)
    for name, color in COLORS.items():
        text = text.replace(color, f"var(--{name}, {color})")
    return text


def plot(wide: str, narrow: str) -> str:
    """A figure as HTML, drawn twice: for a page of `WIDE_PX` and for one of `NARROW_PX`."""
    return f'<div class="card plot"><div class="wide">{wide}</div><div class="narrow">{narrow}</div></div>'
