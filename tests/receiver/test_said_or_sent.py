"""The node's rule: what is said, what never is, and that it can be stored."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.language import restore, state
from laconic.receiver import RuleError, SaidOrSent

RULE = SaidOrSent(np.array([0.5, 0.9, np.inf]), 0.05, 0.95, novelty_limit=0.3, only_seen_words=True)


def test_a_score_at_the_threshold_is_said() -> None:
    scores, predicted = np.array([0.5, 0.5, 0.9, 0.49]), np.array([0, 1, 1, 0])
    assert RULE.said(scores, predicted, np.ones(4, bool)).tolist() == [True, False, True, False]


def test_a_class_without_a_threshold_an_unknown_picture_and_no_number_are_sent() -> None:
    scores, predicted = np.array([1.0, 1.0, np.nan]), np.array([2, 0, 0])
    assert not RULE.said(scores, predicted, np.array([True, False, True])).any()


def test_known_is_near_enough_and_a_seen_word() -> None:
    novelty, seen = np.array([0.3, 0.31, 0.1, np.nan]), np.array([True, True, False, True])
    assert RULE.known(novelty, seen).tolist() == [True, False, False, False]
    lenient = SaidOrSent(np.array([0.5]), 0.05, 0.95)
    assert lenient.known(novelty, seen).all()


def test_it_is_stored_as_arrays_and_json() -> None:
    scalars, arrays = state(RULE)
    assert scalars == {"max_error": 0.05, "confidence": 0.95, "novelty_limit": 0.3, "only_seen_words": True}
    again = restore(SaidOrSent, scalars, arrays)
    assert np.array_equal(again.thresholds, RULE.thresholds)


def test_rules_and_classes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(RuleError, match="got NaN"):
        SaidOrSent(np.array([np.nan]), 0.05, 0.95)
    with pytest.raises(RuleError, match="this rule knows 3 classes, the predicted ones are 0 to 3"):
        RULE.said(np.zeros(2), np.array([0, 3]), np.ones(2, bool))


def test_no_pictures_are_no_trouble() -> None:
    assert RULE.said(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, bool)).shape == (0,)
