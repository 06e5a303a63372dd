"""The analog link: what arrives, in which scale, and what training sees of it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from laconic.link import AWGN, AnalogLink, LinkError, Rayleigh, Rician, mmse, zero_forcing

CHANNELS = (AWGN(), Rayleigh(), Rician(2.0, block=False))
PACKETS, REALS = 200, 64


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def features(packets: int = PACKETS) -> Tensor:
    """As an encoder's: none is negative, and packets differ in power by orders of magnitude."""
    scale = torch.logspace(-3, 3, packets)[:, None]
    return torch.randn(packets, REALS, generator=seeded(5)).relu() * scale


def unit(vectors: Tensor) -> Tensor:
    """Unit mean power per symbol is 1/2 per real."""
    return vectors / vectors.square().mean(1, keepdim=True).mul(2).sqrt()


@pytest.mark.parametrize("equaliser", [mmse, zero_forcing])
@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_without_noise_the_vectors_arrive_in_units_of_their_amplitude(channel: AWGN, equaliser: object) -> None:
    vectors = features()
    arrived = AnalogLink(channel, equaliser)(vectors, 200.0, generator=seeded())
    torch.testing.assert_close(arrived, unit(vectors), rtol=1e-4, atol=1e-5)
    restored = AnalogLink(channel, equaliser, restore_amplitude=True)(vectors, 200.0, generator=seeded())
    torch.testing.assert_close(restored, vectors, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 10.0, 20.0])
def test_the_error_of_a_real_is_half_of_a_symbols_noise_whatever_the_packets_scale(snr_db: float) -> None:
    vectors = features()
    error = AnalogLink(AWGN(), zero_forcing)(vectors, snr_db, generator=seeded()) - unit(vectors)
    relative = error.square() * 2 * 10 ** (snr_db / 10)
    assert abs(float(relative.mean()) - 1) < 4 * math.sqrt(2 / relative.numel())
    quiet, loud = relative[: PACKETS // 2].mean(), relative[PACKETS // 2 :].mean()
    assert abs(float(quiet - loud)) < 4 * math.sqrt(8 / relative.numel())


def test_each_packet_may_have_its_own_snr() -> None:
    snr_db = torch.linspace(0, 30, PACKETS)
    error = AnalogLink(AWGN(), zero_forcing)(features(), snr_db, generator=seeded()) - unit(features())
    relative = error.square() * 2 * 10 ** (snr_db[:, None] / 10)
    assert abs(float(relative.mean()) - 1) < 4 * math.sqrt(2 / relative.numel())


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
@pytest.mark.parametrize("restore", [True, False])
def test_gradients_are_those_of_the_formula(channel: AWGN, restore: bool) -> None:
    vectors = features(8)[2:].requires_grad_()
    weights = torch.randn(6, REALS, generator=seeded(1))
    arrived = AnalogLink(channel, zero_forcing, restore)(vectors, 3.0, generator=seeded())
    (gradient,) = torch.autograd.grad((arrived * weights).sum(), vectors)
    scale = vectors.square().mean(1, keepdim=True).mul(2).sqrt() if restore else torch.ones(6, 1)
    noise = (arrived / scale - unit(vectors)).detach()
    expected = (unit(vectors) + noise) * scale
    (naive,) = torch.autograd.grad((expected * weights).sum(), vectors)
    torch.testing.assert_close(gradient, naive, rtol=1e-3, atol=1e-3)


class Count(TorchDispatchMode):
    """How many kernels are called."""

    n = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.n += 1
        return func(*args, **(kwargs or {}))


def test_work_is_done_for_all_packets_at_once() -> None:
    counts = []
    for packets in (2, 100):
        vectors = features(packets)
        with Count() as count:
            AnalogLink(Rician())(vectors, torch.zeros(packets), generator=seeded())
        counts.append(count.n)
    assert counts[0] == counts[1] > 0


def test_refuses_what_has_no_power_and_what_makes_no_symbols() -> None:
    link, vectors = AnalogLink(AWGN()), features()
    vectors[17] = 0
    with pytest.raises(LinkError, match="packet 17 has amplitude 0, "):
        link(vectors, 10.0, generator=seeded())
    with pytest.raises(LinkError, match="an even number of them, not 63"):
        link(features()[:, 1:], 10.0, generator=seeded())
    with pytest.raises(LinkError, match="finite number of dB"):
        link(features(), math.nan, generator=seeded())
