"""Spread over seeds against SciPy, and verdicts on numbers whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from laconic.trials import (
    Column,
    Finding,
    Outcome,
    OutcomeError,
    Run,
    Scale,
    Spread,
    Trial,
    TrialError,
    Value,
    higher,
    lower,
)
from laconic.trials.rules import less_by, verdict


def outcome(**arms: list[Any]) -> Outcome:
    """One run for each value of each arm."""
    return Outcome(
        tuple(
            Run(arm, seed, {"y": value}, 1.0, {}) for arm, values in arms.items() for seed, value in enumerate(values)
        )
    )


def test_the_interval_is_scipys() -> None:
    values = np.random.default_rng(0).normal(3, 2, 6)
    spread = Spread.of(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (spread.low, spread.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert (spread.mean, spread.sd) == pytest.approx((np.mean(values), stats.tstd(values)), rel=1e-12)


def test_the_interval_covers_as_often_as_it_says() -> None:
    draws = np.random.default_rng(1).normal(0, 1, (2000, 4))
    missed = np.mean([Spread.of(draw).below() is not None for draw in draws])
    assert abs(missed - 0.05) < 4 * (0.05 * 0.95 / 2000) ** 0.5


@pytest.mark.parametrize(
    ("values", "below"),
    [([-2.0, -1.9], True), ([2.0, 1.9], False), ([-1.0, 0.9], None), ([-1.0], None), ([0.0, 0.0], None)],
)
def test_a_mean_lies_below_only_beyond_the_noise(values: list[float], below: bool | None) -> None:
    assert Spread.of(np.array(values)).below() is below


def test_differences_are_paired_by_seed() -> None:
    found = lower(Value("a", "y"), Value("b", "y"))(outcome(a=[0.0, 100.0, 200.0], b=[1.0, 101.1, 200.9]))
    assert found.holds is True
    assert found.difference.mean == pytest.approx(-1)
    assert found.change is not None


@pytest.mark.parametrize(
    ("a", "b", "lower_holds"),
    [([1, 1.1, 0.9], [2, 2.1, 2.2], True), ([2, 2.1, 2.2], [1, 1.1, 0.9], False), ([1, 2, 3], [1, 3, 2], None)],
)
def test_lower_and_higher_are_opposites(a: list[float], b: list[float], lower_holds: bool | None) -> None:
    numbers = outcome(a=a, b=b)
    left, right = Value("a", "y"), Value("b", "y")
    assert lower(left, right)(numbers).holds is lower_holds
    assert higher(left, right)(numbers).holds is (None if lower_holds is None else not lower_holds)
    assert lower(left, right)(numbers).difference == higher(left, right)(numbers).difference


def test_a_margin_is_added_before_the_interval_is_judged() -> None:
    told = outcome(ours=[40.0, 41.0, 39.5], theirs=[50.0, 51.2, 49.9])
    ours, theirs = Value("ours", "y"), Value("theirs", "y")
    assert less_by(ours, theirs, 5.0)(told).holds is True
    assert less_by(ours, theirs, 10.2)(told).holds is None
    assert less_by(ours, theirs, 15.0)(told).holds is False
    assert less_by(theirs, ours, -12.0)(told).holds is True
    assert less_by(theirs, ours, -12.0)(told).expected == "y of theirs is lower than y of ours + 12"
    assert less_by(ours, theirs, 5.0)(told).difference.mean == pytest.approx(-10.2)


def test_a_finding_says_what_was_found() -> None:
    numbers = outcome(a=[[9, 0.5], [9, 0.6]], b=[[1, 1.0], [1, 1.0]])
    found = lower(Value("a", "y"), Value("b", "y"))(numbers)
    assert found.said == (
        "y of a is lower than y of b: no difference resolved; difference -0.4500 ± 0.0707 (n = 2); change -45.0% ± 7.1%"
    )
    assert higher(Value("a", "y", 0), 2.0)(numbers).said == (
        "y of a at point 0 is higher than 2.0: holds; difference 7.0000 ± 0.0000 (n = 2); change +350.0% ± 0.0%"
    )
    alone = lower(Value("a", "y"), 0.0)(outcome(a=[1.0]))
    assert alone.said == "y of a is lower than 0.0: no difference resolved; difference 1.0000 (n = 1)"


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ([True, True], "reproduced"),
        ([True, False], "not reproduced"),
        ([None, False], "not reproduced"),
        ([True, None], "unresolved"),
    ],
)
def test_the_verdict(holds: list[bool | None], expected: str) -> None:
    spread = Spread(1, 0.0, None, None, None)
    assert verdict([Finding("", each, spread) for each in holds]) == expected


def test_numbers_that_are_not_there_are_told() -> None:
    numbers = outcome(a=[[1, 2], [1]], b=[1])
    with pytest.raises(OutcomeError, match="there is no arm 'c'; the arms are a, b"):
        numbers.values("c", "y")
    with pytest.raises(OutcomeError, match="arm 'b', seed 0: 'z' was not measured, but y"):
        numbers.values("b", "z")
    with pytest.raises(OutcomeError, match="arm 'a': the curves of 'y' differ in length over the seeds: 2, 1"):
        numbers.values("a", "y")


def nothing(*_: Any) -> dict[str, float]:
    """Measures nothing."""
    return {}


def declared(**changes: Any) -> Trial:
    given: dict[str, Any] = {
        "name": "own/x",
        "claim": "c",
        "rule": "r",
        "rules": (lower(Value("a", "y"), 1.0),),
        "measure": nothing,
        "scales": {"smoke": Scale({"a": {}})},
        "columns": (Column("y", "y"),),
    }
    return Trial(**{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "../x"}, "a name is paper/what, in small letters"),
        ({"name": "own/.."}, "a name is paper/what, in small letters"),
        ({"rule": ""}, "claim, rule and rules are written before the run"),
        ({"rules": ()}, "claim, rule and rules are written before the run"),
        ({"columns": ()}, "a table has at least one column"),
        ({"scales": {"large": Scale({"a": {}})}}, "scales are some of smoke, reduced, full"),
        ({"scales": {"smoke": Scale({})}}, "a scale has arms and seeds"),
        (
            {"scales": {"smoke": Scale({"a": {"f": print}})}},
            "the parameters of arm 'a' are JSON values, not {'f': <built",
        ),
    ],
)
def test_a_trial_of_the_wrong_form_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(TrialError, match=told):
        declared(**changes)


def test_the_smallest_scale_is_the_default() -> None:
    trial = declared(scales={"full": Scale({"a": {}}), "reduced": Scale({"b": {}})})
    assert trial.scale()[0] == "reduced"
