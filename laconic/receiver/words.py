"""What a word means: the labels it went with in training, backed by naive Bayes over its units.

```
P(label | word)  =  ( n(word, label) + strength * P_bayes(label | units of the word) )
                    -----------------------------------------------------------------
                                     ( n(word) + strength )
```

A word that training heard often keeps its own record; a new one means what its units suggest. Where a classifier
stands behind the words, its posteriors may be counted in place of labels: they tell more of seldom words, and pictures
that were learnt by heart flatter them less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float64, Int64

from laconic.contract import Symbols
from laconic.language import Lexicon
from laconic.receiver.linear import ReceiverError, best_temperature, check_positive, sharpened, softmax

STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SURE = 1e6  # sightings that a mean posterior counts for: its words need no record, and Laplace's smoothing is nothing


@dataclass(frozen=True, eq=False)
class WordReceiver:
    """Word -> class probabilities, from counts alone.

    Args:
        unit_counts: how often each class named each (unit, level).
        class_weights: what a picture of each class counts; all 1 unless training was balanced.
        strength: how many sightings of a word the naive Bayes guess weighs as much as.
        temperature: the posterior's sharpness, calibrated on held-out pictures.

    Raises:
        ReceiverError: counts below 0, or weights, strength or temperature that are not above 0.
    """

    unit_counts: Float64[np.ndarray, "units levels classes"]
    class_weights: Float64[np.ndarray, " classes"]
    strength: float = 1.0
    temperature: float = 1.0

    name: ClassVar[str] = "words"

    def __post_init__(self) -> None:
        check_positive("strength", self.strength)
        check_positive("temperature", self.temperature)
        check_positive("the least class weight", float(self.class_weights.min()))
        if not 0 <= self.unit_counts.min() <= self.unit_counts.max() < np.inf:
            raise ReceiverError("counts of at least 0 wanted, got others")

    @classmethod
    def fit(
        cls,
        symbols: Symbols,
        labels: Int64[np.ndarray, " batch"],
        lexicon: Lexicon,
        class_weights: Float64[np.ndarray, " classes"],
    ) -> WordReceiver:
        """Count the (unit, level) pairs that each class named; the lexicon has counted the words."""
        n_levels = 2**lexicon.alphabet.level_bits
        counts = np.zeros((lexicon.alphabet.n_units, n_levels, len(class_weights)))
        np.add.at(counts, (symbols.units, symbols.levels.astype(np.int64), labels[:, None]), 1.0)
        return cls(counts, class_weights)

    @classmethod
    def told(
        cls,
        symbols: Symbols,
        posterior: Float64[np.ndarray, "batch classes"],
        lexicon: Lexicon,
        class_weights: Float64[np.ndarray, " classes"],
    ) -> WordReceiver:
        """A word of one unit means the mean of what a classifier makes of the pictures that say it.

        `posterior` is P(class | picture), rows summing to 1.
        """
        counts = np.zeros((lexicon.alphabet.n_units, 2**lexicon.alphabet.level_bits, len(class_weights)))
        np.add.at(counts, (symbols.units, symbols.levels.astype(np.int64)), posterior[:, None, :])
        return cls(SURE * counts, class_weights, strength=SURE)

    def bayes(self, symbols: Symbols) -> Float64[np.ndarray, "batch classes"]:
        """P(class | units named) by naive Bayes over (unit, level) pairs, with Laplace's smoothing."""
        smooth = self.unit_counts + 1.0
        likelihood = np.log(smooth / smooth.sum(axis=(0, 1)))
        pictures = self.unit_counts.sum(axis=(0, 1)) / symbols.units.shape[1]
        prior = np.log(self.class_weights * (pictures + 1))
        return softmax(likelihood[symbols.units, symbols.levels.astype(np.int64)].sum(axis=1) + prior)

    def posterior(self, symbols: Symbols, lexicon: Lexicon) -> Float64[np.ndarray, "batch classes"]:
        """P(class | word), rows summing to 1; a word never seen falls back on its units."""
        row = lexicon.find(symbols)
        seen = np.zeros((len(symbols), len(self.class_weights)))
        seen[row >= 0] = lexicon.label_counts[row[row >= 0]] * self.class_weights
        counts = seen + self.strength * self.bayes(symbols)
        return sharpened(counts / counts.sum(axis=1, keepdims=True), self.temperature)

    def calibrated(self, symbols: Symbols, labels: Int64[np.ndarray, " batch"], lexicon: Lexicon) -> WordReceiver:
        """The same tables with the strength and temperature under which held-out labels are likeliest."""
        if len(labels) == 0:
            return self
        rows = np.arange(len(labels))

        def at(strength: float) -> Float64[np.ndarray, "batch classes"]:
            return replace(self, strength=strength, temperature=1.0).posterior(symbols, lexicon)

        strength = min((*STRENGTHS, self.strength), key=lambda s: float(-np.log(at(s)[rows, labels] + 1e-12).mean()))
        return replace(self, strength=strength, temperature=best_temperature(at(strength), labels))
