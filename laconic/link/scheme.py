"""A modulation with a code rate, and what a packet of so many symbols carries by it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from laconic.link.digital import DigitalLink
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel
from laconic.link.ldpc import Decoder
from laconic.link.modulation import BITS_PER_SYMBOL


@dataclass(frozen=True)
class Scheme:
    """A modulation and a code rate.

    Raises:
        LinkError: there is no such modulation, or 5G has no such rate.

    >>> scheme = Scheme.parse("16qam 1/2")
    >>> scheme.bits(512), str(scheme)
    (1024, '16qam 1/2')
    """

    modulation: str
    code_rate: Fraction

    def __post_init__(self) -> None:
        self.over(AWGN())

    @classmethod
    def parse(cls, text: str) -> Scheme:
        """From its name.

        Raises:
            LinkError: it is no modulation and rate.
        """
        try:
            modulation, rate = text.split()
            return cls(modulation, Fraction(rate))
        except (ValueError, ZeroDivisionError) as error:
            raise LinkError(f"a scheme is a modulation and a code rate, as in '16qam 1/2', not {text!r}") from error

    def __str__(self) -> str:
        return f"{self.modulation} {self.code_rate}"

    def over(self, channel: Channel, decoder: Decoder = "minsum") -> DigitalLink:
        """The link of this scheme over a channel."""
        return DigitalLink(channel, self.modulation, float(self.code_rate), decoder=decoder)

    def bits(self, symbols: int) -> int:
        """The bits of the longest packet that takes no more than so many complex symbols; 0 if there is none."""
        return _bits(self, symbols)


@lru_cache(1024)
def _bits(scheme: Scheme, symbols: int) -> int:
    link, k = scheme.over(AWGN()), int(symbols * BITS_PER_SYMBOL[scheme.modulation] * scheme.code_rate)
    while k and link.symbols(k) > symbols:
        k -= 1
    return k
