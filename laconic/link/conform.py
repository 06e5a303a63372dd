"""What a channel really is: any callable channel held against the closed forms of AWGN, Rayleigh and Rician fading."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from laconic.link.errors import LinkError
from laconic.link.estimates import (
    Estimate,
    axes,
    correlation,
    decibels,
    kurtosis,
    mean,
    power,
    ratio,
    slope,
    within_packets,
)
from laconic.link.fading import AWGN, Rayleigh, Rician
from laconic.link.probing import PACKETS, Observation, Probe
from laconic.link.theory import qpsk_ber

LABELS_DB = (-10.0, 0.0, 10.0, 20.0)
STANDARD_ERRORS = 4
ROUNDING = 1e-5
"""What float32 leaves of a quantity that has no standard error."""

Model = AWGN | Rayleigh | Rician
Seen = dict[float, Observation]


@dataclass(frozen=True)
class Verdict:
    """One quantity of a channel: what it should be, what was measured, and with what standard error.

    It holds within 4 standard errors. If it doesn't, `note` says what that is likely to mean.
    """

    name: str
    wanted: float
    measured: float
    standard_error: float
    holds: bool
    note: str = ""

    def __str__(self) -> str:
        figures = f"{self.wanted:10.4g} {self.measured:10.4g} +- {self.standard_error:<8.2g}"
        return f"{self.name:44}{figures} {'holds' if self.holds else f'BROKEN  {self.note}'}".rstrip()


@dataclass(frozen=True)
class Findings:
    """The verdicts on one channel, and the `model` that it was held against; printed, a verdict a line."""

    model: Model
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every verdict does."""
        return not self.broken

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The verdicts that don't hold."""
        return tuple(verdict for verdict in self.verdicts if not verdict.holds)

    def __str__(self) -> str:
        head = f"{f'held against {self.model}':44}{'wanted':>10} {'measured':>10} +- standard error"
        return "\n".join([head, *map(str, self.verdicts)])


def conformance(
    channel: Callable[..., Any],
    model: Model | None = None,
    *,
    reals: bool = False,
    power: float = 1.0,
    seed: int = 0,
) -> Findings:
    """Measure a channel and hold it against `model`: a verdict on each quantity that a closed form is known for.

    These are the real SNR at four labels, per complex symbol; whether the label at the call and that of each packet
    count; whether noise follows other packets or the fade; the gain's power, amplitude, phase, and what shares it;
    what the channel tells of both; and the bit error rate of uncoded QPSK. Where no gain varies, verdicts on fading
    are left out. It takes 900 calls with 32 packets of 64 symbols on the CPU, under a second.

    Args:
        channel: called as `channel(symbols, snr_db)`, or with `generator=` too where it has that parameter. It gives
            the received symbols, (symbols, gain), or a `Received`. Without the parameter it is taken to draw from
            torch's global generator, which is seeded for each call and put back.
        model: what the channel is meant to be; if not given, the nearest of the three, told by |h|.
        reals: it takes and gives float32 [packets, reals], two neighbours making a symbol, in place of complex64
            [packets, symbols].
        power: of what it is given, the mean |x|^2 per complex symbol, which is two reals: 2 for reals of unit power.
        seed: of all draws, from 0 on.

    Raises:
        LinkError: the channel answers with something else, or `power` is not above 0 and finite.
    """
    if not 0 < power < math.inf:
        raise LinkError(f"power is the mean |x|^2 per complex symbol, above 0 and finite, not {power}")
    probe = Probe(channel, reals, power, seed)
    repeats = _repeats(probe)
    if not repeats.holds:
        return Findings(model or AWGN(), (repeats,))
    sent = probe.symbols()
    seen = {label: probe.observe(draws, label, sent) for draws, label in enumerate(LABELS_DB)}
    gain = torch.cat([observation.gain for observation in seen.values()])
    model = model or (channel if isinstance(channel, AWGN | Rayleigh | Rician) else _nearest(gain))
    verdicts = [*_snr(seen), *_among_others(probe, seen[10.0]), *_noise(seen), _turns(probe, seen[10.0])]
    verdicts += [*_gain(gain, model), *_told(seen[10.0]), *_errors(seen, model)]
    return Findings(model, (repeats, *verdicts))


