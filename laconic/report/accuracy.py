"""The figure that a codec is judged by: accuracy against bits, for every code, beside what none can beat."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.contract import CodeScore, Evaluation
from laconic.report.canvas import COLORS, bit_ticks, marks, name_axes, new_axes, pixels, style, svg
from laconic.report.labels import Label, place
from laconic.report.limits import label_rate, one_shot_accuracy
from laconic.report.wording import code_label, number, percent


def accuracy_figure(evaluation: Evaluation, width_px: int = 760) -> str:
    """Accuracy against bits a picture (log scale) of every code, and the limits of `laconic.report.limits`.

    A filled mark stands at the mean bits really sent, a hollow one, joined to it, at the formula's. All
    features together are a line, for their bits lie far to the right. A code of less than half a bit stands
    on the left edge. Returns one `<svg>` element, `width_px` CSS pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    codes = [score for score in evaluation.codes if score.code != "full"]
    classes = max(1, len(evaluation.classes))
    with style(width_px):
        axes = new_axes(width_px, 440)
        left, right, bottom = _frame(evaluation, codes)
        axes.set_xscale("log", base=2)
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, 1 + 0.04 * (1 - bottom))
        bit_ticks(axes, width_px)
        name_axes(axes, f"mean bits a {evaluation.noun} (log scale)", "accuracy")
        limits = _draw_limits(axes, classes)
        axes.axhline(evaluation.accuracy_full, color=COLORS["muted"], lw=1.2, ls=(0, (1, 2)), zorder=1)
        labels = [_draw_code(axes, score, score == evaluation.said) for score in codes]
        labels.sort(key=lambda label: not label.bold)
        spans = [_span(score, left) for score in codes]
        whole = np.array([[left, right], [evaluation.accuracy_full] * 2])
        discs = marks(axes, np.array([span.T for span in spans]).reshape(-1, 2), radius_px=5.0)
        obstacles = np.concatenate([discs, pixels(axes, [*limits, *spans, whole])])
        place(axes, labels + _limit_labels(axes, evaluation), obstacles)
        return svg(axes, f"Accuracy of every code against the bits that it spends on a {evaluation.noun}")


def _frame(evaluation: Evaluation, codes: list[CodeScore]) -> tuple[float, float, float]:
    """Left, right and bottom: every code in sight, and with them the bend of the limits."""
    bits = [b for score in codes for b in (score.bits_mean, score.bits_formula)] + [log2(len(evaluation.classes) + 1)]
    worst = min([evaluation.accuracy_full, *(score.accuracy for score in codes)])
    left = max(0.5, min(1.0, 0.7 * min(bits)))
    return left, 2.0 * max(bits), max(0.0, worst - max(0.02, 0.4 * (1 - worst)))


def _draw_limits(axes: Any, classes: int) -> list[Float64[np.ndarray, "2 _"]]:
    """Draw both limits, shade what lies beyond the first, and return them."""
    (left, _), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    accuracy = np.linspace(bottom, 1.0, 300)
    rate = np.array([max(left, label_rate(float(share), classes)) for share in accuracy])
    bits = np.geomspace(left, max(log2(classes), left), 300)
    single = np.array([one_shot_accuracy(float(b), classes) for b in bits])
    axes.fill_betweenx(accuracy, left, rate, color=COLORS["shade"], lw=0, zorder=0)
    axes.plot(rate, accuracy, color=COLORS["limit"], lw=1.8, zorder=2)
    axes.plot(bits, single, color=COLORS["limit"], lw=1.3, ls=(0, (4, 2.5)), zorder=2)
    seen = single >= bottom
    return [np.stack([rate, accuracy]), np.stack([bits[seen], single[seen]])]


def _span(score: CodeScore, left: float) -> Float64[np.ndarray, "2 ends"]:
    """From the bits really sent to the formula's, at the code's accuracy."""
    return np.array([[max(left, score.bits_mean), max(left, score.bits_formula)], [score.accuracy] * 2])


def _draw_code(axes: Any, score: CodeScore, said: bool) -> Label:
    (sent, formula), height = _span(score, axes.get_xlim()[0])
    color = COLORS["accent"] if said else COLORS["ink"]
    axes.plot([sent, formula], height, color=color, lw=1, alpha=0.35, zorder=3)
    axes.plot(formula, score.accuracy, "o", mfc=COLORS["card"], mec=color, alpha=0.45, ms=6, zorder=4)
    mark = "D" if score.code == "decision" else "o"
    axes.plot(sent, score.accuracy, mark, color=color, mec=COLORS["card"], ms=12 if said else 8.5, zorder=5)
    text = code_label(score)
    if said:
        text += f", spoken here:\n{percent(score.accuracy)} for {number(score.bits_mean)} bits"
    return Label(text, float(sent), score.accuracy, color, bold=said)


def _limit_labels(axes: Any, evaluation: Evaluation) -> list[Label]:
    """Names of the lines, each hung on a point of its line where there tends to be room."""
    (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    classes = max(1, len(evaluation.classes))
    full = evaluation.accuracy_full
    best = max([full, *(score.accuracy for score in evaluation.codes)])
    high = (1 + best) / 2 if 1 - best > 0.3 * (1 - bottom) else bottom + 0.45 * (1 - bottom)
    low = bottom + 0.2 * (1 - bottom)
    bits = [f" for {number(s.bits_formula)} bits" for s in evaluation.codes if s.code == "full"]
    orange, grey = COLORS["limit"], COLORS["muted"]
    return [
        Label(f"All features: {percent(full)}" + "".join(bits), float(left**0.15 * right**0.85), full, grey),
        Label(
            "No code gets left of here\n(rate-distortion limit)",
            max(left, label_rate(high, classes)),
            high,
            orange,
        ),
        Label(f"Fixed length,\none {evaluation.noun} at a time", max(left, log2(max(1.0, low * classes))), low, orange),
    ]
