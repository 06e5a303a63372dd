"""Table V of paper 001: several noisy sensors see the same picture, and a centre fuses what they say, code by code."""

from __future__ import annotations

from typing import Any

from laconic.trials.dnrl.fig_4 import PAPER
from laconic.trials.figures import COLORS, DASHES, MARKS
from laconic.trials.fused import CODES, COLUMNS, arms, fused, stands
from laconic.trials.outcome import Outcome
from laconic.trials.trial import Scale, Trial

MIDDLE = (6.0, 18.0)  # dB
SCALES = {
    "smoke": Scale(
        arms(
            {"nodes": [1, 2], "snr_db": [6.0], "n_train": 400},
            encoder="cnnw4",
            epochs=1,
            batch_size=128,
            precision="fp32",
        ),
        seeds=1,
    ),
    "reduced": Scale(
        arms({}, encoder="cnnw12", epochs=6),
        seeds=1,
        source="",
        data="CIFAR-10 (50,000 training and 5,000 test pictures); the paper has CIFAR-10 and CIFAR-100",
    ),
    "full": Scale(
        arms({"n_test": 10_000, "n_train": 50_000}, objective="supcon", encoder="resnet-50", patience=5),
        seeds=5,
        source="",
        data="CIFAR-100 (50,000 training and 10,000 test pictures)",
    ),
}


def _figure(axes: Any, outcome: Outcome) -> None:
    """Accuracy against SNR with most nodes: full lines for the codec of clean pictures, thin ones for that of noisy."""
    for i, (code, text) in enumerate(CODES.items()):
        for arm in outcome.arms:
            snr_db, nodes = (outcome.values(arm, key)[0] for key in ("snr_db", "nodes"))
            most = nodes == nodes.max()
            look = {"lw": 1.3, "ms": 4, "label": text} if arm == "clean" else {"lw": 0.6, "ms": 2}
            style = {"color": COLORS[i], "marker": MARKS[i], "ls": DASHES[i % len(DASHES)], **look}
            axes.plot(snr_db[most], outcome.values(arm, code).mean(axis=0)[most], **style)
    axes.set(xlabel="SNR of each sensor (dB); thin: trained on noisy pictures", ylabel="accuracy, all nodes fused")
    axes.legend(fontsize=5)


TABLE_5 = Trial(
    name="dnrl/table-5",
    paper=PAPER,
    claim="Several noisy sensors are understood better the more there are and the less noise they have; at middle SNRs "
    "sums of MaxPro's features are best, then MaxAmp's, then a vote on decisions; at 24 dB decisions may win.",
    rule="by an encoder trained on clean pictures, at 6 to 18 dB with any number of nodes, MaxPro is worse than MaxAmp "
    "and MaxAmp than the vote in no cell and better in some: paired over pictures, McNemar's exact test, corrected "
    "over the cells (Holm), at 5 %; the encoder trained on noisy pictures is shown, not judged",
    rules=tuple(stands("clean", *pair, MIDDLE) for pair in (("maxpro", "maxamp-3"), ("maxamp-3", "decision"))),
    measure=fused,
    scales=SCALES,
    columns=COLUMNS,
    figure=_figure,
)
