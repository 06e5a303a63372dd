"""Table V's cells on features whose best possible decision is known."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from laconic.codec import Speech
from laconic.language import Decision, Language, Likelihood, MaxPro, UnfittedCode
from laconic.receiver import LinearReceiver, WordReceiver
from laconic.score.activity import ScoreError
from laconic.score.fusion import (
    FusionCell,
    Teller,
    Told,
    Understood,
    Views,
    Way,
    compared,
    frontier,
    receiver_of_sums,
    score_fusion,
    understand,
    worth,
)

HEAD = LinearReceiver(np.array([[-2, 0], [2, 0]], np.float32), np.array([6, -6], np.float32))


def views(seed: int, n: int = 1500, nodes: int = 3) -> Views:
    """Unit 0 is 2 or 4, by class, plus noise of deviation 1 at each node: HEAD gives the exact posterior."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    first = np.maximum(2 + 2 * labels[:, None] + rng.normal(size=(n, nodes)), 0)
    return Views(np.stack([first, np.full((n, nodes), 0.5)], axis=2).astype(np.float32), labels)


def learn(features: np.ndarray, _: np.ndarray) -> LinearReceiver:
    """The best one there is for a sum of nodes: between 2 and 4 a node."""
    nodes = round(float(features[0, 1]) / 0.5)
    return LinearReceiver(HEAD.weight, np.array([6 * nodes, -6 * nodes], np.float32))


def teller(name: str, code: UnfittedCode, way: Way) -> Teller:
    train = views(0)
    features, labels = train.features[:, 0], train.labels
    fitted = code.fit(features, labels)
    symbols = fitted.quantise(features)
    language = Language.fit(fitted, symbols, labels, 2)
    words = way != "sum"
    receiver = WordReceiver.fit(symbols, labels, language.lexicon, np.ones(2)) if words else HEAD
    return Teller(name, Speech(language, receiver), way)


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    """Three nodes, by every way."""
    tellers = [
        teller("votes", Decision(HEAD.weight, HEAD.bias), "vote"),
        teller("sums", MaxPro(threshold=-1.0), "sum"),
        teller("evidence", Likelihood(3, HEAD.weight, HEAD.bias), "likelihood"),
    ]
    train, calibration, test = (views(i) for i in (0, 1, 2))
    found = {}
    for one in tellers:
        receiver = receiver_of_sums(one, train, learn)
        assert (receiver is None) == (one.way != "sum")
        part = understand(one, receiver, calibration, test, np.random.default_rng(0))
        found[one.name] = score_fusion(one, 3, 6.0, [part])
    return found


def normal_tail(x: float) -> float:
    return math.erfc(x / math.sqrt(2)) / 2


def test_sums_of_features_reach_what_bayes_does_and_votes_what_majorities_do(told: dict[str, Told]) -> None:
    """Three independent observations at distance 2 err with Q(sqrt 3); a majority of three with 3 q^2 (1-q) + q^3."""
    q = normal_tail(1.0)
    for name, error in (("sums", normal_tail(math.sqrt(3))), ("votes", 3 * q**2 * (1 - q) + q**3)):
        assert abs(1 - told[name].cell.accuracy - error) < 4 * np.sqrt(error * (1 - error) / 1500)


def test_three_bits_of_evidence_lose_little_of_the_sum_and_beat_votes(told: dict[str, Told]) -> None:
    votes, sums = (compared(list(told.values()), "evidence", rival)[0] for rival in ("votes", "sums"))
    assert votes.verdict == "better"
    assert abs(sums.difference) < 0.01
    assert told["evidence"].cell.bits <= 3.05  # as in training
    assert told["evidence"].cell.calibration_error < np.sqrt(15 / (4 * 1500))


def test_a_cell_says_what_it_is_of(told: dict[str, Told]) -> None:
    cell = told["votes"].cell
    right = round(cell.accuracy * 1500)
    assert cell == FusionCell(3, 6.0, "votes", 1.0, 1.0, right / 1500, cell.calibration_error, 1500)


def knows(right: int, n: int, code: str, nodes: int = 1, bits: float = 1.0) -> Told:
    """The first `right` of `n` pictures are right."""
    cell = FusionCell(nodes, 0.0, code, bits, 1.0, right / n, 0.0, n)
    return Told(cell, np.arange(n) < right)


def test_a_cell_is_of_all_its_parts() -> None:
    sure, unsure = np.array([[0.9, 0.1]] * 3), np.array([[0.4, 0.6]])
    parts = [Understood(sure, np.array([0, 0, 1]), 2.0), Understood(unsure, np.array([1]), 4.0)]
    found = score_fusion(teller("votes", Decision(HEAD.weight, HEAD.bias), "vote"), 2, 6.0, parts)
    assert found.right.tolist() == [True, True, False, True]
    assert (found.cell.n, found.cell.accuracy, found.cell.bits) == (4, 0.75, 2.5)
    assert found.cell.calibration_error == pytest.approx((3 * (0.9 - 2 / 3) + (1 - 0.6)) / 4)


def test_codes_are_compared_cell_by_cell_and_corrected_over_the_cells() -> None:
    told = [knows(8, 10, "ours"), knows(2, 10, "other"), knows(5, 10, "ours", 2), knows(5, 10, "other", 2)]
    told.append(knows(1, 10, "other", 3))  # ours has no such cell
    first, second = compared(told, "ours", "other")
    assert (first.nodes, first.difference, first.p_value, first.p_holm) == (1, 0.6, 2 / 2**6, 4 / 2**6)
    assert (second.nodes, second.difference, second.p_holm) == (2, 0.0, 1.0)
    assert first.verdict == second.verdict == "no difference shown"
    assert compared(told[:2], "ours", "other")[0].verdict == "better"
    assert compared(told[:2], "other", "ours")[0].verdict == "worse"


def test_the_frontier_is_what_no_other_cell_beats() -> None:
    told = [knows(6, 10, "a"), knows(5, 10, "b", bits=2.0), knows(9, 10, "c", 2, 1.5), knows(9, 10, "d", 2, 4.0)]
    found = frontier([one.cell for one in told], 2)
    assert [(point.code, point.nodes, point.bits_total) for point in found] == [("a", 1, 1.0), ("c", 2, 3.0)]
    assert [point.bits_least for point in found] == pytest.approx([1 - 0.970951, 1 - 0.468996], abs=1e-6)  # 1 - h2


def test_worth_is_what_nodes_and_short_codes_gain() -> None:
    few = [knows(5, 10, "a"), knows(6, 10, "b"), knows(9, 10, "a", 3), knows(7, 10, "b", 3)]
    (found,) = worth([one.cell for one in [*few, knows(10, 10, "long", 3, 65.0)]])
    assert (found.nodes, found.best, found.worst) == ((1, 3), "a", "b")
    assert (found.by_nodes, found.by_code) == pytest.approx((0.4, 0.2))
    assert worth([knows(10, 10, "long", 3, 65.0).cell]) == []


def test_more_nodes_than_there_are_and_no_pictures_are_refused() -> None:
    with pytest.raises(ScoreError, match=re.escape("1..3 nodes see these pictures, 4 are asked for")):
        views(0).of(4)
    with pytest.raises(ScoreError, match=re.escape("some pictures and their labels wanted, got 0 and 0")):
        Views(np.zeros((0, 2, 2), np.float32), np.zeros(0, dtype=np.int64))
