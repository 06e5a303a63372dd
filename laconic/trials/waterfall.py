"""`link/waterfall`: the block error rate of both LDPC decoders as the noise falls, with theory above and below them."""

from __future__ import annotations

from typing import Any

from laconic.trials.decoding import waterfall
from laconic.trials.figures import COLORS
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Value, lower
from laconic.trials.trial import Column, Scale, Trial

POINTS = 4
LOWEST = 1e-5  # of the error rates that are drawn
DECODERS = {"min-sum": "o", "Sionna": "s"}  # with their marks


def _scale(k: int, n: int, blocks: list[int], seeds: int) -> Scale:
    common: dict[str, Any] = {"k": k, "n": n, "eb_n0_db": [0.5, 1.0, 1.5, 2.0], "blocks": blocks}
    arms = {"min-sum": {"decoder": "minsum", **common}, "Sionna": {"decoder": "sionna", **common}}
    return Scale(arms, seeds)


def _draw(axes: Any, outcome: Outcome) -> None:
    """The mean of all seeds as a line, each seed as a dot."""
    at = outcome.values("Sionna", "eb_n0_db")[0]
    for color, (arm, mark) in zip(COLORS, DECODERS.items(), strict=False):
        for key, dashes in {"bler": "-", "ber": "--"}.items():
            rates = outcome.values(arm, key)
            axes.plot(at, rates.mean(axis=0), color=color, ls=dashes, label=f"{arm}, {key.upper()}")
            axes.plot(at, rates.T, mark, color=color, ms=2.5)
    axes.plot(at, outcome.values("Sionna", "uncoded").T, "x", color=COLORS[6], ms=4)
    axes.plot(at, outcome.values("Sionna", "uncoded_theory")[0], ":", color=COLORS[6], label="uncoded, BER")
    axes.plot(at, outcome.values("Sionna", "normal")[0], color=COLORS[2], lw=1, label="best code, BLER, nearly")
    axes.set(xlabel="Eb/N0 in dB", ylabel="error rate", yscale="log", ylim=(LOWEST, 1.5))
    axes.legend(fontsize=6)


WATERFALL = Trial(
    name="link/waterfall",
    claim="Layered min-sum in at most 20 iterations loses nothing against Sionna's 20 of belief propagation.",
    rule="at 0.5, 1, 1.5 and 2 dB Eb/N0 the block error rate of min-sum is lower than Sionna's plus 10 % or plus three "
    "standard errors, whichever is more",
    rules=tuple(lower(Value("min-sum", "bler", i), Value("Sionna", "allowed", i)) for i in range(POINTS)),
    measure=waterfall,
    scales={
        "smoke": _scale(128, 256, [128, 128, 256, 512], seeds=2),
        "reduced": _scale(512, 1024, [256, 512, 1024, 3072], seeds=3),
        "full": _scale(512, 1024, [4096, 8192, 32768, 131072], seeds=3),
    },
    columns=(
        Column("eb_n0_db", "Eb/N0 in dB", 1),
        Column("bler", "BLER", 5),
        Column("ber", "BER", 5),
        Column("undetected", "undetected", 5),
        Column("iterations", "iterations", 1),
        Column("normal", "BLER of the best code, nearly", 5),
        Column("uncoded", "uncoded BER", 4),
        Column("uncoded_theory", "uncoded BER, theory", 4),
    ),
    figure=_draw,
)
