"""A codec's units as `laconic inspect` shows them: what each one is about, and the words that they make."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.codec import Codec
from laconic.contract import Anatomy, UnitScore, WordScore
from laconic.score.activity import activation_probability, class_activity, effective_units
from laconic.score.dissection import dissect, exciting, reader, removal_curve
from laconic.score.evaluation import word_scores

EXAMPLES = 6  # pictures shown for a unit


def anatomy(
    codec: Codec, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"], source: str
) -> Anatomy:
    """Dissect `codec` on the features of labelled pictures: what it says of them, though it may also send.

    Raises:
        ScoreError: there is no picture.
    """
    read, names = reader(codec.said), codec.classes
    found = dissect(read, features, labels, len(names))
    active, fires = activation_probability(features), class_activity(features, labels, len(names))
    order = effective_units(features, threshold=0.0).tolist()
    units = tuple(
        UnitScore(
            unit=unit,
            active=float(active[unit]),
            accuracy_without=float(found.accuracy_without[unit]),
            fires=_most(names, fires[unit]),
            falls=_most(names, found.damage[unit]),
            examples=tuple(exciting(features, unit, EXAMPLES).tolist()),
        )
        for unit in order
    )
    removal = tuple(removal_curve(read, features, labels, order).tolist())
    words = tuple((word, _named(codec, features, word)) for word in word_scores(codec, features, labels))
    return Anatomy(source, len(labels), features.shape[1], units, removal, words)


def _most(names: tuple[str, ...], shares: Float64[np.ndarray, " classes"]) -> tuple[tuple[str, float], ...]:
    """The classes whose share is above 0, the largest first; a class without pictures has none."""
    order = np.argsort(-shares, kind="stable")
    return tuple((names[c], float(shares[c])) for c in order if shares[c] > 0)


def _named(codec: Codec, features: Float32[np.ndarray, "n units"], word: WordScore) -> tuple[int, ...]:
    """The encoder's units that fire in a word's first picture and that the word keeps, numbered as features are."""
    code = codec.said.language.code
    first = features[list(word.examples[:1])]
    kept = code.dequantise(code.quantise(first)) > 0
    return tuple(np.flatnonzero(kept & (first > 0)).tolist())
