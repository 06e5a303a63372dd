"""The measures of paper 000 against closed forms, and rates bounded from both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft, optimize

from laconic.score import ScoreError
from laconic.score.semantic import (
    Gaussian,
    ResidualCode,
    content_complexity,
    cosine_basis,
    economy,
    entropy,
    gaussian_rate,
    language_complexity,
)


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_a_uniform_mixture_has_log_n_nats(n: int) -> None:
    assert content_complexity(np.full(n, 1 / n)) == pytest.approx(math.log(n), rel=1e-12)


def test_content_complexity_grows_with_classes_and_with_what_means_nothing() -> None:
    by_classes = [content_complexity(np.full(n, 1 / n), 0.3, 500) for n in range(1, 12)]
    by_part = [content_complexity(np.full(4, 0.25), part, 500) for part in np.linspace(0, 1, 11)]
    assert by_classes == sorted(by_classes)
    assert by_part == pytest.approx(math.log(4) + np.linspace(0, 1, 11) * math.log(500))


def test_what_is_no_mixture_is_refused() -> None:
    with pytest.raises(ScoreError, match="probabilities are at least 0 and sum to 1"):
        entropy(np.array([0.5, 0.6]))
    with pytest.raises(ScoreError, match=r"a part from 0 to 1 of at least one datum wanted, got 1\.5 of 3"):
        content_complexity(np.ones(1), 1.5, 3)


def test_kl_of_gaussians_is_torchs() -> None:
    rng = np.random.default_rng(0)
    p, q = (Gaussian(rng.normal(size=5), rng.uniform(0.1, 2, 5)) for _ in range(2))
    normals = [torch.distributions.Normal(torch.from_numpy(g.mean), torch.from_numpy(g.std)) for g in (p, q)]
    assert p.kl(q) == pytest.approx(float(torch.distributions.kl_divergence(*normals).sum()), rel=1e-12)
    assert p.kl(p) == 0


def test_language_complexity_of_a_square_is_its_closed_form() -> None:
    learnt = Gaussian(np.array([1.0, -2.0]), np.array([0.5, 0.1]))
    before = Gaussian(np.zeros(2), np.ones(2))
    draws = 20_000
    found = language_complexity(lambda x: float((x**2).sum()), learnt, before, 0.3, np.random.default_rng(0), draws)
    variances = learnt.std**2
    expected = float((learnt.mean**2 + variances).sum()) + 0.3 * learnt.kl(before)
    deviation = math.sqrt(float((4 * learnt.mean**2 * variances + 2 * variances**2).sum()))
    assert abs(found - expected) < 4 * deviation / math.sqrt(draws)


def test_a_language_that_is_nothing_new_costs_its_errors_alone() -> None:
    before = Gaussian(np.zeros(3), np.ones(3))
    assert language_complexity(lambda _: 7.0, before, before, 5.0, np.random.default_rng(0), 2) == 7.0
    with pytest.raises(ScoreError, match="beta is at least 0, not -1"):
        language_complexity(lambda _: 7.0, before, before, -1.0, np.random.default_rng(0))
    with pytest.raises(ScoreError, match="standard deviations are above 0"):
        Gaussian(np.zeros(1), np.zeros(1))


def test_equal_variances_need_half_a_log_each() -> None:
    assert gaussian_rate(np.full(7, 3.0), 0.5) == pytest.approx(7 * 0.5 * math.log2(6), rel=1e-12)
    assert gaussian_rate(np.full(7, 0.5), 0.5) == 0


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=20).filter(lambda v: sum(v) > 1e-3),
    st.floats(0.01, 0.99),
)
def test_reverse_water_filling_is_what_a_root_finder_finds(variances: list[float], part: float) -> None:
    spread = np.array(variances)
    distortion = part * spread.mean()
    level = optimize.brentq(lambda at: np.minimum(spread, at).mean() - distortion, 0, spread.max() + 1, xtol=1e-14)
    expected = 0.5 * np.log2(np.maximum(spread, level) / level).sum()
    assert gaussian_rate(spread, distortion) == pytest.approx(expected, abs=1e-6)


def test_a_rate_falls_with_distortion_and_rises_with_variance() -> None:
    variances = np.array([0.1, 1.0, 5.0])
    rates = [gaussian_rate(variances, distortion) for distortion in np.geomspace(1e-4, 10, 30)]
    assert rates == sorted(rates, reverse=True)
    assert gaussian_rate(variances * 2, 0.1) > gaussian_rate(variances, 0.1)
    with pytest.raises(ScoreError, match="a distortion above 0 wanted, got 0"):
        gaussian_rate(variances, 0.0)


def gaussian_pixels(n: int, stds: np.ndarray, seed: int) -> np.ndarray:
    """Normal rows with these deviations along some orthonormal axes."""
    axes = np.linalg.qr(np.random.default_rng(99).normal(size=(len(stds), len(stds))))[0]
    return np.random.default_rng(seed).normal(size=(n, len(stds))) * stds @ axes.T


@pytest.mark.parametrize("distortion", [1e-4, 1e-3])
def test_lengths_of_a_normal_source_lie_between_its_rate_and_what_steps_lose(distortion: float) -> None:
    stds = np.array([0.5, 0.4, 0.3, 0.2])
    train, test = gaussian_pixels(20_000, stds, 0), gaussian_pixels(5_000, stds, 1)
    code = ResidualCode.fit(train, np.zeros(len(train), int), 1)
    one = np.zeros(len(test), int)
    bits, error = code.bits(test, one, distortion), code.error(test, one, distortion)
    rate = gaussian_rate(stds**2, float(error.mean()))
    lost = len(stds) * 0.5 * math.log2(math.pi * math.e / 6)  # of uniform steps, at high rate
    margin = 4 * bits.std() / math.sqrt(len(bits))
    assert rate - margin <= bits.mean() <= rate + lost + len(stds) * 2 * 2**-10 + margin + 0.05
    assert error.mean() == pytest.approx(distortion, rel=0.05)


def test_no_coefficient_errs_by_more_than_half_a_step() -> None:
    pixels = np.random.default_rng(0).uniform(size=(500, 16))
    code, one = ResidualCode.fit(pixels[:50], np.zeros(50, int), 1), np.zeros(500, int)
    assert code.error(pixels, one, 0.01).max() <= 12 * 0.01 / 4


def test_the_index_costs_what_its_cluster_is_rare() -> None:
    clusters = np.repeat([0, 1], [300, 100])
    means = np.array([[0.2, 0.9], [0.8, 0.1]])
    code = ResidualCode.fit(means[clusters], clusters, 2)
    assert code.index_bits == pytest.approx([-math.log2(301 / 402), -math.log2(101 / 402)])
    bits = code.bits(means, np.array([0, 1]), 0.01)
    n_levels = 2 * math.ceil(math.sqrt(2) / math.sqrt(0.12)) + 1
    assert bits == pytest.approx(code.index_bits - 2 * math.log2(1 - 2**-10 + 2**-10 / n_levels), abs=1e-9)


def test_the_right_cluster_and_a_lower_fidelity_are_shorter() -> None:
    rng = np.random.default_rng(0)
    clusters = rng.integers(0, 2, 400)
    pixels = np.where(clusters[:, None] == 0, 0.2, 0.8) + 0.05 * rng.normal(size=(400, 9))
    code = ResidualCode.fit(pixels, clusters, 2)
    mean = [code.bits(pixels, clusters, distortion).mean() for distortion in np.geomspace(1e-5, 1e-1, 9)]
    assert mean == sorted(mean, reverse=True)
    assert code.bits(pixels, clusters, 1e-3).mean() < code.bits(pixels, 1 - clusters, 1e-3).mean()
    assert np.isfinite(code.bits(np.ones((1, 9)), np.array([0]), 1e-5)).all()


def test_noise_in_the_language_lengthens_what_is_learnable() -> None:
    rng = np.random.default_rng(0)
    learnable = 0.5 + 0.02 * rng.normal(size=(2000, 16))
    noise = rng.uniform(size=(1000, 16))
    clean = ResidualCode.fit(learnable, np.zeros(2000, int), 1)
    mixed = ResidualCode.fit(np.vstack([learnable, noise]), np.zeros(3000, int), 1)
    one = np.zeros(2000, int)
    assert clean.bits(learnable, one, 1e-3).mean() < 0.5 * mixed.bits(learnable, one, 1e-3).mean()


def test_nothing_to_fit_and_unknown_clusters_are_refused() -> None:
    with pytest.raises(ScoreError, match="pictures of clusters 0 to 1 wanted, got 0"):
        ResidualCode.fit(np.zeros((0, 4)), np.zeros(0, int), 2)
    with pytest.raises(ScoreError, match="pictures of clusters 0 to 1 wanted, got 1"):
        ResidualCode.fit(np.zeros((1, 4)), np.array([2]), 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_cosine_basis_is_orthonormal_and_scipys(channels: int) -> None:
    basis = cosine_basis(4, 6, channels)
    np.testing.assert_allclose(basis.T @ basis, np.eye(24 * channels), atol=1e-12)
    picture = np.random.default_rng(0).normal(size=(4, 6, channels))
    expected = fft.dctn(picture, axes=(0, 1), norm="ortho")
    np.testing.assert_allclose(picture.reshape(-1) @ basis, expected.reshape(-1), atol=1e-12)


SEMANTIC, CLASSICAL = np.array([10.0, 30.0, 200.0]), np.array([40.0, 60.0, 100.0])


def test_an_economy_by_hand() -> None:
    everything = economy(SEMANTIC, CLASSICAL, np.array([True, True, True]))
    assert (everything.representation_bits, everything.impact) == (80, 200 / 240)
    assert (everything.bits, everything.impact_all) == (everything.representation_bits, everything.impact)
    nothing = economy(SEMANTIC, CLASSICAL, np.array([False] * 3))
    assert (nothing.said_fraction, nothing.representation_bits, nothing.impact) == (0, 200 / 3, 1)
    some = economy(SEMANTIC, CLASSICAL, np.array([True, True, False]))
    flag = math.log2(3) - 2 / 3
    assert some.representation_bits == pytest.approx(20 + flag)
    assert some.impact == pytest.approx(100 / (40 + 2 * flag))
    assert some.bits == pytest.approx(140 / 3 + flag)
    assert some.impact_all == pytest.approx(200 / (140 + 3 * flag))


def test_an_economy_of_nothing_is_refused() -> None:
    none = np.zeros(0)
    with pytest.raises(ScoreError, match="measured over at least one datum, but there is none"):
        economy(none, none, none.astype(bool))
