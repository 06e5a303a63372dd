"""Accuracy against the bits of all nodes together, and whether a code made for fusion holds against the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from laconic.report.limits import label_rate
from laconic.trials.dnrl.table_5 import SCALES
from laconic.trials.figures import COLORS, MARKS
from laconic.trials.fused import CODES, COLUMNS, fused, stands
from laconic.trials.outcome import Outcome
from laconic.trials.trial import Trial

CLASSES = 10  # of the limit that is drawn


def _figure(axes: Any, outcome: Outcome) -> None:
    """At the middle SNR, each code's cells joined from one node to most: filled by the codec of clean pictures."""
    for i, (code, text) in enumerate(CODES.items()):
        for arm in outcome.arms:
            snr_db, nodes, bits = (
                outcome.values(arm, key).mean(axis=0) for key in ("snr_db", "nodes", f"{code}: bits")
            )
            here = snr_db == np.unique(snr_db)[len(np.unique(snr_db)) // 2]
            look = {"ms": 4, "label": text} if arm == "clean" else {"ms": 4, "mfc": "none"}
            style = {"color": COLORS[i], "marker": MARKS[i], "lw": 0.8, **look}
            axes.plot((bits * nodes)[here], outcome.values(arm, code).mean(axis=0)[here], **style)
    shares = np.linspace(1 / CLASSES, 1, 200)
    axes.plot([label_rate(float(share), CLASSES) for share in shares], shares, "k--", lw=0.8, label="no code")
    axes.set_xscale("log", base=2)
    axes.set_xlim(left=1)
    axes.set(xlabel="bits of all nodes (hollow: trained on noisy pictures)", ylabel="accuracy")
    axes.legend(fontsize=5)


def _rules() -> Any:
    rivals = ("maxpro", "maxamp-3", "decision")
    return tuple(
        rule
        for arm in ("clean", "noisy")
        for rule in (
            *(stands(arm, "likelihood-13", rival) for rival in rivals),
            stands(arm, "likelihood-4", "decision, likelihood"),
        )
    )


FRONTIER = Trial(
    name="ours/frontier",
    claim="A code made for fusion, a few bits of soft class evidence, holds against decisions, MaxAmp and MaxPro at "
    "every number of nodes and SNR.",
    rule="by encoders trained on clean and on noisy pictures, Likelihood with a budget of 13 bits is worse in no cell, "
    "and better in some, than sums of MaxPro's features, of MaxAmp's, and the vote on decisions; with 4 bits than "
    "decisions fused as evidence: paired over pictures, McNemar's exact test, corrected over the cells (Holm), at 5 %",
    rules=_rules(),
    measure=fused,
    scales=SCALES,
    columns=COLUMNS,
    figure=_figure,
)
