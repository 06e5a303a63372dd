"""The two figures of paper 000: how long representations are, and what a packet of them stands for."""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import curves
from laconic.trials.rules import Value, higher, lower
from laconic.trials.separation import separation
from laconic.trials.trial import Column, Scale, Trial

PAPER = (
    "C. Chaccour and W. Saad, Disentangling Learnable and Memorizable Data via Contrastive Learning for Semantic "
    "Communications"
)
# More classes, and with them more that means nothing: "for a low content complexity ... X_m is considerably small".
SWEEP = [[2, 0.0], [4, 0.075], [6, 0.15], [8, 0.225], [10, 0.3]]


def _arms(n_train: int, **recipe: Any) -> dict[str, dict[str, Any]]:
    """Classical, vanilla, proposed; the languages with the same encoder, epochs, batches and clusters, and one try."""
    asked = {"n_train": n_train, "memorizable": 0.3, "kind": "noise", "psnr_db": 20, "sweep": SWEEP}
    ways = {"classical": None, "vanilla": "moco", "proposed": "disentangle"}
    return {
        arm: {"way": way, "recipe": {} if way is None else {**recipe, "tries": 1}, **asked} for arm, way in ways.items()
    }


SCALES = {
    "smoke": Scale(
        _arms(0, encoder="cnnw8", epochs=12, batch_size=128, clusters=20, queue=512, precision="fp32"), seeds=2
    ),
    "reduced": Scale(
        _arms(20_000, encoder="cnnw16", epochs=15, batch_size=256, clusters=20),
        source="",
        data="MNIST (60,000 training pictures, of which 20,000 are drawn)",
    ),
    "full": Scale(
        _arms(0, encoder="resnet-18", epochs=200, batch_size=256, clusters=20),
        seeds=5,
        source="",
        data="CIFAR-10 (50,000 training pictures)",
    ),
}
ACROSS = "content complexity (nats)"
COLUMNS = (
    Column("complexity", ACROSS),
    Column("representation_bits", "|Z| (bits)", 1),
    Column("impact", "impact", 3),
    Column("bits", "all bits a picture", 1),
    Column("impact_all", "impact of all", 3),
    Column("said_fraction", "said", 3),
    Column("psnr_db", "PSNR (dB)", 1),
    Column("auroc_by_cluster", "AUROC by cluster", 3),
    Column("auroc_by_picture", "AUROC by picture", 3),
    Column("auroc_classifier_by_cluster", "the same, by q", 3),
    Column("auroc_memory_by_cluster", "the same, by P", 3),
    Column("purity", "purity", 3),
)

FIG_2 = Trial(
    name="disentangle/fig-2",
    paper=PAPER,
    claim="Saying learnable data only keeps representations short as content grows complex (57.22 % shorter).",
    rule="at the highest content complexity, representations of the proposed way are shorter than the vanilla way's",
    rules=(lower(Value("proposed", "representation_bits"), Value("vanilla", "representation_bits")),),
    measure=separation,
    scales=SCALES,
    columns=COLUMNS,
    figure=curves(
        "complexity",
        {arm: (arm, "representation_bits") for arm in ("vanilla", "proposed")},
        ACROSS,
        "mean representation length |Z| (bits)",
    ),
)

FIG_3 = Trial(
    name="disentangle/fig-3",
    paper=PAPER,
    claim="Saying learnable data only keeps semantic impact high as content grows complex (71.9 % higher).",
    rule="at the highest content complexity, the proposed way's impact is above the vanilla way's, and that above 1, "
    "the classical way's",
    rules=(
        higher(Value("proposed", "impact"), Value("vanilla", "impact")),
        higher(Value("vanilla", "impact"), Value("classical", "impact")),
    ),
    measure=separation,
    scales=SCALES,
    columns=COLUMNS,
    figure=curves(
        "complexity",
        {arm: (arm, "impact") for arm in ("classical", "vanilla", "proposed")},
        ACROSS,
        "semantic impact (packets / (representation s))",
    ),
)
