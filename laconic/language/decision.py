"""Decision: say the class, nothing else; the rival that every other code has to beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Int64

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.code import check_features, check_training, fitted
from laconic.language.errors import CodeError

SHRINKAGE = 0.01  # of the pooled covariance towards a multiple of the identity


@dataclass(frozen=True, eq=False)
class Decision:
    """The class that a linear classifier sees: ceil(log2 C) bits, paper 001's decision fusion.

    Args:
        weight: the classifier's, e.g. a trained head's; if None, `fit` makes one by discriminant analysis.
        bias: the classifier's.
        means: the mean features of what each class is said for; learnt.

    >>> features = np.array([[2, 0], [3, 0], [0, 4], [0, 5]], dtype=np.float32)
    >>> code = Decision().fit(features, np.array([0, 0, 1, 1]))
    >>> code.quantise(features).units[:, 0].tolist(), code.alphabet.fixed_bits
    ([0, 0, 1, 1], 1)

    Raises:
        CodeError: a weight without a bias for each of its classes.
    """

    weight: Float32[np.ndarray, "classes units"] | None = None
    bias: Float32[np.ndarray, " classes"] | None = None
    means: Float32[np.ndarray, "classes units"] | None = None

    name: ClassVar[str] = "decision"

    def __post_init__(self) -> None:
        if (self.weight is None) != (self.bias is None):
            raise CodeError("a linear classifier needs weight and bias, got one of them")

    @property
    def alphabet(self) -> Alphabet:
        """One of C classes.

        Raises:
            NotFittedError: neither fitted nor given a classifier.
        """
        return Alphabet(len(fitted(self.weight, self)), k=1, level_bits=0)

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> Decision:
        """A copy with a classifier (the given one, if there is one) and the mean features of each class.

        Raises:
            FeatureError: features or labels that no code can learn from.
        """
        check_training(features, labels)
        if self.weight is None:
            weight, bias = discriminant(features, labels)
            return replace(self, weight=weight, bias=bias).fit(features, labels)
        said = self.quantise(features).units[:, 0]
        means = np.zeros_like(self.weight)
        for label in range(len(means)):
            # A linear classifier's region is convex: the mean of what it calls c is called c again.
            mine = said == label if (said == label).any() else labels == label
            if mine.any():
                means[label] = features[mine].mean(axis=0, dtype=np.float64)
        return replace(self, means=means)

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's class: argmax of weight f + bias, the lowest of equal ones.

        Raises:
            FeatureError: features that the classifier was not made for.
            NotFittedError: neither fitted nor given a classifier.
        """
        weight, bias = fitted(self.weight, self), fitted(self.bias, self)
        check_features(features, weight.shape[1])
        said = (features @ weight.T + bias).argmax(axis=1).astype(np.int32)
        return Symbols(said[:, None], np.zeros((len(said), 1), dtype=np.uint32))

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """The mean features of each said class.

        Raises:
            WordError: no words of this alphabet.
            NotFittedError: before `fit`.
        """
        means = fitted(self.means, self)
        self.alphabet.check(symbols)
        return np.take(means, symbols.units[:, 0], axis=0)


def discriminant(
    features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]
) -> tuple[Float32[np.ndarray, "classes units"], Float32[np.ndarray, " classes"]]:
    """Weight and bias of linear discriminant analysis with equal priors and a shrunken pooled covariance.

    Closed form: weight = mean Sigma^-1, bias = -mean Sigma^-1 mean / 2. A class that never occurs is never
    said.
    """
    count = np.bincount(labels)
    one_hot = (labels[:, None] == np.arange(len(count))).astype(np.float64)
    means = one_hot.T @ features / np.maximum(count, 1)[:, None]
    centred = features - means[labels]
    covariance = centred.T @ centred / len(features)
    scale = max(float(np.trace(covariance)) / len(covariance), 1e-12)
    covariance += SHRINKAGE * scale * np.eye(len(covariance))
    weight = np.linalg.solve(covariance, means.T).T
    bias = np.where(count > 0, -(weight * means).sum(axis=1) / 2, -np.inf)
    return weight.astype(np.float32), bias.astype(np.float32)
