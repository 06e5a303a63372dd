"""Calibrating what a codec may say, on pictures whose risk at every threshold is known."""

from __future__ import annotations

from collections.abc import Callable

import lamps
import numpy as np
import pytest

from laconic.codec.limits import Limits
from laconic.codec.sending import Sending
from laconic.data import Preprocessing
from laconic.picture import PictureBudgetError
from laconic.receiver.binomial import CalibrationError, faultless_examples, upper_bound

Calibrated = Callable[..., Sending]
Doubtful = Callable[[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def said(sending: Sending, pictures: np.ndarray) -> np.ndarray:
    speeches = lamps.speeches()
    return sending.said(speeches["said"], speeches["full"], lamps.features(pictures), pictures[..., None])


def test_the_true_error_at_the_thresholds_is_within_the_limit(sending: Sending, doubtful: Doubtful) -> None:
    found = sending.guarantee
    assert found["met"]
    assert found["advice"] == ""
    assert found["error_bound"] == upper_bound(found["errors"], found["n_said"], 0.95) <= 0.1
    pictures, labels, brightness = doubtful(5000, 3)
    is_said = said(sending, pictures)
    limit = brightness[is_said].max()
    assert 0.2 < limit <= 0.4  # below brightness 0.4 the error is 0.1; the bound's own margin leaves more than half
    assert is_said[brightness < 0.9 * limit].mean() > 0.95  # all clearer ones are said, but for the strangest 1 %
    one = lamps.head().posterior(lamps.features(pictures)).argmax(axis=1)
    assert (one != labels)[is_said].mean() == pytest.approx(limit / 4, abs=4 * np.sqrt(0.1 * 0.9 / is_said.sum()))


def test_coverage_grows_with_the_limit_and_never_beyond_it(calibrated: Calibrated) -> None:
    found = [calibrated(Limits(limit)).guarantee for limit in (0.05, 0.1, 0.2)]
    coverage = [each["coverage"] for each in found]
    assert coverage == sorted(coverage)
    assert coverage[0] < coverage[-1]
    for each, limit in zip(found, (0.05, 0.1, 0.2), strict=True):
        assert not each["met"] or each["error_bound"] <= limit


def test_where_no_threshold_will_do_everything_is_sent_and_advice_given(
    calibrated: Calibrated, doubtful: Doubtful
) -> None:
    sending = calibrated(Limits(0.001, confidence=0.6))  # 916 faultless pictures: too many of 1000 such
    assert not sending.guarantee["met"]
    assert "is allowed: at this rate" in sending.guarantee["advice"]
    assert (sending.guarantee["n_said"], sending.guarantee["coverage"]) == (0, 0.0)
    assert [row["threshold"] for row in sending.guarantee["classes"]] == [None] * 5
    assert np.isinf(sending.rule.thresholds).all()
    assert not said(sending, doubtful(300, 4)[0]).any()


def test_each_class_has_its_own_bound_and_threshold(calibrated: Calibrated) -> None:
    found = calibrated(Limits(0.2, per_class=True), n=4000).guarantee
    assert found["met"]
    assert found["per_class"]
    rows = [row for row in found["classes"] if row["threshold"] is not None]
    assert len({row["threshold"] for row in rows}) > 1
    for row in rows:
        assert upper_bound(row["errors"], row["n_said"], 1 - 0.05 / 5) <= 0.2  # Bonferroni over five classes


def test_missed_pictures_of_a_class_are_bounded_besides(calibrated: Calibrated) -> None:
    free, bound = (calibrated(Limits(0.2, max_miss=miss)).guarantee for miss in ({}, {"cedar": 0.06}))
    cedar = bound["classes"][2]
    assert cedar["max_miss"] == 0.06
    assert upper_bound(cedar["missed"], cedar["n"], 0.95) <= 0.06 < free["classes"][2]["miss_bound"]
    assert bound["coverage"] < free["coverage"]


def test_of_each_group_one_picture_counts(calibrated: Calibrated) -> None:
    limits = Limits(0.2)
    sending = calibrated(limits, n=900, grouped=True)
    assert sending.guarantee["grouped"]
    assert sending.guarantee["n"] == 300
    assert len(sending.calibration) == 900
    assert calibrated(limits, n=900, grouped=True).guarantee == sending.guarantee
    other = calibrated(Limits(0.2, seed=1), n=900, grouped=True)
    assert other.guarantee["n"] == 300
    assert [row["n"] for row in other.guarantee["classes"]] != [row["n"] for row in sending.guarantee["classes"]]


def test_other_limits_on_the_same_pictures_give_what_calibration_gives(
    calibrated: Calibrated, sending: Sending
) -> None:
    again, afresh = Limits(0.2, 0.9).ruled(lamps.CLASSES, sending), calibrated(Limits(0.2, 0.9))
    assert again.guarantee == afresh.guarantee
    np.testing.assert_array_equal(again.rule.thresholds, afresh.rule.thresholds)
    assert (again.rule.max_error, again.rule.confidence) == (0.2, 0.9)
    assert again.coder is sending.coder


@pytest.mark.parametrize("n", [0, 28])
def test_too_few_pictures_are_refused_before_any_work(n: int) -> None:
    assert faultless_examples(0.1, 0.95) == 29
    Limits(0.1).check(np.zeros(29, np.int64), None, ("ash",))
    text = (
        rf"{n} independent calibration pictures can't show an error of at most 0.1 with 95% confidence: .* takes 29; "
    )
    with pytest.raises(CalibrationError, match=text + "give more pictures, hold out a larger part of them"):
        Limits(0.1).check(np.zeros(n, np.int64), None, ("ash",))


@pytest.mark.parametrize("limits", [{"max_error": 0.0}, {"max_error": 1.0}, {"max_error": 0.1, "confidence": 1.0}])
def test_limits_outside_of_0_to_1_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(CalibrationError, match=r"max_error|confidence"):
        Limits(**limits)


@pytest.mark.parametrize("budget", [1, 70_000])
def test_budgets_that_no_picture_has_are_refused(budget: int) -> None:
    with pytest.raises(PictureBudgetError, match=rf"a picture budget of \d+..65535 bytes wanted .* got {budget}"):
        Limits(0.1, picture_bytes=budget).coder(Preprocessing(8, 6, "squash", "gray"))


def test_the_coder_is_of_the_pictures_that_the_encoder_takes() -> None:
    coder = Limits(0.1, picture_bytes=77).coder(Preprocessing(8, 6, "squash", "rgb"))
    assert (coder.width, coder.height, coder.channels, coder.budget_bytes) == (8, 6, 3, 77)


def test_rare_classes_need_pictures_of_their_own_before_training() -> None:
    labels, groups = np.repeat([0, 1], [300, 28]), np.arange(328) // 2
    asked = Limits(0.1, max_miss={"fox": 0.1})
    with pytest.raises(CalibrationError, match="28 independent calibration pictures of fox can't show a missed part"):
        asked.check(labels, None, ("empty", "fox"))
    Limits(0.1, max_miss={"fox": 0.11}).check(labels, None, ("empty", "fox"))
    with pytest.raises(CalibrationError, match="14 independent calibration pictures of fox"):
        Limits(0.1, max_miss={"fox": 0.11}).check(labels, groups, ("empty", "fox"))
    with pytest.raises(CalibrationError, match="max_miss names 'wolf', which is none of empty, fox"):
        Limits(0.1, max_miss={"wolf": 0.1}).check(labels, None, ("empty", "fox"))
