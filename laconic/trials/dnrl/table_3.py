"""Table III of paper 001: bits and accuracy by code, with what the paper leaves out.

Beside the paper's formula stand the bits really sent, coded by entropy, and what a label alone would need for the same
accuracy; beside its codes, Decision, which sends the class. The scalar code here quantises the same features; the
paper's was trained with. Words of MaxAmp and MaxProAmp are read by their counts, the others by a linear classifier.
"""

from __future__ import annotations

from typing import Any

from laconic.trials.dnrl.representation import representation
from laconic.trials.dnrl.ways import PAPER, measured
from laconic.trials.figures import COLORS, MARKS
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Value, less_by, lower
from laconic.trials.trial import Column, Trial

POINTS = ("full", "scalar, 3 bits", "MaxPro", "MaxAmp, K=3", "MaxProAmp, K=3", "Decision")
"""The names of `encoded.CODES`, which is not imported here: it stands below torch."""


def _said(point: int) -> Value:
    return Value("CL-MS", "said", point)


def _draw(axes: Any, outcome: Outcome) -> None:
    """Accuracy over bits: the formula's as open marks, those sent as full ones, the label's limit as a line."""
    said, bits, sent, limit = (
        outcome.values("CL-MS", key).mean(axis=0) for key in ("said", "bits", "bits_sent", "label_bits")
    )
    for i, name in enumerate(POINTS):
        style = {"marker": MARKS[i % len(MARKS)], "color": COLORS[i % len(COLORS)], "ls": ""}
        axes.plot(bits[i], said[i], mfc="none", **style)
        axes.plot(sent[i], said[i], label=name, **style)
    order = limit.argsort()
    axes.plot(limit[order], said[order], "k:", lw=1, label="a label's limit")
    axes.set(xlabel="bits a picture", ylabel="accuracy (%)", xscale="log")
    axes.legend(fontsize=6)


TABLE_3 = Trial(
    name="dnrl/table-3",
    paper=PAPER,
    claim="On CIFAR-100, MaxPro's 1536 bits cost 1.5 points of the 74.50 % that full features have, MaxAmp's 34 bits "
    "3 points, MaxProAmp's 18 bits 8.4 points.",
    rule="scalar quantisation and MaxPro are less accurate than full features by less than 2 points, MaxAmp is less "
    "accurate than MaxPro and MaxProAmp less than MaxAmp; Decision, bits sent and the label's limit are shown, not "
    "judged",
    rules=(
        less_by(_said(0), _said(1), -2.0),
        less_by(_said(0), _said(2), -2.0),
        lower(_said(3), _said(2)),
        lower(_said(4), _said(3)),
    ),
    measure=representation,
    scales=measured("CL-MS"),
    columns=(
        Column("bits", "bits, the paper's formula", 0),
        Column("bits_sent", "bits sent, mean", 1),
        Column("bits_entropy", "entropy of the words", 1),
        Column("said", "accuracy (%)", 1),
        Column("label_bits", "a label's limit (bits)", 2),
    ),
    figure=_draw,
    points=POINTS,
)
