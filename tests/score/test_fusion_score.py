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
from laconic.score.fusion import FusionCell, Teller, Told, Views, Way, compared, score_fusion

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
    return {
        one.name: score_fusion(one, *(views(i) for i in (0, 1, 2)), 3, 6.0, learn, np.random.default_rng(0))
        for one in tellers
    }


def normal_tail(x: float) -> float:
    return math.erfc(x / math.sqrt(2)) / 2


def test_sums_of_features_reach_what_bayes_does_and_votes_what_majorities_do(told: dict[str, Told]) -> None:
    """Three independent observations at distance 2 err with Q(sqrt 3); a majority of three with 3 q^2 (1-q) + q^3."""
    q = normal_tail(1.0)
    for name, error in (("sums", normal_tail(math.sqrt(3))), ("votes", 3 * q**2 * (1 - q) + q**3)):
        assert abs(1 - told[name].cell.accuracy - error) < 4 * np.sqrt(error * (1 - error) / 1500)


def test_three_bits_of_evidence_lose_little_of_the_sum_and_beat_votes(told: dict[str, Told]) -> None:
    (votes, sums) = compared(told["evidence"], [told["votes"], told["sums"]])
    assert votes["difference"] > 0
    assert votes["p_value"] < 0.05
    assert abs(float(sums["difference"])) < 0.01
    assert told["evidence"].cell.bits <= 3.05  # as in training
    assert told["evidence"].cell.calibration_error < np.sqrt(15 / (4 * 1500))


def test_a_cell_says_what_it_is_of(told: dict[str, Told]) -> None:
    cell = told["votes"].cell
    right = round(cell.accuracy * 1500)
    assert cell == FusionCell(3, 6.0, "votes", 1.0, 1.0, right / 1500, cell.calibration_error, 1500)


def test_two_tellers_are_compared_on_the_pictures_where_they_differ() -> None:
    def knows(right: list[bool], code: str) -> Told:
        cell = FusionCell(1, 0.0, code, 1.0, 1.0, float(np.mean(right)), 0.0, len(right))
        return Told(cell, np.ones((len(right), 1)), np.array(right))

    ours = knows([True] * 6 + [False] * 4, "ours")
    rivals = [knows([False] * 5 + [True] + [False] * 4, "worse"), ours]
    assert compared(ours, rivals) == [
        {"rival": "worse", "difference": 0.5, "p_value": 2 / 2**5},
        {"rival": "ours", "difference": 0.0, "p_value": 1.0},
    ]


def test_more_nodes_than_there_are_and_no_pictures_are_refused() -> None:
    with pytest.raises(ScoreError, match=re.escape("1..3 nodes see these pictures, 4 are asked for")):
        views(0).of(4)
    with pytest.raises(ScoreError, match=re.escape("some pictures and their labels wanted, got 0 and 0")):
        Views(np.zeros((0, 2, 2), np.float32), np.zeros(0, dtype=np.int64))
