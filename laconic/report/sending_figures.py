"""Said or sent as figures: accuracy against bytes beside never choosing, and the error that was asked for and kept."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.contract import SendingPoint, SendingScore
from laconic.extras import need
from laconic.report.budgets import not_the_best
from laconic.report.canvas import COLORS, marks, name_axes, new_axes, pixels, style, svg
from laconic.report.labels import Label, place
from laconic.report.wording import number, percent, tick

ERRORS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def bytes_figure(score: SendingScore, width_px: int = 760) -> str:
    """Accuracy against mean bytes a picture (log scale), over the limits, beside the two ways of never choosing.

    Filled marks: the receiver's network looks at what is sent; hollow ones: the node's encoder does. Budgets at
    which said-or-sent is not the best of the three are shaded. Returns one `<svg>` element, `width_px` CSS pixels
    wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    own = _ordered(score)
    everything = [*own, score.say, score.send]
    two = any(point.accuracy != point.accuracy_encoder for point in everything)
    worst = min(min(point.accuracy, point.accuracy_encoder) for point in everything)
    with style(width_px):
        axes = new_axes(width_px, 420)
        axes.set_xscale("log")
        left, right = (f(point.bytes_mean for point in everything) for f in (min, max))
        axes.set_xlim(max(0.5, left) / 1.4, 1.4 * max(1.0, right))
        bottom = max(0.0, worst - max(0.01, 0.25 * (1 - worst)))
        axes.set_ylim(bottom, 1 + 0.05 * (1 - bottom))
        _bytes_ticks(axes, width_px)
        name_axes(axes, "mean bytes a picture (log scale)", "accuracy")
        for stretch in not_the_best(score):
            axes.axvspan(stretch.least, min(stretch.most, axes.get_xlim()[1]), color=COLORS["shade"], lw=0, zorder=0)
        lines = [_draw_line(axes, own, "accuracy_encoder", COLORS["muted"], hollow=True)] if two else []
        lines.append(_draw_line(axes, own, "accuracy", COLORS["accent"], hollow=False))
        labels = [_draw_chosen(axes, score)] if score.met else []
        labels += _draw_never(axes, score, two)
        labels += _line_labels(own, two)
        points = [(p.bytes_mean, y) for p in everything for y in (p.accuracy, p.accuracy_encoder)]
        discs = marks(axes, np.array(points), radius_px=5.0)
        place(axes, labels, np.concatenate([discs, pixels(axes, lines)]))
        return svg(axes, "Accuracy of said or sent against mean bytes, beside always saying and always sending")


