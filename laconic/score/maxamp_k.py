"""The MaxAmp-K classification test: how much of the class the mere names of a picture's strongest units tell.

Hua et al., "Classification-Driven DNRL", 2024, Section IV-E and Table IV. What is left of a picture is which K units
are its strongest, one bit each; classifiers of several kinds, from those that a person can read to a forest, learn the
class from that. Classifiers are scikit-learn's; the paper states a tree's greatest depth and the forest's 100 trees,
the rest is chosen here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from laconic.extras import need
from laconic.language.code import check_training
from laconic.language.maxamp import strongest
from laconic.score.activity import ScoreError

WEIGHT_DECAY = 1e-4
"""Of the linear classifier: its loss is the mean cross-entropy + WEIGHT_DECAY / 2 |weight|^2."""


@dataclass(frozen=True)
class MaxAmpScore:
    """The part of the test pictures that a classifier names right from their `k` strongest units."""

    classifier: str
    k: int
    accuracy: float


def indicators(features: Float32[np.ndarray, "n units"], k: int) -> UInt8[np.ndarray, "n units"]:
    """1 at each row's k strongest units that fire, 0 elsewhere; of equal amplitudes the lowest-numbered goes first.

    >>> indicators(np.array([[0, 3, 1, 5], [0, 0, 2, 0]], dtype=np.float32), 2).tolist()
    [[0, 1, 0, 1], [0, 0, 1, 0]]

    Raises:
        ScoreError: k is below 1 or above the number of units.
    """
    if not 1 <= k <= features.shape[1]:
        raise ScoreError(f"k is 1 to {features.shape[1]}, the number of units, not {k}")
    units = strongest(features, k)
    found = np.zeros(features.shape, np.uint8)
    np.put_along_axis(found, units, (np.take_along_axis(features, units, axis=1) > 0).astype(np.uint8), axis=1)
    return found


def _bayes(n: int, seed: int) -> Any:
    del n, seed
    return need("sklearn.naive_bayes", "data").BernoulliNB()


def _tree(depth: int, n: int, seed: int) -> Any:
    """ID3's gain of information, as scikit-learn's binary trees have it."""
    del n
    trees = need("sklearn.tree", "data")
    return trees.DecisionTreeClassifier(criterion="entropy", max_depth=depth, random_state=seed)


def _linear(n: int, seed: int) -> Any:
    del seed
    return need("sklearn.linear_model", "data").LogisticRegression(C=1 / (WEIGHT_DECAY * n), max_iter=1000)


def _svm(n: int, seed: int) -> Any:
    del n, seed
    return need("sklearn.svm", "data").SVC()


def _forest(n: int, seed: int) -> Any:
    del n
    return need("sklearn.ensemble", "data").RandomForestClassifier(n_estimators=100, random_state=seed)


CLASSIFIERS: dict[str, Callable[[int, int], Any]] = {
    "bayes": _bayes,
    "tree-21": partial(_tree, 21),
    "tree-80": partial(_tree, 80),
    "linear": _linear,
    "svm": _svm,
    "forest": _forest,
}
"""Table IV's columns: of the number of training pictures and a seed, an unfitted classifier."""


def maxamp_test(
    train: Float32[np.ndarray, "n units"],
    train_labels: Int64[np.ndarray, " n"],
    test: Float32[np.ndarray, "m units"],
    test_labels: Int64[np.ndarray, " m"],
    ks: tuple[int, ...] = (1, 2, 3),
    classifiers: tuple[str, ...] = tuple(CLASSIFIERS),
    seed: int = 0,
) -> tuple[MaxAmpScore, ...]:
    """Each of `classifiers`, trained for each of `ks` on training features, tested on test features: Table IV.

    `seed` breaks the trees' ties and draws the forest. The SVM has a Gaussian kernel; its time grows with the square
    of the training pictures.

    Raises:
        ScoreError: no test picture, one class alone to train on, a k above the number of units, or a classifier that
            is not among CLASSIFIERS.
        FeatureError: training features or labels that no code can learn from.
        LaconicError: scikit-learn is not installed.
    """
    check_training(train, train_labels)
    if not len(test):
        raise ScoreError("the test needs at least one test picture")
    if len(np.unique(train_labels)) < 2:
        raise ScoreError("the test needs two classes or more to train on")
    if unknown := set(classifiers) - set(CLASSIFIERS):
        raise ScoreError(f"classifiers are {', '.join(CLASSIFIERS)}, not {', '.join(sorted(unknown))}")
    scores = []
    for k in ks:
        learnt, asked = (_sparse(indicators(features, k)) for features in (train, test))
        for name in classifiers:
            said = _fitted(CLASSIFIERS[name](len(train), seed), learnt, train_labels).predict(asked)
            scores.append(MaxAmpScore(name, k, float((said == test_labels).mean())))
    return tuple(scores)


def _sparse(found: UInt8[np.ndarray, "n units"]) -> Any:
    """Few of the units are named: classifiers are several times as fast on the sparse matrix, and the same."""
    return need("scipy.sparse", "data").csr_matrix(found.astype(np.float64))


def _fitted(classifier: Any, learnt: Any, labels: Int64[np.ndarray, " n"]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the linear one, short of its tolerance after 1000 steps, is close enough
        return classifier.fit(learnt, labels)
