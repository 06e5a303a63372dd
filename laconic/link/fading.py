"""Channels with perfect knowledge at the receiver: y = h x + w, for AWGN, Rayleigh and Rician fading.

The SNR is E_s/N_0 in dB, with E_s = 1 the mean power of a complex symbol as it is sent (`normalise` makes it so) and
N_0 = E|w|^2, the noise of a complex symbol: half of it on each axis. It belongs to a packet. It is not taken over a
batch, nor after the fade, so that a packet in a deep fade is a packet in trouble: E|h|^2 = 1 over packets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Complex64, Float, Float32
from torch import Tensor

from laconic.link.errors import LinkError
from laconic.link.symbols import check_symbols

MAX_DB = 300
"""The largest |SNR|, in dB: beyond it a noise variance leaves float32."""


@dataclass(frozen=True)
class Received:
    """What a receiver has of a batch: `symbols` y = h x + w, the `gain` h and the `noise_variance` E|w|^2.

    A gain has one column where it holds for a whole packet (block fading; 1 for AWGN), else one for each symbol. The
    variance is that of a complex symbol's noise, N_0.
    """

    symbols: Complex64[Tensor, "packets symbols"]
    gain: Complex64[Tensor, "packets gains"]
    noise_variance: Float32[Tensor, "packets 1"]


class Channel(Protocol):
    """Anything that is called like the channels of this file."""

    def __call__(
        self,
        symbols: Complex64[Tensor, "packets symbols"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Received:
        """Send symbols of unit mean power at one SNR in dB, or at one for each packet."""


@dataclass(frozen=True)
class AWGN:
    """Additive white Gaussian noise, h = 1.

    >>> received = AWGN()(torch.ones(2, 3, dtype=torch.complex64), 10.0, generator=torch.Generator())
    >>> [round(variance, 3) for variance in received.noise_variance.flatten().tolist()]
    [0.1, 0.1]
    """

    def __call__(
        self,
        symbols: Complex64[Tensor, "packets symbols"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Received:
        """Send symbols of unit mean power at one SNR in dB, or at one for each packet. Differentiable.

        Raises:
            LinkError: an SNR that is not finite or not one per packet, no complex64 symbols, a generator elsewhere.
        """
        _check(symbols, generator)
        variance = noise_variance(snr_db, symbols)
        noise = _normal(symbols.shape, symbols, generator)
        gain = torch.ones(len(symbols), 1, dtype=symbols.dtype, device=symbols.device)
        return Received(torch.addcmul(symbols, noise, variance.sqrt().to(noise.dtype)), gain, variance)


@dataclass(frozen=True)
class Rayleigh:
    """Rayleigh fading, h ~ CN(0, 1): one h a packet if `block`, else one a symbol (fast fading)."""

    block: bool = True

    def __call__(
        self,
        symbols: Complex64[Tensor, "packets symbols"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Received:
        """Send symbols of unit mean power at one mean SNR in dB, or at one for each packet. Differentiable.

        Raises:
            LinkError: an SNR that is not finite or not one per packet, no complex64 symbols, a generator elsewhere.
        """
        return _faded(symbols, snr_db, generator, factor=0.0, block=self.block)


@dataclass(frozen=True)
class Rician:
    """Rician fading: a path in sight and scattered ones, with `factor` r the ratio of their powers (linear, not dB).

    h ~ CN(mu, sigma^2) with mu = sqrt(r / (r + 1)) and sigma^2 = 1 / (r + 1), as in Koh, Noh and Yang, "Group-wise
    semantic splitting multiple access", 2025; r = 0 is Rayleigh's. One h a packet if `block`, else one a symbol.

    Raises:
        LinkError: a factor that is negative or not finite.
    """

    factor: float = 1.0
    block: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.factor < math.inf:
            raise LinkError(f"a Rician factor is a finite ratio of powers of at least 0, not {self.factor}")

    def __call__(
        self,
        symbols: Complex64[Tensor, "packets symbols"],
        snr_db: float | Float[Tensor, " packets"],
        *,
        generator: torch.Generator,
    ) -> Received:
        """Send symbols of unit mean power at one mean SNR in dB, or at one for each packet. Differentiable.

        Raises:
            LinkError: an SNR that is not finite or not one per packet, no complex64 symbols, a generator elsewhere.
        """
        return _faded(symbols, snr_db, generator, self.factor, self.block)


def noise_variance(snr_db: float | Float[Tensor, " packets"], symbols: Tensor) -> Float32[Tensor, "packets 1"]:
    """N_0 = 10^(-SNR / 10) of each packet of `symbols`, on their device, for a mean symbol power of 1.

    Raises:
        LinkError: an SNR that is not a finite number of dB, or not one for each packet.
    """
    snr = torch.as_tensor(snr_db, dtype=torch.float32)
    if snr.shape not in ((), (len(symbols),)):
        raise LinkError(f"an SNR for each of {len(symbols)} packets was wanted, or one for all, not {[*snr.shape]}")
    if not bool((snr.abs() <= MAX_DB).all()):
        bad = snr.flatten()[~(snr.flatten().abs() <= MAX_DB)]
        raise LinkError(f"an SNR is a finite number of dB, from -{MAX_DB} to {MAX_DB}, not {float(bad[0])}")
    return (10 ** (-snr.to(symbols.device) / 10)).expand(len(symbols))[:, None]


def _faded(symbols: Tensor, snr_db: float | Tensor, generator: torch.Generator, factor: float, block: bool) -> Received:
    _check(symbols, generator)
    variance = noise_variance(snr_db, symbols)
    scattered = _normal((len(symbols), 1 if block else symbols.shape[1]), symbols, generator)
    gain = math.sqrt(factor / (factor + 1)) + math.sqrt(1 / (factor + 1)) * scattered
    noise = _normal(symbols.shape, symbols, generator)
    return Received(torch.addcmul(gain * symbols, noise, variance.sqrt().to(noise.dtype)), gain, variance)


def _normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator) -> Tensor:
    """CN(0, 1): variance 1/2 on each axis."""
    return torch.randn(shape, dtype=like.dtype, device=like.device, generator=generator)


def _check(symbols: Tensor, generator: torch.Generator) -> None:
    check_symbols(symbols)
    if generator.device.type != symbols.device.type:
        wanted, came = symbols.device, generator.device
        raise LinkError(
            f"symbols are on {wanted}, the generator on {came}; make it with torch.Generator({str(wanted)!r})"
        )
