"""Of classes that a codec was never taught, how many pictures it says that it should send.

Run it with a SOURCE, or without for the built-in digits: it trains five times, each time without two classes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from laconic.codec.limits import Limits
from laconic.data import Source, open_source
from laconic.score.evaluation import evaluate_source
from laconic.train import Recipe, fit

HELD_OUT = 2


def without(source: Source, held_out: set[int]) -> Source:
    """The source of all other classes; in its test split, pictures of the classes held out are `unknown`."""
    kept = [label for label in range(len(source.class_names)) if label not in held_out]
    splits = {}
    for name, split in source.splits.items():
        some = split.subset(np.flatnonzero(np.isin(split.labels, kept)), name)
        others = np.flatnonzero(~np.isin(split.labels, kept)) if name == "test" else []
        unknown = tuple(split.pictures[int(split.rows[row])] for row in others)
        splits[name] = replace(some, labels=np.searchsorted(kept, some.labels), unknown=unknown)
    return Source(source.name, tuple(source.class_names[label] for label in kept), splits)


def main(name: str = "digits", rounds: int = 5, **recipe: Any) -> list[dict[str, Any]]:
    """For each pair of classes: AUROC of novelty, and the part of their pictures that is said at a limit of 5 %."""
    source, found = open_source(name), []
    for first in range(0, HELD_OUT * rounds, HELD_OUT):
        held_out = set(range(first, first + HELD_OUT))
        known = without(source, held_out)
        codec = fit(known, "demo/held-out", recipe=Recipe(**recipe), limits=Limits(max_error=0.05))
        sending = evaluate_source(codec, known)[0].sending
        unknown = next(kind for kind in sending.unknown if kind.kind == "unknown")
        found.append({**vars(unknown), "known_said": sending.chosen.said_fraction})
        print(sorted(held_out), found[-1], flush=True)
    return found


if __name__ == "__main__":
    found = main(*sys.argv[1:2], epochs=8, encoder="cnnw16", batch_size=128)
