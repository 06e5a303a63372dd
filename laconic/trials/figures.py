"""A trial's figure for print: PNG, and PDF with its fonts embedded as Type 42, as conferences ask for.

Colours are Okabe and Ito's, told apart by every kind of colour vision; marks and dashes tell arms apart in grey.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from laconic.extras import need
from laconic.trials.outcome import Outcome
from laconic.trials.spread import Spread
from laconic.trials.trial import Figure

STYLE = {
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "font.family": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dedbd4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "savefig.dpi": 300,
}
SIZE_INCHES = (3.5, 2.6)  # a column of a two-column page
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
MARKS = "osD^vPX"
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))


def curves(x: str, lines: dict[str, tuple[str, str]], across: str, upwards: str, log: bool = False) -> Figure:
    """Measured curves over a measured `x`: means, with the 95 % interval over seeds as a band.

    Args:
        x: the key of the horizontal axis; it may differ from seed to seed, and its mean is drawn.
        lines: the legend's text -> (arm, key) of each curve.
        across: the name of the horizontal axis, with its unit.
        upwards: the name of the vertical one.
        log: whether the vertical axis is logarithmic.
    """

    def draw(axes: Any, outcome: Outcome) -> None:
        for i, (label, (arm, key)) in enumerate(lines.items()):
            at = outcome.values(arm, x).mean(axis=0)
            spreads = [Spread.of(point) for point in outcome.values(arm, key).T]
            color = COLORS[i % len(COLORS)]
            style = {"color": color, "marker": MARKS[i % len(MARKS)], "ls": DASHES[i % len(DASHES)]}
            axes.plot(at, [s.mean for s in spreads], ms=4, lw=1.3, label=label, **style)
            if spreads[0].sd is not None:
                axes.fill_between(
                    at, [s.low for s in spreads], [s.high for s in spreads], color=color, alpha=0.15, lw=0
                )
        axes.set(xlabel=across, ylabel=upwards, yscale="log" if log else "linear")
        axes.legend()

    return draw


def bars(key: str, upwards: str) -> Figure:
    """One measured number of every arm: its mean, every seed as a dot, and the 95 % interval as a whisker."""

    def draw(axes: Any, outcome: Outcome) -> None:
        for i, arm in enumerate(outcome.arms):
            values = outcome.values(arm, key)[:, -1]
            spread = Spread.of(values)
            axes.bar(i, spread.mean, width=0.6, color=COLORS[i % len(COLORS)], alpha=0.6)
            axes.plot(np.full(len(values), i), values, "o", color="#1d2329", ms=2.5)
            if spread.low is not None and spread.high is not None:
                axes.vlines(i, spread.low, spread.high, color="#1d2329", lw=1)
        axes.set_xticks(range(len(outcome.arms)), outcome.arms)
        axes.set_ylabel(upwards)
        axes.grid(visible=False, axis="x")

    return draw


def rendered(figure: Figure, outcome: Outcome, about: str) -> dict[str, bytes]:
    """The figure as files, `png` and `pdf`, with what it is `about` in their metadata.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    with need("matplotlib.style", "data").context(["default", STYLE]):
        sheet = need("matplotlib.figure", "data").Figure(figsize=SIZE_INCHES, layout="constrained")
        figure(sheet.add_subplot(), outcome)
        files = {}
        for kind, key in {"png": "Description", "pdf": "Subject"}.items():
            file = BytesIO()
            sheet.savefig(file, format=kind, metadata={key: about})
            files[kind] = file.getvalue()
        return files
