"""How classes come apart, by depth and by training: measures and pictures of `lgg/fig-2` and `fig-a1` (paper 003)."""

from __future__ import annotations

from typing import Any

from laconic.trials.figures import COLORS
from laconic.trials.outcome import Outcome
from laconic.trials.trial import Measured, Parameters


def separated(parameters: Parameters, seed: int, source: str) -> Measured:
    """Relative label variation of the graphs of 20 training pictures, five of each of four classes, by layer.

    `variation` is a curve over input, middle (after block 4 of 8) and penultimate (after pooling), each the mean over
    `draws` of pictures; `variation_input` and so on are its points. Graphs are of cosines, 5 neighbours, and not
    normalised, so that 1 would mean that all pictures of distinct classes are alike. Of the first draw, `x_...` and
    `y_...` are the Laplacian eigenmaps, `from_...` and `to_...` the edges between classes, `label` the classes.

    Parameters are `width`, `n_train`, `phases`, `batch_size`, `augment` (of a ResNet-18) and `draws`.
    """
    from laconic.trials.lgg import layered

    return layered.separated(parameters, seed, source)


def plane(parameters: Parameters, seed: int, source: str) -> Measured:
    """Training pictures in a plane in which a ResNet-18 ends, before (`x_before`, `y_before`) and after training.

    `silhouette` is the mean silhouette of the classes after training, from -1 to 1: how well they are clustered.
    `kept` is the rank correlation (Spearman's) of the pictures' distances before and after: how much of the beginning
    is left. By label variation the plane is the output; by cross-entropy a linear layer follows it.

    Parameters are those of `laconic.trials.lgg.embedding.separating` but for the test's, and `n_shown` pictures.
    """
    from laconic.trials.lgg import layered

    return layered.plane(parameters, seed, source)


def draw_graphs(axes: Any, outcome: Outcome) -> None:
    """The first seed's 20 pictures at three depths; lines are edges between classes."""
    arm, places = outcome.arms[0], ("input", "middle", "penultimate")
    told = min((run for run in outcome.runs if run.arm == arm), key=lambda run: run.seed).measured
    axes.axis("off")
    for i, place in enumerate(places):
        part = axes.inset_axes([i / 3, 0, 0.31, 0.9])
        x, y = told[f"x_{place}"], told[f"y_{place}"]
        for start, end in zip(told[f"from_{place}"], told[f"to_{place}"], strict=True):
            ends = int(start), int(end)
            part.plot([x[j] for j in ends], [y[j] for j in ends], color="#b5b1a8", lw=0.4, zorder=1)
        _scatter(part, x, y, told["label"], 12.0)
        part.set_title(f"{place}: {told[f'variation_{place}']:.3f}", fontsize=6)


def draw_planes(axes: Any, outcome: Outcome) -> None:
    """The first seed's plane: a row for each arm, before and after training."""
    axes.axis("off")
    for row, arm in enumerate(outcome.arms):
        told = min((run for run in outcome.runs if run.arm == arm), key=lambda run: run.seed).measured
        for column, when in enumerate(("before", "after")):
            part = axes.inset_axes([column / 2, 0.5 - row / 2, 0.47, 0.41])
            _scatter(part, told[f"x_{when}"], told[f"y_{when}"], told["label"], 1.0)
            part.set_title(f"{arm}, {when}", fontsize=6)


def _scatter(part: Any, x: list[float], y: list[float], labels: list[float], size: float) -> None:
    names = sorted(set(labels))
    part.scatter(x, y, s=size, c=[COLORS[names.index(label) % len(COLORS)] for label in labels], zorder=2, lw=0)
    part.set(xticks=[], yticks=[])
