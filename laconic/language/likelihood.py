"""Likelihood: a few bits of soft class evidence, made for the fusion of several nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.cells import divide, merged, nearest
from laconic.language.code import check_features, check_training, fitted
from laconic.language.decision import discriminant
from laconic.language.errors import CodeError

MAX_BITS = 64
TEMPERATURES = np.exp2(np.linspace(-2, 5, 57))


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Which cell of the simplex the posterior of a linear classifier lies in.

    ```
    features --weight, bias, temperature--> posterior p --nearest--> cell --merges--> word
    ```

    From about log2 C bits on, a word says the most probable class, as `Decision` does, and how sure that is and what
    else it may be; with fewer bits, words stand for several classes. What a word means is for the receiver to count:
    its P(class | word) makes the evidence exact, however coarse the cells. Fit it to features as noisy as nodes have.

    Args:
        bits: the budget: the mean length in training of a Huffman-coded message, 1 to 64. Less is used where more
            would tell no more.
        weight: the classifier's, e.g. a trained head's; if None, `fit` makes one by discriminant analysis.
        bias: the classifier's.
        temperature: under which the classifier's posteriors fit the labels best; learnt.
        log_centres: the cells' mean posteriors; learnt.
        owners: the most probable class in each cell; learnt.
        words: the word of each cell; learnt.
        examples: features that stand for each word; learnt.

    >>> features = np.array([[2, 0], [3, 0], [0, 4], [0, 5]], dtype=np.float32)
    >>> code = Likelihood(bits=1).fit(features, np.array([0, 0, 1, 1]))
    >>> code.quantise(features).units[:, 0].tolist()
    [0, 0, 1, 1]

    Raises:
        CodeError: a budget out of range, or a weight without a bias.
    """

    bits: int = 8
    weight: Float32[np.ndarray, "classes units"] | None = None
    bias: Float32[np.ndarray, " classes"] | None = None
    temperature: float = 1.0
    log_centres: Float32[np.ndarray, "cells classes"] | None = None
    owners: Int32[np.ndarray, " cells"] | None = None
    words: Int32[np.ndarray, " cells"] | None = None
    examples: Float32[np.ndarray, "words units"] | None = None

    name: ClassVar[str] = "likelihood"

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= MAX_BITS:
            raise CodeError(f"a budget of 1..{MAX_BITS} bits wanted, got {self.bits}")
        if (self.weight is None) != (self.bias is None):
            raise CodeError("a linear classifier needs weight and bias, got one of them")

    @property
    def alphabet(self) -> Alphabet:
        """One of so many words.

        Raises:
            NotFittedError: before `fit`.
        """
        return Alphabet(len(fitted(self.examples, self)), k=1, level_bits=0)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> Likelihood:
        """A copy with a classifier (the given one, if there is one), its temperature, and words within the budget.

        Raises:
            FeatureError: features or labels that no code can learn from.
            CodeError: labels that the given classifier doesn't know.
        """
        check_training(features, labels)
        if self.weight is None:
            weight, bias = discriminant(features, labels)
            return replace(self, weight=weight, bias=bias).fit(features, labels)
        if labels.max() >= len(self.weight):
            raise CodeError(f"the classifier knows {len(self.weight)} classes, but class number {labels.max()} came")
        code = replace(self, temperature=self._best_temperature(features, labels))
        posterior = code.posterior(features)
        log_centres, owners = divide(posterior)
        used, cell = np.unique(nearest(posterior, log_centres, owners), return_inverse=True)
        log_centres, owners = log_centres[used], owners[used]
        joint = np.zeros((len(used), posterior.shape[1]))
        np.add.at(joint, cell, posterior / len(posterior))
        words = merged(joint, owners, np.bincount(cell), self.bits)
        loss = -(posterior * log_centres[cell]).sum(axis=1)
        first = np.unique(words[cell][np.argsort(loss, kind="stable")], return_index=True)[1]
        examples = features[np.argsort(loss, kind="stable")[first]]
        return replace(code, log_centres=log_centres, owners=owners, words=words, examples=examples)

    def posterior(self, features: Float32[np.ndarray, "batch units"]) -> Float64[np.ndarray, "batch classes"]:
        """P(class | features) by the classifier, rows summing to 1: what the words are a sketch of.

        Raises:
            FeatureError: features that the classifier was not made for.
            NotFittedError: neither fitted nor given a classifier.
        """
        return _softmax(self._logits(features) / self.temperature)

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's word.

        Raises:
            FeatureError: features that the classifier was not made for.
            NotFittedError: before `fit`.
        """
        log_centres, owners, words = fitted(self.log_centres, self), fitted(self.owners, self), fitted(self.words, self)
        said = words[nearest(self.posterior(features), log_centres, owners)]
        return Symbols(said[:, None], np.zeros((len(said), 1), dtype=np.uint32))

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """Features of training that say each word.

        Raises:
            WordError: no words of this alphabet.
            NotFittedError: before `fit`.
        """
        examples = fitted(self.examples, self)
        self.alphabet.check(symbols)
        return np.take(examples, symbols.units[:, 0], axis=0)

    def _logits(self, features: Float32[np.ndarray, "batch units"]) -> Float64[np.ndarray, "batch classes"]:
        weight, bias = fitted(self.weight, self), fitted(self.bias, self)
        check_features(features, weight.shape[1])
        return np.asarray(features.astype(np.float64) @ weight.T.astype(np.float64) + bias)

    def _best_temperature(self, features: np.ndarray, labels: np.ndarray) -> float:
        logits, rows = self._logits(features), np.arange(len(labels))
        losses = [-np.log(_softmax(logits / t)[rows, labels] + 1e-12).mean() for t in TEMPERATURES]
        return float(TEMPERATURES[int(np.argmin(losses))])


def _softmax(logits: Float64[np.ndarray, "batch classes"]) -> Float64[np.ndarray, "batch classes"]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
