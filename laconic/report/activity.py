"""The figure of paper 001's Fig. 3: how often each unit speaks, the most active first."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.contract import Evaluation
from laconic.extras import need
from laconic.report.canvas import COLORS, name_axes, new_axes, pixels, style, svg
from laconic.report.labels import Label, place
from laconic.report.wording import number, tick

ACTIVE = 0.0455


def activity_figure(evaluation: Evaluation, width_px: int = 760) -> str:
    """Activation probability of each unit in descending order, both axes logarithmic (paper 001, Fig. 3).

    The line at 0.0455 is the paper's threshold of an active unit, N1 the number of units above it. A unit
    that was never active is counted and not drawn. Returns one `<svg>` element, `width_px` CSS pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    heard = np.asarray(evaluation.activity[evaluation.activity > 0], dtype=np.float64)
    rank = np.arange(1.0, len(heard) + 1)
    floor = min(0.5 * float(heard.min(initial=1.0)), 0.4 * ACTIVE)
    with style(width_px):
        axes = new_axes(width_px, 340)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(0.85, 2.0 * max(8, len(evaluation.activity)))
        axes.set_ylim(floor, 1.5)
        _ticks(axes)
        share = f"share of {evaluation.noun}s in which a unit is active"
        name_axes(axes, "units, the most active first (log scale)", share)
        axes.fill_between(rank, heard, floor, color=COLORS["line"], alpha=0.5, lw=0, zorder=0)
        axes.axhline(ACTIVE, color=COLORS["limit"], lw=1.4, zorder=2)
        axes.plot(rank, heard, color=COLORS["accent"], lw=2, marker="o", ms=3.5 if len(heard) < 100 else 0)
        lines = [np.stack([rank, heard]), np.array([axes.get_xlim(), [ACTIVE, ACTIVE]])]
        if 0 < evaluation.n1 <= len(heard):
            lines.append(_draw_n1(axes, evaluation.n1, float(heard[evaluation.n1 - 1])))
        place(axes, _labels(evaluation, len(heard)), pixels(axes, lines))
        return svg(axes, "How often each unit of the codec is active, the most active first")


def _ticks(axes: Any) -> None:
    ticker = need("matplotlib.ticker", "data")
    for axis, written in ((axes.xaxis, number), (axes.yaxis, tick)):
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _, written=written: written(value)))
        axis.set_minor_locator(ticker.NullLocator())


def _draw_n1(axes: Any, n1: int, share: float) -> Float64[np.ndarray, "2 ends"]:
    """Mark the last unit above the threshold, and drop a line from it."""
    axes.vlines(n1, axes.get_ylim()[0], share, color=COLORS["accent"], lw=1)
    axes.plot(n1, share, "o", color=COLORS["accent"], mec=COLORS["card"], ms=11, zorder=5)
    return np.array([[n1, n1], [axes.get_ylim()[0], share]])


def _labels(evaluation: Evaluation, heard: int) -> list[Label]:
    """N1 on its unit, the threshold's name, and how many units never spoke."""
    units, n1 = len(evaluation.activity), evaluation.n1
    labels = [Label(tick(ACTIVE), 1.0, ACTIVE, COLORS["limit"])]
    if 0 < n1 <= heard:
        share = float(evaluation.activity[n1 - 1])
        text = f"N1 = {n1} of {number(units)} units\nactive in more than {tick(ACTIVE)}"
        labels.insert(0, Label(text, float(n1), share, COLORS["accent"], bold=True))
    if heard and heard < units:
        text = f"{number(units - heard)} silent\nunits"
        labels.append(Label(text, float(heard), float(evaluation.activity[heard - 1]), COLORS["muted"]))
    return labels