def _verdict(name: str, wanted: float, came: Estimate, note: str = "") -> Verdict:
    holds = abs(came.value - wanted) <= STANDARD_ERRORS * came.error + ROUNDING * max(1.0, abs(wanted))
    return Verdict(name, wanted, *came, holds, "" if holds else note)


def _repeats(probe: Probe) -> Verdict:
    first, again = (probe.call(0, 10.0, probe.symbols(), elsewhere).symbols for elsewhere in (0, 1))
    difference = float((first - again).abs().max())
    note = "nothing else can be told: let it draw from its generator, or without one from torch's global one"
    return _verdict("same generator, same output: difference", 0.0, Estimate(difference, 0.0), note)


def _snr(seen: Seen) -> Iterator[Verdict]:
    noise = {label: power(observation.noise) for label, observation in seen.items()}
    for label, squares in noise.items():
        snr = decibels(torch.ones_like(squares), squares)
        yield _verdict(f"SNR per complex symbol at {label:g} dB, in dB", label, snr, _offset(snr.value - label))
    rise = decibels(noise[0.0], noise[20.0])
    ignored = abs(rise.value) <= STANDARD_ERRORS * rise.error
    note = "the SNR given at the call is ignored" if ignored else "noise doesn't follow the label"
    yield _verdict("SNR from the label 0 to 20 dB, in dB", 20.0, rise, note)


def _offset(excess: float) -> str:
    if abs(excess - 10 * math.log10(2)) < 0.1:
        return "3.01 dB above its label: it counts power per real, but noise per complex symbol"
    if abs(excess + 10 * math.log10(2)) < 0.1:
        return "3.01 dB below its label: it counts power per complex symbol, but noise per real"
    return f"{abs(excess):.2f} dB {'above' if excess > 0 else 'below'} its label"


def _among_others(probe: Probe, alone: Observation) -> Iterator[Verdict]:
    """Whether a packet's SNR is its own: beside packets sent with 9 times its power, or with another SNR."""
    odd = torch.arange(PACKETS) % 2
    mixed = probe.observe(LABELS_DB.index(10.0), 10.0, alone.sent[0] * (1 + 2 * odd)[:, None])
    snrs = [power(o.faded[:, ::2]).mean((1, 2)) / power(o.noise[:, ::2]).mean((1, 2)) for o in (mixed, alone)]
    note = "the SNR is taken over the batch: a packet's depends on what else is sent"
    yield _verdict("SNR beside packets 9 times as strong, ratio", 1.0, ratio(*snrs), note)
    if alone.told_variance is not None:  # a Received: such channels take an SNR for each packet
        each = probe.observe(len(LABELS_DB), 20.0 * odd, alone.sent[0])
        rise = decibels(power(each.noise[:, ::2]), power(each.noise[:, 1::2]))
        yield _verdict("SNR of 0 and 20 dB in one batch, in dB", 20.0, rise, "packets don't have SNRs of their own")


def _noise(seen: Seen) -> Iterator[Verdict]:
    noise = torch.cat([o.noise / power(o.noise).mean().sqrt().float() for o in seen.values()])
    note = "noise isn't the same on both axes of a symbol"
    yield _verdict("noise: difference of its axes", 0.0, axes(noise), note)
    for dim, one in ((2, "symbol"), (1, "packet"), (0, "call")):
        note = f"1: each {one} has the same noise"
        yield _verdict(f"noise: correlation with the next {one}'s", 0.0, correlation(noise, dim), note)
    faded = torch.cat([power(o.faded).mean(2) for o in seen.values()])
    if float(faded.std()) <= ROUNDING:
        return
    of_packets = power(noise).mean(2)
    note = "0: set by the power sent; 1: by the power after the fade, so that no fade is deep"
    yield _verdict("noise: following a packet's faded power", 0.0, slope(faded, of_packets), note)
    of_batches = slope(faded.mean(1, keepdim=True), of_packets.mean(1, keepdim=True))
    yield _verdict("noise: following the batch's faded power", 0.0, of_batches, note)


