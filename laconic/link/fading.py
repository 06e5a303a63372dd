"""Channels with perfect knowledge at the receiver: y = h x + w, for AWGN, Rayleigh and Rician fading.

The SNR is E_s/N_0 in dB, with E_s = 1 the mean power of a complex symbol as it is sent (`normalise` makes it so) and
N_0 = E|w|^2, the noise of a complex symbol: half of it on each axis. It belongs to a packet. It is not taken over a
batch, nor after the fade, so that a packet in a deep fade is a packet in trouble: E|h|^2 = 1 over packets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


@runtime_checkable
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
        gain = torch.ones(len(symbols), 1, dtype=symbols.dtype, device=symbols.device)
        return Received(_noise(symbols, snr_db, variance, generator).add_(symbols), gain, variance)


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
    if not isinstance(snr_db, Tensor):
        _check_snr(snr_db, snr_db)
        return torch.full((len(symbols), 1), 10 ** (-snr_db / 10), dtype=torch.float32, device=symbols.device)
    if snr_db.shape != (len(symbols),):
        came = [*snr_db.shape]
        raise LinkError(f"one SNR, or one for each of {len(symbols)} packets, was wanted, not a tensor of shape {came}")
    _check_snr(float(snr_db.min()), float(snr_db.max()))
    return (10 ** (-snr_db.to(symbols.device, torch.float32) / 10))[:, None]


def _check_snr(low: float, high: float) -> None:
    for snr_db in (low, high):
        if not abs(snr_db) <= MAX_DB:
            raise LinkError(f"an SNR is a finite number of dB, from -{MAX_DB} to {MAX_DB}, not {snr_db}")


def _faded(symbols: Tensor, snr_db: float | Tensor, generator: torch.Generator, factor: float, block: bool) -> Received:
    _check(symbols, generator)
    variance = noise_variance(snr_db, symbols)
    scattered = _normal((len(symbols), 1 if block else symbols.shape[1]), symbols, generator)
    gain = math.sqrt(factor / (factor + 1)) + math.sqrt(1 / (factor + 1)) * scattered
    return Received(_noise(symbols, snr_db, variance, generator).add_(gain * symbols), gain, variance)


def _noise(symbols: Tensor, snr_db: float | Tensor, variance: Tensor, generator: torch.Generator) -> Tensor:
    if isinstance(snr_db, Tensor):
        return _normal(symbols.shape, symbols, generator).mul_(variance.sqrt())
    return _normal(symbols.shape, symbols, generator, std=10 ** (-snr_db / 20))  # saves a pass over the symbols


def _normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator, std: float = 1.0) -> Tensor:
    """CN(0, std^2): half of the variance on each axis."""
    return torch.empty(shape, dtype=like.dtype, device=like.device).normal_(0, std, generator=generator)


def _check(symbols: Tensor, generator: torch.Generator) -> None:
    check_symbols(symbols)
    if generator.device.type != symbols.device.type:
        wanted, came = symbols.device, generator.device
        raise LinkError(
            f"symbols are on {wanted}, the generator on {came}; make it with torch.Generator({str(wanted)!r})"
        )
