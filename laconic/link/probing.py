"""A channel of any calling convention, called so often that its gain and its noise come apart and can be measured."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
from jaxtyping import Complex64, Float, Float64
from torch import Tensor

from laconic.link.errors import LinkError
from laconic.link.fading import Received
from laconic.link.symbols import pair, unpair

CALLS, PACKETS, SYMBOLS = 64, 32, 64


class Answer(NamedTuple):
    """What one call gave, as complex symbols; what the channel doesn't tell is None."""

    symbols: Tensor
    gain: Tensor | None = None
    variance: Tensor | None = None


@dataclass(frozen=True)
class Observation:
    """What became of one batch in CALLS calls: y = faded + noise, and what the channel tells of both."""

    sent: Complex64[Tensor, "calls packets symbols"]
    faded: Complex64[Tensor, "calls packets symbols"]
    noise: Complex64[Tensor, "calls packets symbols"]
    told_gain: Complex64[Tensor, "calls packets symbols"] | None
    told_variance: Float64[Tensor, " calls"] | None

    @property
    def gain(self) -> Complex64[Tensor, "calls packets symbols"]:
        """By what each symbol was multiplied."""
        return self.faded / self.sent


@dataclass(frozen=True)
class Probe:
    """How to call a channel: with complex symbols or `reals`, of what mean `power` per complex symbol."""

    channel: Callable[..., Any]
    reals: bool
    power: float
    seed: int

    @cached_property
    def takes_generator(self) -> bool:
        """Whether the channel has a parameter `generator`."""
        called = self.channel.forward if isinstance(self.channel, torch.nn.Module) else self.channel
        try:
            return "generator" in inspect.signature(called).parameters
        except ValueError:  # written in C
            return False

    def symbols(self) -> Complex64[Tensor, "packets symbols"]:
        """QPSK of unit power, the same at each call."""
        generator = torch.Generator().manual_seed(self.seed)
        signs = torch.randint(0, 2, (PACKETS, SYMBOLS, 2), generator=generator) * 2 - 1
        return torch.view_as_complex(signs * math.sqrt(0.5))

    def observe(
        self, draws: int, snr_db: float | Float[Tensor, " packets"], sent: Complex64[Tensor, "packets symbols"]
    ) -> Observation:
        """Send a batch CALLS times, each time also turned by 180 degrees with the same draws.

        Half the difference of both answers is then h x, and half their sum w, whatever draws the channel makes of
        them. Observations with the same number of `draws` have the same ones.
        """
        answers, opposite = (
            [self.call(draws * CALLS + call, snr_db, symbols) for call in range(CALLS)] for symbols in (sent, -sent)
        )
        y, minus = (torch.stack([answer.symbols for answer in some]) for some in (answers, opposite))
        gains = [answer.gain.expand_as(sent) for answer in answers if answer.gain is not None]
        variances = [answer.variance.double().mean() for answer in answers if answer.variance is not None]
        return Observation(
            sent.expand_as(y),
            (y - minus) / 2,
            (y + minus) / 2,
            torch.stack(gains) if gains else None,
            torch.stack(variances) if variances else None,
        )

    def call(
        self,
        draw: int,
        snr_db: float | Float[Tensor, " packets"],
        symbols: Complex64[Tensor, "packets symbols"],
        elsewhere: int = 0,
    ) -> Answer:
        """Call once; `elsewhere` changes what a channel with a generator may not look at, torch's global one.

        Raises:
            LinkError: the channel's answer isn't as many symbols as it was given, with a gain for each if any.
        """
        amplitude = math.sqrt(self.power)
        given = unpair(symbols * amplitude) if self.reals else symbols * amplitude
        seed = self.seed * 2**20 + draw
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            if self.takes_generator:
                torch.default_generator.manual_seed(seed + elsewhere)
                came = self.channel(given, snr_db, generator=torch.Generator().manual_seed(seed))
            else:
                torch.default_generator.manual_seed(seed)
                came = self.channel(given, snr_db)
        answer = _checked(came, given, symbols)
        y = (pair(answer.symbols.float()) if self.reals else answer.symbols.to(torch.complex64)) / amplitude
        gain = None if answer.gain is None else answer.gain.to(torch.complex64)
        return Answer(y, gain, None if answer.variance is None else answer.variance / self.power)


def _checked(came: Any, given: Tensor, symbols: Tensor) -> Answer:
    if isinstance(came, Received):
        return Answer(came.symbols, came.gain, came.noise_variance)
    answer = Answer(*came) if isinstance(came, tuple) and len(came) == 2 else Answer(came)
    if not isinstance(answer.symbols, Tensor) or answer.symbols.shape != given.shape:
        what = f"a tensor of {[*came.shape]}" if isinstance(came, Tensor) else f"a {type(came).__name__}"
        raise LinkError(
            f"a channel answers a tensor of {[*given.shape]} with one like it, with (tensor, gain), or with a "
            f"Received; this one gave {what}"
        )
    if answer.gain is not None:
        shapes = ([len(symbols), 1], [*symbols.shape])
        if not isinstance(answer.gain, Tensor) or [*answer.gain.shape] not in shapes:
            raise LinkError(f"a gain is a tensor of {shapes[0]} or {shapes[1]}, per complex symbol")
    return answer
