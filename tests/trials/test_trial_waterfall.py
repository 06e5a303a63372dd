"""`link/waterfall`: its theory against known limits, and its measure against its theory."""

from __future__ import annotations

import math

import pytest

from laconic.trials.catalogue import TRIALS
from laconic.trials.decoding import normal_approximation, tail, waterfall
from laconic.trials.figures import rendered
from laconic.trials.outcome import Outcome, Run
from laconic.trials.waterfall import WATERFALL


def test_it_is_in_the_catalogue() -> None:
    assert TRIALS["link/waterfall"] is WATERFALL


def test_a_figure_is_drawn() -> None:
    parameters = {"k": 32, "n": 64, "eb_n0_db": [0.0, 4.0], "blocks": [20, 20]}
    runs = [
        Run(arm, seed, waterfall({**parameters, "decoder": decoder}, seed, "digits"), 1.0, {})
        for arm, decoder in {"min-sum": "minsum", "Sionna": "sionna"}.items()
        for seed in (0, 1)
    ]
    figure = WATERFALL.figure
    assert figure is not None
    assert rendered(figure, Outcome(tuple(runs)), "a test")["png"].startswith(b"\x89PNG")
    assert all(column.key in runs[0].measured for column in WATERFALL.columns)


def test_the_tail_of_a_normal_variable() -> None:
    assert tail(0.0) == 0.5
    assert tail(1.6448536) == pytest.approx(0.05)


def test_a_very_long_code_of_rate_one_half_fails_below_shannons_limit() -> None:
    """0.187 dB Eb/N0 for binary input, of which a symbol of QPSK at this rate carries one."""
    k = 10**9
    assert normal_approximation(k, 2 * k, 0.180) > 1 - 1e-6
    assert normal_approximation(k, 2 * k, 0.194) < 1e-6


def test_the_measure_meets_the_closed_form_without_a_code() -> None:
    blocks, n = 200, 64
    parameters = {"k": 32, "n": n, "decoder": "minsum", "eb_n0_db": [0.0, 4.0], "blocks": [blocks, blocks]}
    found = waterfall(parameters, 0, "digits")
    for measured, theory in zip(found["uncoded"], found["uncoded_theory"], strict=True):
        assert abs(measured - theory) < 4 * math.sqrt(theory * (1 - theory) / (blocks * n))
    assert found["normal"][0] <= found["bler"][0]  # no code is better than the best
    assert found["bler"][0] > found["bler"][1]
    assert found["allowed"][0] > found["bler"][0]
    assert found["ber"][0] < found["bler"][0]
