"""Messages of a wanted mean length: which lengths can't do, and the code that comes nearest with a trained encoder.

```
features --K; levels; all units, or those named most--> candidates --held-out pictures--> bits near the target
```

While an encoder is trained its sparsity is steered towards the target (`laconic.train.rate`); the rest is chosen here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Int64

from laconic.language import Language, MaxAmp, MaxProAmp, UnfittedCode
from laconic.language.maxamp import strongest
from laconic.train.recipe import RecipeError
from laconic.train.tables import MAX_K, Held, Train, make_speech

TOLERANCE = 0.05
"""Codes within this part of the target are as good as at it: the most accurate of them is chosen."""
LEVEL_BITS = (1, 2, 3)  # of a unit's amplitude, tried with all units
SIZES = 6  # vocabularies tried for each K, from the K units named most to all


def check_target(target_bits: float, labels: Int64[np.ndarray, " n"]) -> None:
    """Refuse a mean length that no code can keep to and still tell the classes apart.

    Raises:
        RecipeError: it is below the entropy of the labels, which is named.
    """
    _, counts = np.unique(labels, return_counts=True)
    share = counts / counts.sum()
    floor = float(-(share * np.log2(share)).sum())
    if target_bits < floor:
        raise RecipeError(
            f"target_bits {target_bits:g} is below {floor:.2f} bits, the entropy of the labels: messages that short "
            f"can't tell the {len(counts)} classes apart; ask for {math.ceil(100 * floor) / 100:g} or more"
        )


def code_for(
    target_bits: float, train: Train, held: Held, class_weights: Float64[np.ndarray, " classes"]
) -> UnfittedCode:
    """MaxAmp or MaxProAmp of 1 to MAX_K units a word, whose words take `target_bits` in the mean, or nearly.

    Of codes within TOLERANCE the most accurate on `held` pictures is taken (on `train` where none are held out), else
    the one that comes nearest.
    """
    heard = held if len(held[1]) else train
    off = [
        (abs(_mean_bits(code, train, heard, len(class_weights)) / target_bits - 1), code) for code in _candidates(train)
    ]
    near = [code for far, code in off if far <= TOLERANCE]
    if not near:
        return min(off, key=lambda each: each[0])[1]
    speeches = [make_speech(code, train, held, class_weights) for code in near]
    right = [(each.posterior(each.say(heard[0])).argmax(axis=1) == heard[1]).mean() for each in speeches]
    return near[int(np.argmax(right))]


def _mean_bits(code: UnfittedCode, train: Train, heard: Held, n_classes: int) -> float:
    fitted = code.fit(*train)
    language = Language.fit(fitted, fitted.quantise(train[0]), train[1], n_classes)
    return float(language.bits(fitted.quantise(heard[0])).mean())


def _candidates(train: Train) -> Iterator[UnfittedCode]:
    """For each K the codes of all units, and shorter ones of the units named most."""
    features, _ = train
    for most in range(1, min(MAX_K, features.shape[1]) + 1):
        yield from (MaxAmp(most, level_bits) for level_bits in LEVEL_BITS)
        names = strongest(features, most)
        share = np.sort(np.bincount(names.reshape(-1), minlength=features.shape[1]) / len(features))[::-1]
        used = int((share > 0).sum())
        for size in np.unique(np.geomspace(most, max(most, used - 1), SIZES).round().astype(int)):
            if size < len(share) and share[size - 1] > share[size]:
                yield MaxProAmp(k=most, threshold=0.0, named=float(share[size - 1 : size + 1].mean()))
