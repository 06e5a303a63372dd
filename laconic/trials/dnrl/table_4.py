"""Table IV of paper 001: what the mere names of a picture's K strongest units tell classifiers of six kinds."""

from __future__ import annotations

from laconic.trials.dnrl.representation import KS, representation
from laconic.trials.dnrl.ways import LIGHTER, PAPER, measured
from laconic.trials.figures import curves
from laconic.trials.rules import Value, higher
from laconic.trials.trial import Column, Trial

NAMES = {
    "bayes": "naive Bayes",
    "tree-21": "tree, depth 21",
    "tree-80": "tree, depth 80",
    "linear": "linear",
    "svm": "SVM",
    "forest": "forest of 100",
}
FIRST, LAST = 0, len(KS) - 1

TABLE_4 = Trial(
    name="dnrl/table-4",
    paper=PAPER,
    claim="The names of three units tell simple classifiers most of the class if the encoder was trained by CL-MS: a "
    "linear one finds 71.50 % of CIFAR-100's, 69.24 % by CL, 48.02 % by CE.",
    rule="every classifier finds more with K = 3 than with K = 1 by CL-MS, and with K = 3 more by CL than by CE; the "
    "linear one finds more by CL-MS than by CL with K = 3",
    rules=(
        *[higher(Value("CL-MS", name, LAST), Value("CL-MS", name, FIRST)) for name in NAMES],
        *[higher(Value("CL", name, LAST), Value("CE", name, LAST)) for name in NAMES],
        higher(Value("CL-MS", "linear", LAST), Value("CL", "linear", LAST)),
    ),
    measure=representation,
    scales=measured("CL-MS", LIGHTER, "CE-MS", "CL", "CE"),
    columns=tuple(Column(name, f"{text} (%)", 1) for name, text in NAMES.items()),
    figure=curves("k", {way: (way, "linear") for way in ("CL-MS", "CE-MS", "CL", "CE")}, "K", "linear classifier (%)"),
    points=tuple(f"K = {k}" for k in KS),
)
