"""Modulation against its closed forms, 5G's formulas, the whole constellation's sum, and Sionna."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh
from laconic.link.modulation import BITS_PER_SYMBOL, Modulation

NAMES = tuple(BITS_PER_SYMBOL)
EPSILON = float(np.finfo(np.float32).eps)


def random_bits(blocks: int, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (blocks, n), dtype=np.uint8)


def all_labels(name: str) -> np.ndarray:
    """Every symbol's bits, one symbol a block."""
    n = BITS_PER_SYMBOL[name]
    return (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1) & 1).astype(np.uint8)


def ones(n: int) -> torch.Tensor:
    return torch.ones(n, 1, dtype=torch.complex64)


# --- map


def ts_38_211(bits: list[int]) -> complex:
    """3GPP TS 38.211, 5.1.3 to 5.1.6, as it stands there."""
    s = [1 - 2 * b for b in bits]
    if len(s) == 2:
        return complex(s[0], s[1]) / math.sqrt(2)
    if len(s) == 4:
        return complex(s[0] * (2 - s[2]), s[1] * (2 - s[3])) / math.sqrt(10)
    if len(s) == 6:
        return complex(s[0] * (4 - s[2] * (2 - s[4])), s[1] * (4 - s[3] * (2 - s[5]))) / math.sqrt(42)
    i = s[0] * (8 - s[2] * (4 - s[4] * (2 - s[6])))
    q = s[1] * (8 - s[3] * (4 - s[5] * (2 - s[7])))
    return complex(i, q) / math.sqrt(170)


