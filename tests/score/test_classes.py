"""Class by class: against scikit-learn's confusion matrix, recall and balanced accuracy, and counted by hand."""

from __future__ import annotations

from dataclasses import replace

import lamps
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score

from laconic.codec import Codec
from laconic.contract import Evaluation
from laconic.score.classes import WORST, class_scores, confusion, mistakes
from laconic.score.evaluation import evaluate


@pytest.fixture(scope="module")
def measured(lamps_codec: Codec) -> Evaluation:
    pictures, labels = lamps.training()
    return evaluate(lamps_codec, pictures[..., None], labels, "lamps")


def drawn(classes: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.integers(0, classes, n), rng.integers(1, 20, n)


@given(st.integers(2, 8), st.integers(2, 60), st.integers(0, 10**6))
def test_recall_and_confusion_are_those_of_scikit_learn(classes: int, n: int, seed: int) -> None:
    labels, understood, bits = drawn(classes, n, seed)
    labels[:2], understood[:2] = (0, 1), (1, 0)  # scikit-learn warns of a single class
    everything = np.arange(classes)
    assert np.array_equal(
        confusion(classes, labels, understood), confusion_matrix(labels, understood, labels=everything)
    )
    scores = class_scores(tuple(map(str, everything)), labels, understood, bits)
    recall = recall_score(labels, understood, labels=everything, average=None, zero_division=0)
    assert np.allclose([score.recall for score in scores], recall, atol=1e-12)
    assert sum(score.n for score in scores) == n
    assert sum(score.n * score.bits_mean for score in scores) == pytest.approx(bits.sum())


@given(seed=st.integers(0, 10**6))
def test_balanced_accuracy_leaves_absent_classes_out(seed: int, measured: Evaluation) -> None:
    labels, understood, bits = drawn(4, 40, seed)
    labels[:4] = range(4)
    scores = class_scores(("a", "b", "c", "d", "absent"), labels, understood, bits)
    assert scores[4].n == scores[4].recall == scores[4].bits_mean == 0
    found = replace(measured, by_class=scores).balanced_accuracy
    assert found == pytest.approx(balanced_accuracy_score(labels, understood), abs=1e-12)


def test_an_evaluation_counts_what_its_packets_were_understood_as(measured: Evaluation, lamps_codec: Codec) -> None:
    pictures, labels = lamps.training()
    heard = np.array([meaning.label for meaning in lamps_codec.decode(lamps_codec.encode(pictures))])
    assert np.array_equal(measured.confusion, confusion_matrix(labels, heard))
    assert [score.name for score in measured.by_class] == list(lamps.CLASSES)
    assert [score.n for score in measured.by_class] == [20, 10, 4, 2, 2]
    assert [score.recall for score in measured.by_class] == [1, 9 / 10, 1, 1, 1]  # one birch says 0+1+15, as ashes do
    assert measured.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, heard), abs=1e-12)
    assert measured.by_class[0].bits_mean == (16 * 1 + 3 * 3 + 17) / 20
    (worst,) = measured.worst
    assert (worst.name, worst.understood) == ("birch", "ash")
    assert (labels[worst.row], heard[worst.row]) == (1, 0)
    assert worst.confidence == lamps_codec.decode(lamps_codec.encode(pictures[worst.row, None]))[0].confidence


def test_the_most_confident_mistakes_come_first_and_no_more_than_some() -> None:
    confidence = np.random.default_rng(0).uniform(0.5, 1, 3 * WORST)
    posterior = np.stack([confidence, 1 - confidence], axis=1)
    labels = np.arange(3 * WORST) % 2  # every second one is a mistake
    found = mistakes(("a", "b"), labels, posterior)
    assert len(found) == WORST
    assert [mistake.confidence for mistake in found] == sorted(confidence[labels == 1], reverse=True)[:WORST]
    assert {(labels[mistake.row], mistake.name, mistake.understood) for mistake in found} == {(1, "b", "a")}
    assert mistakes(("a", "b"), np.zeros_like(labels), posterior) == ()
