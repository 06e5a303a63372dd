"""Channels against their closed forms: noise power, the gain's distribution, and who shares what."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from laconic.link import AWGN, Channel, LinkError, Rayleigh, Rician, normalise, pair

CHANNELS = (AWGN(), Rayleigh(), Rayleigh(block=False), Rician(2.0), Rician(0.5, block=False))
PACKETS, SYMBOLS = 400, 50


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sent(packets: int = PACKETS, symbols: int = SYMBOLS) -> torch.Tensor:
    return normalise(pair(torch.randn(packets, 2 * symbols, generator=seeded(99))))


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 10.0, 20.0])
@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_noise_per_complex_symbol_is_what_the_label_says(channel: Channel, snr_db: float) -> None:
    """|w|^2 / N_0 is exponential: mean 1, variance 1."""
    symbols = sent()
    received = channel(symbols, snr_db, generator=seeded())
    noise = received.symbols - received.gain * symbols
    measured = float(noise.abs().square().mean()) / 10 ** (-snr_db / 10)
    assert abs(measured - 1) < 4 / math.sqrt(noise.numel())
    assert received.noise_variance.flatten().tolist() == pytest.approx([10 ** (-snr_db / 10)] * PACKETS)
    power = (noise / received.noise_variance.sqrt()).abs().square().flatten()
    assert stats.kstest(power.numpy(), "expon").pvalue > 1e-4
    angle = (noise.angle().flatten().numpy() + math.pi) / (2 * math.pi)
    assert stats.kstest(angle, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize("factor", [0.0, 0.5, 10.0])
def test_gains_are_a_constant_and_a_normal_part_of_total_power_1(factor: float, block: bool) -> None:
    """2 (r + 1) |h|^2 is chi-square with 2 degrees of freedom and non-centrality 2 r."""
    channel = Rician(factor, block) if factor else Rayleigh(block)
    symbols = sent(4000 if block else 80)
    gain = channel(symbols, 10.0, generator=seeded()).gain
    assert gain.shape == (len(symbols), 1 if block else SYMBOLS)
    power = gain.abs().square().flatten().numpy()
    assert abs(power.mean() - 1) < 4 * math.sqrt((2 * factor + 1) / (factor + 1) ** 2 / len(power))
    chi_square = stats.ncx2(2, 2 * factor) if factor else stats.chi2(2)
    assert stats.kstest(2 * (factor + 1) * power, chi_square.cdf).pvalue > 1e-4
    scattered = gain.flatten().numpy() - math.sqrt(factor / (factor + 1))
    assert stats.kstest(np.angle(scattered) / (2 * math.pi) + 0.5, "uniform").pvalue > 1e-4


def test_awgn_has_the_gain_1() -> None:
    assert torch.equal(AWGN()(sent(), 0.0, generator=seeded()).gain, torch.ones(PACKETS, 1, dtype=torch.complex64))


def test_a_factor_of_0_is_rayleigh_fading() -> None:
    for block in (True, False):
        rician, rayleigh = (c(sent(), 3.0, generator=seeded()) for c in (Rician(0.0, block), Rayleigh(block)))
        assert torch.equal(rician.symbols, rayleigh.symbols)


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_each_packet_has_the_snr_that_it_is_given(channel: Channel) -> None:
    symbols, snr_db = sent(), torch.linspace(-10, 20, PACKETS)
    received = channel(symbols, snr_db, generator=seeded())
    noise = (received.symbols - received.gain * symbols).abs().square().mean(1) * 10 ** (snr_db / 10)
    assert float((noise - 1).abs().max()) < 6 / math.sqrt(SYMBOLS)
    assert abs(float(noise.mean()) - 1) < 4 / math.sqrt(symbols.numel())
    alike = channel(symbols, torch.full((PACKETS,), 7.0), generator=seeded())
    torch.testing.assert_close(alike.symbols, channel(symbols, 7.0, generator=seeded()).symbols)


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_noise_does_not_look_at_what_is_sent(channel: Channel) -> None:
    """SNR refers to unit power, so neither louder neighbours nor one's own power change the noise."""
    symbols = sent()
    plain, louder = (channel(x, 5.0, generator=seeded()) for x in (symbols, 3 * symbols))
    torch.testing.assert_close(louder.symbols - plain.symbols, 2 * plain.gain * symbols, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_draws_are_the_generators_alone(channel: Channel) -> None:
    before = torch.get_rng_state()
    first, again, other = (channel(sent(), 5.0, generator=seeded(seed)).symbols for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_gradients_are_those_of_a_gain(channel: Channel) -> None:
    """For L = Re sum conj(c) y, dL/dx is conj(h) c in PyTorch's convention."""
    symbols = sent(4, 6).requires_grad_()
    received = channel(symbols, torch.arange(4.0), generator=seeded())
    weights = sent(4, 6) * 1j
    (gradient,) = torch.autograd.grad((weights.conj() * received.symbols).real.sum(), symbols)
    torch.testing.assert_close(gradient, received.gain.conj() * weights)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_on_another_device(channel: Channel) -> None:
    symbols = sent().cuda()
    for snr_db in (10.0, torch.full((PACKETS,), 10.0)):
        received = channel(symbols, snr_db, generator=torch.Generator("cuda").manual_seed(0))
        assert {received.symbols.device.type, received.gain.device.type, received.noise_variance.device.type} == {
            "cuda"
        }
        noise = (received.symbols - received.gain * symbols).abs().square().mean()
        assert abs(float(noise) - 0.1) < 0.4 / math.sqrt(symbols.numel())
    with pytest.raises(LinkError, match=r"symbols are on cuda:0, the generator on cpu; .* torch.Generator\('cuda:0'\)"):
        channel(symbols, 10.0, generator=seeded())


@pytest.mark.parametrize("snr_db", [math.nan, math.inf, -math.inf, 301.0, -1e6])
@pytest.mark.parametrize("channel", [AWGN(), Rayleigh()], ids=str)
def test_refuses_an_snr_that_is_no_finite_number(channel: Channel, snr_db: float) -> None:
    text = rf"an SNR is a finite number of dB, from -300 to 300, not {snr_db}"
    with pytest.raises(LinkError, match=text):
        channel(sent(3), snr_db, generator=seeded())
    with pytest.raises(LinkError, match=text):
        channel(sent(3), torch.tensor([1.0, snr_db, 2.0]), generator=seeded())


@pytest.mark.usefixtures("shapes_unchecked")
def test_refuses_other_shapes_and_types() -> None:
    for snr_db in (torch.zeros(2), torch.tensor(3.0), torch.zeros(3, 1)):
        with pytest.raises(LinkError, match=r"one for each of 3 packets, was wanted, not a tensor of shape \["):
            AWGN()(sent(3), snr_db, generator=seeded())
    with pytest.raises(LinkError, match=r"symbols are torch.complex64, not torch.float32; .*"):
        Rayleigh()(torch.zeros(3, 4), 1.0, generator=seeded())
    with pytest.raises(LinkError, match=r"not of shape \[0, 4\]"):
        Rician()(torch.zeros(0, 4, dtype=torch.complex64), 1.0, generator=seeded())


@pytest.mark.parametrize("factor", [-0.5, math.nan, math.inf])
def test_refuses_a_factor_that_is_no_ratio_of_powers(factor: float) -> None:
    with pytest.raises(LinkError, match=f"a Rician factor is a finite ratio of powers of at least 0, not {factor}"):
        Rician(factor)
