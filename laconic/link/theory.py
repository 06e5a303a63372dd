"""Closed forms that links are held against: uncoded QPSK on each channel."""

from __future__ import annotations

import math

from laconic.extras import need


def qpsk_ber(snr_db: float, factor: float = math.inf) -> float:
    """Bit error rate of Gray-labelled QPSK, detected coherently with the gain known, at a mean E_s/N_0 of `snr_db` dB.

    `factor` is Rician fading's, 0 being Rayleigh's and infinity AWGN. With g = E_s/N_0 / 2, the SNR per bit:

        AWGN      Q(sqrt(2 g))
        Rayleigh  (1 - sqrt(g / (1 + g))) / 2
        Rician    1/pi int_0^{pi/2} M(-g / sin^2 t) dt,    M(-s) = (1 + r) / (1 + r + s) exp(-r s / (1 + r + s))

    the last by the moment-generating function M of |h|^2: Simon and Alouini, "Digital Communication over Fading
    Channels", 2005, equations (5.3) and (2.17). Block and fast fading have the same mean.

    Raises:
        LaconicError: `factor` is neither 0 nor infinity, and SciPy isn't installed.

    >>> round(qpsk_ber(10.0), 6), round(qpsk_ber(10.0, factor=0.0), 4)
    (0.000783, 0.0436)
    """
    per_bit = 10 ** (snr_db / 10) / 2
    if factor == math.inf:
        return math.erfc(math.sqrt(per_bit)) / 2
    if factor == 0:
        return (1 - math.sqrt(per_bit / (1 + per_bit))) / 2

    def integrand(angle: float) -> float:
        s = per_bit / max(math.sin(angle) ** 2, 1e-300)
        return (1 + factor) / (1 + factor + s) * math.exp(-factor * s / (1 + factor + s))

    integral: float = need("scipy.integrate", "train").quad(integrand, 0, math.pi / 2)[0]
    return integral / math.pi
