"""Quantities of gains and noise, each with its standard error: calls are independent, what lies in one need not be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Complex64, Float, Float64, Shaped
from torch import Tensor


class Estimate(NamedTuple):
    """A measured value and its standard error."""

    value: float
    error: float


def estimate(statistic: Callable[..., Tensor], *moments: Shaped[Tensor, " calls"]) -> Estimate:
    """A smooth function of means over calls, its standard error by the jackknife.

    >>> estimate(lambda mean: mean, torch.tensor([1.0, 3.0]))
    Estimate(value=2.0, error=1.0)
    """
    stacked = torch.stack([moment.double() for moment in moments])
    n = stacked.shape[1]
    without = (stacked.sum(1, keepdim=True) - stacked) / (n - 1)
    variance = statistic(*without).var(correction=0) * (n - 1)
    return Estimate(float(statistic(*stacked.mean(1))), math.sqrt(float(variance)))


def mean(values: Shaped[Tensor, "calls ..."]) -> Estimate:
    """The mean of all values."""
    return estimate(lambda value: value, per_call(values))


def ratio(one: Shaped[Tensor, "calls ..."], other: Shaped[Tensor, "calls ..."]) -> Estimate:
    """The ratio of two means."""
    return estimate(torch.divide, per_call(one), per_call(other))


def decibels(one: Shaped[Tensor, "calls ..."], other: Shaped[Tensor, "calls ..."]) -> Estimate:
    """The ratio of two means, in dB."""
    return estimate(lambda a, b: 10 * torch.log10(a / b), per_call(one), per_call(other))


def power(symbols: Complex64[Tensor, "*shape"]) -> Float64[Tensor, "*shape"]:
    """|x|^2 of each symbol."""
    return symbols.real.double().square() + symbols.imag.double().square()


def per_call(values: Shaped[Tensor, "calls ..."]) -> Float64[Tensor, " calls"]:
    """The mean of each call."""
    return values.double().reshape(len(values), -1).mean(1)


def kurtosis(gain: Complex64[Tensor, "calls packets symbols"]) -> Estimate:
    """E|h|^4 / (E|h|^2)^2."""
    square = power(gain)
    return estimate(lambda fourth, second: fourth / second.square(), *map(per_call, (square.square(), square)))


def axes(values: Complex64[Tensor, "calls packets symbols"]) -> Estimate:
    """The variance on the real axis less that on the other, over their sum."""

    def statistic(real: Tensor, imag: Tensor, real_square: Tensor, imag_square: Tensor) -> Tensor:
        i, q = real_square - real.square(), imag_square - imag.square()
        return (i - q) / (i + q)

    i, q = values.real, values.imag
    return estimate(statistic, *map(per_call, (i, q, i.square(), q.square())))


def within_packets(gain: Complex64[Tensor, "calls packets symbols"]) -> Estimate:
    """The part of the gain's variance that lies within packets: 0 if a gain is a packet's, 1 if it is a symbol's."""

    def statistic(within: Tensor, square: Tensor, real: Tensor, imag: Tensor) -> Tensor:
        return within / (square - real.square() - imag.square())

    return estimate(statistic, gain.var(2).double().mean(1), *map(per_call, (power(gain), gain.real, gain.imag)))


def correlation(values: Complex64[Tensor, "calls packets symbols"], dim: int) -> Estimate:
    """Of a call's (`dim` 0), a packet's (1) or a symbol's (2) values with those of the next."""

    def statistic(product: Tensor, square: Tensor, real: Tensor, imag: Tensor) -> Tensor:
        constant = real.square() + imag.square()
        return (product - constant) / (square - constant)

    product = (values * values.roll(1, dim).conj()).real
    return estimate(statistic, *map(per_call, (product, power(values), values.real, values.imag)))


def slope(cause: Float[Tensor, "calls n"], effect: Float[Tensor, "calls n"]) -> Estimate:
    """By what part `effect` rises, in the least squares, where `cause` rises by all of it: 1 if proportional."""

    def statistic(product: Tensor, cause: Tensor, effect: Tensor, square: Tensor) -> Tensor:
        return (product / (cause * effect) - 1) / (square / cause.square() - 1)

    return estimate(statistic, *map(per_call, (cause * effect, cause, effect, cause.square())))