def _turns(probe: Probe, seen: Observation) -> Verdict:
    """A complex gain turns with the symbol: h (j x) = j (h x)."""
    turned = probe.observe(LABELS_DB.index(10.0), 10.0, 1j * seen.sent[0])
    difference = ratio(power(turned.faded - 1j * seen.faded), power(seen.faded))
    note = "I and Q are faded each by a gain of its own, or the channel isn't linear"
    return _verdict("gain: j x gives j times what x gives, error", 0.0, difference, note)


def _nearest(gain: Tensor) -> Model:
    """The model whose E|h|^4 / (E|h|^2)^2 = 2 - (r / (r + 1))^2 is the gain's, fast if it varies within packets."""
    measured = kurtosis(gain)
    if measured.value - 1 < ROUNDING:
        return AWGN()
    block = within_packets(gain).value < 0.5
    if 2 - measured.value < STANDARD_ERRORS * measured.error:
        return Rayleigh(block)
    in_sight = math.sqrt(2 - measured.value)
    by_mean = float(power(gain.mean()) / power(gain).mean())  # more exact, if the path in sight has one phase
    if abs(2 - by_mean**2 - measured.value) <= STANDARD_ERRORS * measured.error:
        in_sight = by_mean
    return Rician(in_sight / (1 - in_sight), block)


def _factor(model: Model) -> float:
    return math.inf if isinstance(model, AWGN) else getattr(model, "factor", 0.0)


def _gain(gain: Tensor, model: Model) -> Iterator[Verdict]:
    factor = _factor(model)
    in_sight = 1.0 if factor == math.inf else factor / (factor + 1)
    yield _verdict("gain: E|h|^2", 1.0, mean(power(gain)), "the fade changes the mean power")
    note = "1: no fading; 2: Rayleigh; 3: a real Gaussian gain"
    yield _verdict("gain: E|h|^4 / (E|h|^2)^2", 2 - in_sight**2, kurtosis(gain), note)
    note = "0: all phases alike; 0.886: Rayleigh's |h|, always positive"
    yield _verdict("gain: E[h], real part", math.sqrt(in_sight), mean(gain.real), note)
    if float(gain.std()) <= ROUNDING:
        return
    yield _verdict("gain: difference of its axes", 0.0, axes(gain), "1: a real gain, which turns no phase")
    note = "0: block fading, a gain a packet; 1: fast, a gain a symbol"
    fast = not getattr(model, "block", True)
    yield _verdict("gain: part of its variance within packets", float(fast), within_packets(gain), note)
    yield _verdict("gain: correlation with the next packet's", 0.0, correlation(gain, 1), "1: one for the whole batch")


def _told(seen: Observation) -> Iterator[Verdict]:
    """What the channel says of its gain and its noise."""
    if seen.told_gain is not None:
        difference = ratio(power(seen.told_gain - seen.gain), power(seen.gain))
        yield _verdict("gain told, error", 0.0, difference, "the gain told isn't the one applied")
    if seen.told_variance is not None:
        told = ratio(seen.told_variance, power(seen.noise))
        yield _verdict("noise variance told over measured", 1.0, told, "it is that of a complex symbol, of both axes")


def _errors(seen: Seen, model: Model) -> Iterator[Verdict]:
    for label in (0.0, 10.0):
        o = seen[label]
        detected = torch.view_as_real((o.faded + o.noise) * (o.gain if o.told_gain is None else o.told_gain).conj())
        wrong = detected.sign() != torch.view_as_real(o.sent.resolve_conj()).sign()
        note = "fading or noise isn't what the model has"
        yield _verdict(f"bit error rate of QPSK at {label:g} dB", qpsk_ber(label, _factor(model)), mean(wrong), note)