def error_figure(score: SendingScore, n: int, width_px: int = 760) -> str:
    """The error among said pictures against the limit that was asked for, both on log scales; of one limit or more.

    The diagonal is the bound, and limits that were not kept are orange. Bars are one standard error over the
    pictures said, of `n` in all; where none was wrong, a hollow mark stands on the lower edge. Returns one `<svg>`
    element, `width_px` CSS pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    asked = np.array([point.max_error for point in score.curve])
    found = np.array([point.error_said for point in score.curve])
    floor = 0.5 * float(min([*asked, *found[found > 0]]))
    top = 1.4 * float(max([*asked, *found]))
    with style(width_px):
        axes = new_axes(width_px, 360)
        for axis in ("x", "y"):
            getattr(axes, f"set_{axis}scale")("log")
        axes.set_xlim(0.7 * float(asked.min()), top)
        axes.set_ylim(floor, top)
        _error_ticks(axes, width_px)
        name_axes(axes, "error asked for (log scale)", "error found among said pictures")
        diagonal = np.array([[floor, top]] * 2)
        axes.fill_between(diagonal[0], diagonal[1], top, color=COLORS["shade"], lw=0, zorder=0)
        axes.plot(*diagonal, color=COLORS["limit"], lw=1.8, zorder=2)
        for point in score.curve:
            _draw_error(axes, point, n, floor, chosen=point.max_error == score.chosen.max_error)
        middle = sqrt(axes.get_xlim()[0] * top)
        labels = [Label("The bound", middle, middle, COLORS["limit"])]
        heights = np.maximum(found, floor)
        place(axes, labels, np.concatenate([pixels(axes, [diagonal, np.stack([asked, heights])])]))
        return svg(axes, "Error found among said pictures against the error that was asked for")


def _ordered(score: SendingScore) -> list[SendingPoint]:
    """Said-or-sent at every limit, its own too, the cheapest first."""
    own = {*score.curve, score.chosen} if score.met else set(score.curve)
    return sorted(own, key=lambda point: (point.bytes_mean, -point.max_error))


def _bytes_ticks(axes: Any, width_px: int) -> None:
    left, right = axes.get_xlim()
    steps = (1, 2, 3, 5) if width_px >= 500 else (1, 3)
    values = [step * 10.0**power for power in range(-1, 7) for step in steps]
    seen = [value for value in values if left <= value <= right]
    axes.set_xticks(seen, [number(value) for value in seen])
    axes.set_xticks([], minor=True)
    bottom, top = axes.get_ylim()
    locator = need("matplotlib.ticker", "data").MaxNLocator(6, steps=[1, 2, 5, 10])
    shares = [float(share) for share in locator.tick_values(bottom, 1.0) if bottom <= share <= 1 + 1e-9]
    axes.set_yticks(shares, [tick(share) for share in shares])
    axes.set_ylim(bottom, top)


def _error_ticks(axes: Any, width_px: int) -> None:
    for name, limits in (("x", axes.get_xlim()), ("y", axes.get_ylim())):
        seen = [share for share in ERRORS if limits[0] <= share <= limits[1]]
        seen = seen[:: 2 if name == "x" and width_px < 500 else 1]
        getattr(axes, f"set_{name}ticks")(seen, [tick(share) for share in seen])
        getattr(axes, f"set_{name}ticks")([], minor=True)


def _draw_line(
    axes: Any, points: list[SendingPoint], field: str, color: str, hollow: bool
) -> Float64[np.ndarray, "2 points"]:
    line = np.array([[p.bytes_mean for p in points], [getattr(p, field) for p in points]], np.float64)
    face = COLORS["card"] if hollow else color
    edge = color if hollow else COLORS["card"]
    axes.plot(*line, color=color, lw=1.8, marker="o", mfc=face, mec=edge, ms=7, ls="--" if hollow else "-", zorder=3)
    return line


def _draw_chosen(axes: Any, score: SendingScore) -> Label:
    point, color = score.chosen, COLORS["accent"]
    axes.plot(point.bytes_mean, point.accuracy, "o", color=color, mec=COLORS["card"], ms=13, zorder=5)
    text = (
        f"This codec, at most {tick(point.max_error)} wrong:\n"
        f"{percent(point.accuracy)} for {number(point.bytes_mean)} bytes"
    )
    return Label(text, point.bytes_mean, point.accuracy, color, bold=True)


def _draw_never(axes: Any, score: SendingScore, two: bool) -> list[Label]:
    """The two ways of never choosing, as diamonds; always sending with the encoder as a hollow one."""
    ink = COLORS["ink"]
    if two:
        axes.plot(score.send.bytes_mean, score.send.accuracy_encoder, "D", mfc=COLORS["card"], mec=ink, ms=8, zorder=4)
    labels = []
    for name, point in (("Always said", score.say), ("Always sent", score.send)):
        axes.plot(point.bytes_mean, point.accuracy, "D", color=ink, mec=COLORS["card"], ms=10, zorder=4)
        text = f"{name}:\n{percent(point.accuracy)} for {number(point.bytes_mean)} bytes"
        labels.append(Label(text, point.bytes_mean, point.accuracy, ink))
    return labels


def _line_labels(own: list[SendingPoint], two: bool) -> list[Label]:
    """Who looks at what is sent, hung on the lines where most is sent; and the limits at both ends."""
    if not own:
        return []
    last, blue, grey = own[-1], COLORS["accent"], COLORS["muted"]
    labels = []
    if two:
        labels.append(Label("The receiver's network looks", last.bytes_mean, last.accuracy, blue))
        labels.append(Label("The node's encoder looks", last.bytes_mean, last.accuracy_encoder, grey))
    ends = {point.max_error: point for point in (own[0], last)}
    return labels + [Label(f"limit {tick(e)}", p.bytes_mean, p.accuracy, blue) for e, p in ends.items()]


def _draw_error(axes: Any, point: SendingPoint, n: int, floor: float, chosen: bool) -> None:
    said, share = max(1.0, point.said_fraction * n), point.error_said
    color = COLORS["limit"] if share > point.max_error else COLORS["accent"]
    size = 12 if chosen else 8
    if not share:
        axes.plot(point.max_error, floor, "o", mfc=COLORS["card"], mec=color, ms=size, zorder=4, clip_on=False)
        return
    spread = sqrt(share * (1 - share) / said)
    axes.vlines(point.max_error, max(floor, share - spread), share + spread, color=color, lw=1.2, zorder=3)
    axes.plot(point.max_error, share, "o", color=color, mec=COLORS["card"], ms=size, zorder=4)
