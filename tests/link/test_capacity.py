"""Capacity and outage against closed forms, their limits, and draws of the channels themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import exp1

from laconic.link import AWGN, LinkError, Rayleigh, Received, Rician
from laconic.link.capacity import ergodic_capacity, is_block, outage

CHANNELS = [AWGN(), Rayleigh(), Rayleigh(block=False), Rician(2.0), Rician(2.0, block=False)]


def own(symbols: torch.Tensor, snr_db: float, *, generator: torch.Generator) -> Received:
    raise NotImplementedError


@given(st.floats(-15, 40))
def test_without_fading_it_is_shannons(snr_db: float) -> None:
    assert ergodic_capacity(AWGN(), snr_db) == pytest.approx(math.log2(1 + 10 ** (snr_db / 10)), rel=1e-12)


@settings(deadline=None)
@given(st.floats(-15, 40))
def test_rayleighs_closed_form(snr_db: float) -> None:
    """exp(1/s) E_1(1/s) / ln 2: Alouini and Goldsmith, 1999, equation (34) for one branch."""
    x = 10 ** (-snr_db / 10)
    assert ergodic_capacity(Rayleigh(), snr_db) == pytest.approx(math.exp(x) * exp1(x) / math.log(2), rel=1e-6)


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 10.0, 30.0])
def test_a_path_in_sight_brings_a_fading_channel_near_awgn(snr_db: float) -> None:
    found = [ergodic_capacity(Rician(factor), snr_db) for factor in (0.0, 1.0, 10.0, 300.0)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(ergodic_capacity(Rayleigh(), snr_db))
    assert 0 < ergodic_capacity(AWGN(), snr_db) - found[-1] < 0.01  # Jensen, and the variance of |h|^2 is some 2 / 300


@pytest.mark.parametrize("channel", [Rayleigh(), Rician(1.0), Rician(5.0)])
def test_against_draws_of_the_channel(channel: Rayleigh | Rician) -> None:
    n, snr_db, rate = 40_000, 7.0, 1.5
    sent = torch.ones(n, 1, dtype=torch.complex64)
    gain = channel(sent, snr_db, generator=torch.Generator().manual_seed(0)).gain.flatten().numpy()
    information = np.log2(1 + np.abs(gain) ** 2 * 10 ** (snr_db / 10))
    assert abs(information.mean() - ergodic_capacity(channel, snr_db)) < 4 * information.std() / math.sqrt(n)
    p = outage(channel, snr_db, rate)
    assert abs((information < rate).mean() - p) < 4 * math.sqrt(p * (1 - p) / n)


@given(st.floats(0.01, 8), st.floats(0, 30))
def test_rayleighs_outage_in_closed_form(rate: float, snr_db: float) -> None:
    gain = (2**rate - 1) / 10 ** (snr_db / 10)
    assert outage(Rayleigh(), snr_db, rate) == pytest.approx(-math.expm1(-gain), rel=1e-9)


@pytest.mark.parametrize("channel", CHANNELS)
def test_outage_steps_at_capacity_but_where_a_block_fades(channel: AWGN | Rayleigh | Rician) -> None:
    capacity = ergodic_capacity(channel, 10.0)
    around = [outage(channel, 10.0, rate) for rate in (0.0, capacity - 1e-6, capacity + 1e-6)]
    if is_block(channel):
        assert around[0] == 0 < around[1] <= around[2] < 1
    else:
        assert around == [0, 0, 1]


def test_wrong_uses_are_named() -> None:
    with pytest.raises(LinkError, match=r"capacity is known for AWGN, Rayleigh and Rician channels, not for <function"):
        ergodic_capacity(own, 10.0)
    for snr_db in (math.nan, math.inf, -301.0):
        with pytest.raises(LinkError, match=f"a finite number of dB, from -300 to 300, not {snr_db}"):
            outage(AWGN(), snr_db, 1.0)
