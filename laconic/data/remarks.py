"""`remarks`: short generated texts, kind and unkind ones, for tests and first steps with codecs for texts."""

from __future__ import annotations

import numpy as np

from laconic.data.holdout import hold_out
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError, Split
from laconic.data.tables import with_test
from laconic.data.text import Text

N, HELD_OUT, SEED = 600, 1 / 3, 0
FEWEST = 30
CLASSES = ("unkind", "kind")

_PLAIN = (
    *("the", "a", "film", "story", "it", "was", "with", "and", "of", "actors", "music", "ending"),
    *("scene", "in", "this", "that", "for", "one", "evening", "we", "saw"),
)
_TELLING = (
    ("dull", "awful", "poor", "boring", "weak", "worst", "tired", "noisy", "slow", "wasted"),
    ("good", "lovely", "great", "warm", "clever", "best", "funny", "moving", "bright", "wonderful"),
)
_LENGTHS = (6, 30)
_TOLD = 0.25  # of the words tell the class
_SLIPS = 0.1  # of these tell the other one


def open_remarks(spec: Spec) -> Source:
    """Open `remarks?n=600`: so many texts of two classes, a third of them to test; always the same for the same `n`.

    Raises:
        SourceError: fewer than 30.
    """
    spec.allow("n", "split")
    n = spec.integer("n", N)
    if n < FEWEST:
        raise SourceError(f"{spec.text}: n={n}: wanted {FEWEST} texts or more")
    rng = np.random.default_rng(SEED)
    labels = np.arange(n) % 2
    whole = Split("train", tuple(_remark(label, rng) for label in labels.tolist()), np.arange(n), labels)
    train, test = hold_out(labels, None, HELD_OUT, rng)
    splits = {"train": whole.subset(train), "test": whole.subset(test, "test")}
    return Source(spec.text, CLASSES, with_test(spec.text, splits, spec.options.get("split")))


def _remark(label: int, rng: np.random.Generator) -> Text:
    """Plain words, among which those that tell the class; one of these at least."""
    tells = rng.random(rng.integers(*_LENGTHS)) < _TOLD
    tells[0] |= not tells.any()
    return Text(" ".join(str(rng.choice(_telling(label, rng) if told else _PLAIN)) for told in tells).capitalize())


def _telling(label: int, rng: np.random.Generator) -> tuple[str, ...]:
    return _TELLING[label ^ int(rng.random() < _SLIPS)]
