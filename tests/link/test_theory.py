"""The error rate of QPSK against an average over the fades' own density, and against its limits."""

from __future__ import annotations

import math

import pytest
from scipy import integrate, stats

from laconic.link import qpsk_ber

SNRS_DB = (-10.0, 0.0, 10.0, 20.0)


def averaged(snr_db: float, factor: float) -> float:
    """E Q(sqrt(E_s/N_0 |h|^2)), where 2 (r + 1) |h|^2 is chi-square of non-centrality 2 r."""
    snr, scale = 10 ** (snr_db / 10), 1 / (2 * (factor + 1))

    def integrand(power: float) -> float:
        density = stats.ncx2.pdf(power, 2, 2 * factor, scale=scale)
        return float(stats.norm.sf(math.sqrt(snr * power)) * density)

    return float(integrate.quad(integrand, 0, 1 / snr)[0] + integrate.quad(integrand, 1 / snr, 50, limit=200)[0])


@pytest.mark.parametrize("snr_db", SNRS_DB)
@pytest.mark.parametrize("factor", [0.1, 1.0, 4.0])
def test_rician_is_the_mean_over_its_fades(snr_db: float, factor: float) -> None:
    assert qpsk_ber(snr_db, factor) == pytest.approx(averaged(snr_db, factor), rel=1e-6)


@pytest.mark.parametrize("snr_db", SNRS_DB)
def test_rician_lies_between_rayleigh_and_awgn_and_reaches_both(snr_db: float) -> None:
    rates = [qpsk_ber(snr_db, factor) for factor in (0.0, 0.5, 2.0, 8.0, math.inf)]
    assert rates == sorted(rates, reverse=True)
    assert qpsk_ber(snr_db, 1e-9) == pytest.approx(rates[0], rel=1e-6)
    assert qpsk_ber(min(snr_db, 10.0), 1e6) == pytest.approx(qpsk_ber(min(snr_db, 10.0)), rel=1e-3)


@pytest.mark.parametrize("snr_db", SNRS_DB)
def test_awgn_is_the_tail_of_a_normal_distribution(snr_db: float) -> None:
    assert qpsk_ber(snr_db) == pytest.approx(stats.norm.sf(10 ** (snr_db / 20)), rel=1e-12)


def test_fading_costs_a_decade_of_errors_a_decade_of_power() -> None:
    """Rayleigh's rate tends to 1 / (2 E_s/N_0)."""
    assert qpsk_ber(40.0, factor=0.0) == pytest.approx(0.5e-4, rel=1e-3)
    assert qpsk_ber(200.0, factor=0.0) == pytest.approx(0.5e-20, rel=1e-3)
