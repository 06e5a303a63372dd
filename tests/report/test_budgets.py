"""Which way is the best at which budget: cases by hand, and a search over many budgets as the independent oracle."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laconic.contract import SendingPoint, SendingScore
from laconic.report.budgets import Stretch, not_the_best
from laconic.report.sending import budgets

BYTES = st.integers(1, 60).map(float)
ACCURACY = st.integers(50, 100).map(lambda percent: percent / 100)
POINT = st.builds(SendingPoint, st.just(0.05), st.just(0.5), st.just(0.0), ACCURACY, ACCURACY, BYTES)


def test_cheaper_than_every_limit_and_dearer_than_all(sending: SendingScore) -> None:
    assert not_the_best(sending) == (
        Stretch("always saying", 3.0, 6.0, 0.9, None),
        Stretch("always sending", 60.0, inf, 0.98, 0.97),
    )


def test_a_tie_is_said_or_sents(sending: SendingScore) -> None:
    tied = replace(sending, say=replace(sending.say, bytes_mean=6.0), send=replace(sending.send, accuracy=0.97))
    assert not_the_best(tied) == ()
    assert budgets(tied, 40).startswith("At every budget that any of the three keeps to, said-or-sent is the best")


def test_without_a_limit_that_is_met_never_choosing_is_always_better(sending: SendingScore) -> None:
    unmet = replace(sending, met=False, curve=(), chosen=sending.send)
    assert not_the_best(unmet) == (
        Stretch("always saying", 3.0, 60.0, 0.9, None),
        Stretch("always sending", 60.0, inf, 0.98, None),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(POINT, max_size=4), POINT, POINT)
def test_a_search_over_budgets_finds_the_same(
    sending: SendingScore, curve: list[SendingPoint], say: SendingPoint, send: SendingPoint
) -> None:
    score = replace(sending, met=False, curve=tuple(curve), say=say, send=send)
    found = not_the_best(score)
    for budget in range(1, 62):
        own = [point.accuracy for point in curve if point.bytes_mean <= budget]
        rivals = [point.accuracy for point in (say, send) if point.bytes_mean <= budget]
        beaten = bool(rivals) and (not own or max(rivals) > max(own))
        inside = [stretch for stretch in found if stretch.least <= budget < stretch.most]
        assert len(inside) == beaten
        if inside:
            assert (inside[0].accuracy, inside[0].own) == (max(rivals), max(own, default=None))


def test_the_sentence_names_each_stretch_and_the_noise(sending: SendingScore) -> None:
    text = budgets(sending, 400).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "<b>not</b> the best" in text
    assert "from 3 to 6 bytes a picture: always saying is right for 90.0 %, where no limit is so cheap" in text
    assert "from 60 bytes a picture on: always sending is right for 98.0 %, against 97.0 %" in text
    assert f"{100 * (0.96 * 0.04 / 400) ** 0.5:.1f} points" in text


@pytest.mark.parametrize("n", [0, 1])
def test_few_pictures_are_no_trouble(sending: SendingScore, n: int) -> None:
    assert "points" in budgets(sending, n)
