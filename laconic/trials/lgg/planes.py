"""Figures 2 and A1 of paper 003: graphs of layers, and classes in a plane."""

from __future__ import annotations

from laconic.trials.lgg.evolution import draw_graphs, draw_planes, plane, separated
from laconic.trials.lgg.paper import CIFAR, PAPER
from laconic.trials.lgg.table_2 import both_losses
from laconic.trials.rules import Value, higher, lower
from laconic.trials.trial import Column, Scale, Trial

_PLAIN = {"batch_size": 100, "augment": True}
_FREE = {"alpha": 2.0, "weight": 1.0}
_SMALL = {**_PLAIN, "width": 8, "n_train": 1000, "phases": [[4, 0.1], [2, 0.02]], "augment": False}
_REDUCED = {**_PLAIN, "width": 16, "n_train": 5000, "phases": [[5, 0.1], [3, 0.02], [2, 0.004]]}
_FULL = {**_PLAIN, "width": 64, "n_train": 0, "phases": [[60, 0.1], [60, 0.02], [40, 0.004], [40, 0.0008]]}


FIG_2 = Trial(
    name="lgg/fig-2",
    paper=PAPER,
    claim="The deeper in a network, the less labels vary between neighbours: least at the penultimate layer.",
    rule="the relative label variation of 20 pictures with 5 neighbours each is less in the middle of the network than "
    "at its input, and less at the penultimate layer than in the middle",
    rules=(
        lower(Value("ResNet-18", "variation_middle"), Value("ResNet-18", "variation_input")),
        lower(Value("ResNet-18", "variation_penultimate"), Value("ResNet-18", "variation_middle")),
    ),
    measure=separated,
    scales={
        "smoke": Scale({"ResNet-18": {**_SMALL, "draws": 20}}, seeds=2),
        "reduced": Scale({"ResNet-18": {**_REDUCED, "draws": 100}}, source="", data=CIFAR.format("5,000")),
        "full": Scale({"ResNet-18": {**_FULL, "draws": 1000}}, source="", data="CIFAR-10 (50,000 training pictures)"),
    },
    columns=tuple(Column(f"variation_{place}", place, 3) for place in ("input", "middle", "penultimate")),
    figure=draw_graphs,
)


FIG_A1 = Trial(
    name="lgg/fig-a1",
    paper=PAPER,
    claim="Embedded in a plane, training pictures are better clustered by label variation than by cross-entropy, and "
    "nearer to where they began.",
    rule="the mean silhouette of the classes in the plane is higher by label variation than by cross-entropy, and so "
    "is the rank correlation of distances before training with those after it",
    rules=(
        higher(Value("label variation", "silhouette"), Value("cross-entropy", "silhouette")),
        higher(Value("label variation", "kept"), Value("cross-entropy", "kept")),
    ),
    measure=plane,
    scales={
        "smoke": Scale(both_losses(**_FREE, **_SMALL, n_shown=300), seeds=2),
        "reduced": Scale(both_losses(**_FREE, **_REDUCED, n_shown=1000), source="", data=CIFAR.format("5,000")),
        "full": Scale(
            both_losses(**_FREE, **_FULL, n_shown=2000), source="", data="CIFAR-10 (50,000 training pictures)"
        ),
    },
    columns=(Column("silhouette", "silhouette", 3), Column("kept", "distances kept (rank correlation)", 3)),
    figure=draw_planes,
)
