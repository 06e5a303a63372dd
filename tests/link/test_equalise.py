"""Equalisers against what defines them: no bias, or the least error."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from laconic.link import AWGN, LinkError, Rayleigh, Received, Rician, mmse, zero_forcing

CHANNELS = (AWGN(), Rayleigh(), Rayleigh(block=False), Rician(3.0))


def gaussian(packets: int = 300, symbols: int = 40) -> Tensor:
    return torch.randn(packets, symbols, dtype=torch.complex64, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_zero_forcing_leaves_the_noise_over_the_gain(channel: AWGN) -> None:
    symbols = gaussian()
    received = channel(symbols, 5.0, generator=torch.Generator().manual_seed(0))
    noise = received.symbols - received.gain * symbols
    torch.testing.assert_close(zero_forcing(received), symbols + noise / received.gain, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 15.0])
@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_mmse_has_the_least_error_of_any_factor(channel: AWGN, snr_db: float) -> None:
    """For unit-power symbols it is N_0 / (|h|^2 + N_0), and |error|^2 over that is exponential."""
    symbols = gaussian()
    received = channel(symbols, snr_db, generator=torch.Generator().manual_seed(0))
    least = received.noise_variance / (received.gain.abs().square() + received.noise_variance)
    relative = (mmse(received) - symbols).abs().square() / least
    assert abs(float(relative.mean()) - 1) < 4 / math.sqrt(symbols.numel())
    for factor in (0.8, 1.25, torch.tensor(0.2j).exp()):
        worse = (factor * mmse(received) - symbols).abs().square() / least
        assert float(worse.mean()) > float(relative.mean())


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_without_noise_both_give_what_was_sent(channel: AWGN) -> None:
    symbols = gaussian()
    received = channel(symbols, 200.0, generator=torch.Generator().manual_seed(0))
    for equaliser in (mmse, zero_forcing):
        torch.testing.assert_close(equaliser(received), symbols, rtol=1e-4, atol=1e-5)


def test_a_lost_packet_is_0_to_mmse_and_refused_by_zero_forcing() -> None:
    gain = torch.tensor([[1.0], [0.0], [0.0]], dtype=torch.complex64)
    received = Received(gaussian(3, 4), gain, torch.full((3, 1), 0.1))
    assert mmse(received)[1:].abs().max() == 0
    with pytest.raises(LinkError, match="packet 1 has a gain of 0, which zero forcing can't divide by; take mmse"):
        zero_forcing(received)
