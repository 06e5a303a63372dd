"""Table 3 of paper 003: which networks withstand attack and corruption."""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import bars
from laconic.trials.lgg.paper import CIFAR, PAPER
from laconic.trials.lgg.robustness import robustness
from laconic.trials.rules import Value, less_by, lower
from laconic.trials.trial import Column, Scale, Trial

GAMMA = 0.01
"""The authors', for 25,000 steps at least. After 260 steps on 2,000 pictures (width 8, one seed) a network with it
still erred on 66 % of those very pictures, one without it on 31 %: hence an arm with a weaker one."""


def _withstanding(gamma: float = GAMMA, **more: Any) -> dict[str, dict[str, Any]]:
    """Neither, Parseval training, the regulariser, both, and the regulariser with gamma / 3."""
    return {
        "baseline": {"gamma": 0.0, "parseval": False, **more},
        "Parseval": {"gamma": 0.0, "parseval": True, **more},
        "regulariser": {"gamma": gamma, "parseval": False, **more},
        "both": {"gamma": gamma, "parseval": True, **more},
        "weaker regulariser": {"gamma": gamma / 3, "parseval": False, **more},
    }


TABLE_3 = Trial(
    name="lgg/table-3",
    paper=PAPER,
    claim="Smooth label variation from layer to layer withstands attack: 49.5 % error under FGSM where Parseval "
    "training has 55.0 % and a plain network 66.3 %, for 2 points of clean error; relative MCE 97.6, Parseval's 104.4.",
    rule="under FGSM at 33 dB after normalisation the regulariser errs less than Parseval training, that less than the "
    "baseline, and the regulariser less than the baseline by 5 points or more; its mCE over the corruptions is below "
    "100, the baseline's",
    rules=(
        lower(Value("regulariser", "fgsm_after"), Value("Parseval", "fgsm_after")),
        lower(Value("Parseval", "fgsm_after"), Value("baseline", "fgsm_after")),
        less_by(Value("regulariser", "fgsm_after"), Value("baseline", "fgsm_after"), 5.0),
        lower(Value("regulariser", "mce"), 100.0),
    ),
    measure=robustness,
    scales={
        "smoke": Scale(
            # With the authors' gamma nothing is learnt in a hundred steps on digits.
            _withstanding(
                gamma=0.003, width=8, n_train=1000, phases=[[6, 0.1], [2, 0.001]], n_test=200, n_pgd=50, n_corrupted=50
            ),
            seeds=2,
        ),
        "reduced": Scale(
            _withstanding(
                width=8, n_train=4000, phases=[[16, 0.1], [6, 0.001]], n_test=2000, n_pgd=200, n_corrupted=200
            ),
            source="",
            data=CIFAR.format("4,000"),
        ),
        "full": Scale(
            _withstanding(width=64, n_train=0, phases=[[50, 0.1], [50, 0.001]], n_test=0, n_pgd=0, n_corrupted=0),
            seeds=10,
            source="",
            data="CIFAR-10 (50,000 training pictures)",
        ),
    },
    columns=(
        Column("clean", "clean (%)", 1),
        Column("fgsm_after", "FGSM after norm. (%)", 1),
        Column("fgsm_before", "FGSM before norm. (%)", 1),
        Column("noise", "Gaussian 0.1 (%)", 1),
        Column("pgd", "PGD 0.01 (%)", 1),
        Column("corrupted", "corrupted (%)", 1),
        Column("mce", "mCE", 1),
        Column("relative_mce", "relative mCE", 1),
        Column("train", "training (%)", 1),
    ),
    figure=bars("fgsm_after", "error under FGSM, after normalisation (%)"),
)
