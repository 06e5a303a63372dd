"""What a channel can carry at best, whatever the code: Shannon's capacity, and the outage of a block.

In bits per complex symbol, with s = E_s/N_0 and the gain h known to the receiver only (D. Tse and P. Viswanath,
"Fundamentals of Wireless Communication", 2005, sections 5.1 and 5.4):

    AWGN            C = log2(1 + s)
    fast fading     C = E log2(1 + |h|^2 s)                 ergodic: a packet sees every fade
    block fading    P_out(R) = P(log2(1 + |h|^2 s) < R)     a packet sees one fade: no rate R > 0 is safe, C = 0

The ergodic capacity of a block-fading channel is that of a code over many packets, which no single packet reaches.
"""

from __future__ import annotations

import math
from itertools import pairwise

from laconic.extras import need
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, MAX_DB, Channel, Rayleigh, Rician


def ergodic_capacity(channel: Channel, snr_db: float) -> float:
    """E log2(1 + |h|^2 s), in bits per complex symbol, at a mean SNR of `snr_db` dB.

    Raises:
        LinkError: a channel whose gain isn't known here, or an SNR that is not finite.
        LaconicError: the channel fades and SciPy isn't installed.

    >>> round(ergodic_capacity(AWGN(), 10.0), 3), round(ergodic_capacity(Rayleigh(block=False), 10.0), 3)
    (3.459, 2.907)
    """
    snr, factor = _linear(snr_db), _factor(channel)
    if factor == math.inf:
        return math.log2(1 + snr)

    def integrand(gain: float) -> float:  # E f(g) = int f'(g) P(|h|^2 > g) dg
        return (1 - _below(gain, factor)) * snr / (1 + snr * gain)

    quad = need("scipy.integrate", "link").quad
    turns = pairwise([0.0, min(1 / snr, 1.0), 5.0, math.inf])
    return float(sum(quad(integrand, low, high)[0] for low, high in turns)) / math.log(2)


def outage(channel: Channel, snr_db: float, rate: float) -> float:
    """P(log2(1 + |h|^2 s) < rate): how often a block of `rate` bits a complex symbol can't be decoded by any receiver.

    Without fading, or with fast fading, it is 0 up to the capacity and 1 above it.

    Raises:
        LinkError: a channel whose gain isn't known here, or an SNR that is not finite.
        LaconicError: the channel fades and SciPy isn't installed.

    >>> round(outage(Rayleigh(), 10.0, 2.0), 4)
    0.2592
    """
    snr, factor = _linear(snr_db), _factor(channel)
    if not is_block(channel):
        return float(rate > ergodic_capacity(channel, snr_db))
    return _below((2**rate - 1) / snr, factor)


def is_block(channel: Channel) -> bool:
    """Whether a packet meets one random gain, so that no rate is safe."""
    return isinstance(channel, Rayleigh | Rician) and channel.block


def _below(power: float, factor: float) -> float:
    """P(|h|^2 < power) for a Rician factor; 2 (1 + factor) |h|^2 is noncentral chi-squared, two degrees, 2 factor."""
    return float(need("scipy.special", "link").chndtr(2 * (1 + factor) * power, 2, 2 * factor))


def _factor(channel: Channel) -> float:
    match channel:
        case AWGN():
            return math.inf
        case Rayleigh():
            return 0.0
        case Rician(factor=factor):
            return factor
    raise LinkError(f"capacity is known for AWGN, Rayleigh and Rician channels, not for {channel!r}")


def _linear(snr_db: float) -> float:
    if not abs(snr_db) <= MAX_DB:
        raise LinkError(f"an SNR is a finite number of dB, from -{MAX_DB} to {MAX_DB}, not {snr_db}")
    return 10 ** (float(snr_db) / 10)