@pytest.mark.parametrize("name", NAMES)
def test_each_label_is_5g_s(name: str) -> None:
    labels = all_labels(name)
    found = Modulation(name).map(labels)[:, 0].numpy()
    wanted = np.array([ts_38_211(row) for row in labels.tolist()])
    assert np.abs(found - wanted).max() <= 4 * EPSILON
    assert np.array_equal(found, Modulation(name).points.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_mean_energy_is_one_and_neighbours_differ_in_one_bit(name: str) -> None:
    modulation, labels = Modulation(name), all_labels(name)
    points = modulation.points.numpy().astype(np.complex128)
    assert np.mean(np.abs(points) ** 2) == pytest.approx(1, abs=8 * EPSILON)
    distance = np.abs(points[:, None] - points)
    nearest = distance <= distance[distance > 1e-3].min() * 1.001
    differing = (labels[:, None] != labels).sum(-1)
    assert set(differing[nearest & (distance > 1e-3)]) == {1}


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_mapped_comes_back(name: str, blocks: int, symbols: int, seed: int, max_log: bool) -> None:
    modulation = Modulation(name)
    bits = random_bits(blocks, symbols * modulation.bits_per_symbol, seed)
    sent = modulation.map(bits)
    assert sent.shape == (blocks, symbols)
    soft = modulation.demap(sent, ones(blocks), torch.full((blocks, 1), 1e-3), max_log)
    assert np.array_equal(soft < 0, bits == 1)


# --- demap


def naive(name: str, y: np.ndarray, h: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """log sum p(y | b = 0) - log sum p(y | b = 1) over all points of the constellation, in float64."""
    labels = all_labels(name).astype(bool)
    points = np.array([ts_38_211(row) for row in labels.astype(int).tolist()])
    log_p = -(np.abs(y[..., None] - h[..., None] * points) ** 2) / variance[..., None]
    soft = [
        logsumexp(log_p[..., ~labels[:, i]], axis=-1) - logsumexp(log_p[..., labels[:, i]], axis=-1)
        for i in range(labels.shape[1])
    ]
    return np.stack(soft, -1).reshape(len(y), -1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channel", [AWGN(), Rayleigh(), Rayleigh(block=False)], ids=repr)
def test_soft_bits_are_the_sum_over_the_whole_constellation(name: str, channel: Channel) -> None:
    modulation = Modulation(name)
    generator = torch.Generator().manual_seed(1)
    snr_db = torch.tensor([-20.0, 0.0, 10.0, 20.0, 40.0])
    received = channel(modulation.map(random_bits(5, 50 * modulation.bits_per_symbol)), snr_db, generator=generator)
    found = modulation.demap(received.symbols, received.gain, received.noise_variance)
    y = received.symbols.numpy().astype(np.complex128)
    h = np.broadcast_to(received.gain.numpy().astype(np.complex128), y.shape)
    variance = received.noise_variance.numpy().astype(np.float64)
    wanted = naive(name, y, h, variance)
    scale = ((np.abs(y) + 2 * np.abs(h)) ** 2 / variance).max(1, keepdims=True)  # of the terms whose difference it is
    assert (np.abs(found - wanted) <= 16 * EPSILON * (1 + scale)).all()


def test_qpsk_is_linear_in_what_is_received() -> None:
    y = torch.tensor([[0.3 - 0.2j, 5 + 1j]], dtype=torch.complex64)
    h = torch.tensor([[0.5 + 0.5j]], dtype=torch.complex64)
    soft = Modulation("qpsk").demap(y, h, torch.tensor([[0.25]]))
    matched = (y * h.conj()).numpy() / 0.25
    wanted = 2 * np.sqrt(2) * np.stack([matched.real, matched.imag], -1).reshape(1, -1)
    assert np.allclose(soft, wanted, rtol=4 * EPSILON, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_gain_is_undone_and_symmetries_hold(name: str) -> None:
    modulation, generator = Modulation(name), torch.Generator().manual_seed(2)
    y = torch.randn(3, 20, dtype=torch.complex64, generator=generator)
    variance = torch.full((3, 1), 0.1)
    soft = modulation.demap(y, ones(3), variance)
    turned = modulation.demap(2j * y, 2j * ones(3), 4 * variance)
    assert np.abs(soft - turned).max() <= 64 * EPSILON * np.abs(soft).max()
    mirrored = modulation.demap(-y, ones(3), variance).reshape(3, 20, -1)
    sign = np.where(np.arange(modulation.bits_per_symbol) < 2, -1, 1)  # the first two bits are the axes' signs
    assert np.abs(mirrored * sign - soft.reshape(3, 20, -1)).max() <= 64 * EPSILON * np.abs(soft).max()
    per_symbol = modulation.demap(y, ones(3).expand(3, 20), variance)
    assert np.array_equal(per_symbol, soft)


def test_no_gain_says_nothing() -> None:
    for name in NAMES:
        soft = Modulation(name).demap(torch.ones(1, 7, dtype=torch.complex64), 0 * ones(1), torch.ones(1, 1))
        assert not soft.any()


def test_many_symbols_are_read_in_pieces_as_few_are() -> None:
    modulation = Modulation("64qam")
    y = torch.randn(40, 1000, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    variance = torch.rand(40, 1, generator=torch.Generator().manual_seed(1)) + 0.01
    whole = modulation.demap(y, ones(40), variance)
    rows = [modulation.demap(y[[i]], ones(1), variance[[i]]) for i in range(40)]
    assert np.allclose(whole, np.concatenate(rows), rtol=1e-5, atol=1e-4)


# --- error rates


def cho_yoon(name: str, share: float | np.ndarray, mean: str) -> float:
    """Bit error rate of nearest-point decisions: Cho and Yoon, IEEE Trans. Commun. 50(7), 2002, equations 14 and 16.

    `share` is E_s/N_0. erfc(sqrt(c g)) is itself on AWGN; its mean over g ~ exponential(1) is that of Rayleigh.
    """
    root, half = 2 ** (BITS_PER_SYMBOL[name] // 2), BITS_PER_SYMBOL[name] // 2

    def erfc(factor: float) -> float:
        c = factor**2 * 3 * share / (2 * (root**2 - 1))
        return math.erfc(math.sqrt(c)) if mean == "awgn" else 1 - math.sqrt(c / (1 + c))

    total = 0.0
    for k in range(1, half + 1):
        for i in range(int((1 - 2.0**-k) * root)):
            turn = i * 2 ** (k - 1) // root
            weight = 2 ** (k - 1) - math.floor(i * 2 ** (k - 1) / root + 0.5)
            total += (-1) ** turn * weight * erfc(2 * i + 1) / root
    return total / half


def test_the_closed_form_is_known_for_qpsk() -> None:
    assert cho_yoon("qpsk", 10**0.8, "awgn") == pytest.approx(6.0e-3, rel=5e-3)
    assert cho_yoon("qpsk", 10.0, "rayleigh") == pytest.approx((1 - math.sqrt(5 / 6)) / 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("channel", "mean"), [(AWGN(), "awgn"), (Rayleigh(block=False), "rayleigh")], ids=str)
@pytest.mark.parametrize("snr_db", [0.0, 8.0, 16.0])
def test_uncoded_bit_error_rate_is_the_closed_form(name: str, channel: Channel, mean: str, snr_db: float) -> None:
    modulation = Modulation(name)
    bits = random_bits(100, 400 * modulation.bits_per_symbol, seed=3)
    received = channel(modulation.map(bits), snr_db, generator=torch.Generator().manual_seed(4))
    soft = modulation.demap(received.symbols, received.gain, received.noise_variance, max_log=True)  # the nearest point
    p = cho_yoon(name, 10 ** (snr_db / 10), mean)
    assert abs(np.mean((soft < 0) != bits) - p) <= 4 * math.sqrt(p * (1 - p) / bits.size)
    # The exact sums decide each bit at its best: no worse.
    exact = modulation.demap(received.symbols, received.gain, received.noise_variance)
    assert np.mean((exact < 0) != bits) <= p + 4 * math.sqrt(p * (1 - p) / bits.size)


@pytest.mark.parametrize("name", NAMES)
def test_soft_bits_are_probabilities(name: str) -> None:
    """Of the bits with soft value L, the part 1 / (1 + e^L) is 1."""
    modulation = Modulation(name)
    bits = random_bits(100, 400 * modulation.bits_per_symbol, seed=5)
    received = Rayleigh(block=False)(modulation.map(bits), 6.0, generator=torch.Generator().manual_seed(6))
    soft = modulation.demap(received.symbols, received.gain, received.noise_variance)
    said = 1 / (1 + np.exp(soft.astype(np.float64)))
    for low in (-3.0, -1.0, 0.0, 1.0):
        here = (soft >= low) & (soft < low + 1)
        p = said[here].mean()
        assert abs(bits[here].mean() - p) <= 4 * math.sqrt(p * (1 - p) / here.sum())


# --- Sionna


@pytest.mark.parametrize("name", NAMES)
def test_sionna_maps_and_demaps_alike(name: str) -> None:
    pytest.importorskip("sionna")
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sionna.phy.mapping import Demapper, Mapper

        modulation, n = Modulation(name), BITS_PER_SYMBOL[name]
        bits = random_bits(20, 60 * n)
        sent = modulation.map(bits)
        assert (sent - Mapper("qam", n, device="cpu")(torch.from_numpy(bits).float())).abs().max() <= 4 * EPSILON
        snr_db = torch.linspace(-5, 25, 20)
        received = Rayleigh(block=False)(sent, snr_db, generator=torch.Generator().manual_seed(0))
        y, h, variance = received.symbols, received.gain, received.noise_variance
        effective = variance / h.abs().square()
        # Sionna's terms are squared distances, whose differences round to float32 of the largest.
        scale = ((y / h).abs() + 2).square() / effective
        bound = 32 * EPSILON * (1 + scale.repeat_interleave(n, 1).numpy())
        for method, max_log in (("app", False), ("maxlog", True)):
            theirs = -Demapper(method, "qam", n, device="cpu")(y / h, effective).numpy()
            assert (np.abs(modulation.demap(y, h, variance, max_log) - theirs) <= bound).all()


# --- bad input


def test_errors_name_what_was_wanted() -> None:
    with pytest.raises(LinkError, match=r"one of qpsk, 16qam, 64qam, 256qam, not '8psk'"):
        Modulation("8psk")
    qam = Modulation("16qam")
    with pytest.raises(LinkError, match=r"16qam carries 4 bits a symbol: a multiple of 4 wanted, not 6"):
        qam.map(np.zeros((1, 6), np.uint8))
    with pytest.raises(LinkError, match=r"bits are 0 or 1, not 2; unpack bytes with np.unpackbits"):
        qam.map(np.full((1, 4), 2, np.uint8))
    with pytest.raises(LinkError, match=r"at least one of each, not of shape \[0, 4\]"):
        qam.map(np.zeros((0, 4), np.uint8))
    for variance in (0.0, math.nan):
        with pytest.raises(LinkError, match=r"a noise variance is above 0, not (0|nan)"):
            qam.demap(ones(1), ones(1), torch.full((1, 1), variance))
