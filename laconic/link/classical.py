"""The classical baseline: source coding, then channel coding, at a given number of complex symbols a picture.

```
picture --codec, best of all scales and qualities that fit--> payload --zeros--> bits --5G LDPC, QAM--> symbols
shown   <-- the payload if every bit is right, else grey -- <--demapped, decoded-- <--channel-- symbols
```

A failed picture is shown as mid grey and counted; nothing of it is repaired. No check is sent with it: that of a 5G
transport block, 16 bits, would cost 5 % of 300 bits and 0.5 % of 3,000, so this baseline is flattered by that much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from jaxtyping import Float64, Int64, UInt8

from laconic.link.capacity import ergodic_capacity, is_block, outage
from laconic.link.errors import LinkError
from laconic.link.fading import Channel
from laconic.link.scheme import Scheme
from laconic.link.shown import GREY, Bound, Shown, psnr_db
from laconic.picture.ladder import Ladder, climb, least_payload

# 3GPP TS 38.214, table 5.1.3.1-2, whose code rates are in 1024ths; 1/5 for the two below that the code here lacks.
_RATES = {
    "qpsk": "204.8 308 449 602",
    "16qam": "378 434 490 553 616 658",
    "64qam": "466 517 567 616 666 719 772 822 873",
    "256qam": "682.5 711 754 797 841 885 916.5 948",
}
SCHEMES = tuple(Scheme(name, Fraction(rate) / 1024) for name, rates in _RATES.items() for rate in rates.split())
MOST = 10  # bits a complex symbol up to which pictures are coded: the capacity of AWGN at 30 dB


@dataclass(frozen=True, eq=False)
class Classical:
    """Pictures, all of one shape, coded once for every budget up to `symbols` complex symbols each.

    `grey` are the mean squared errors of a grey picture in place of each.
    """

    symbols: int
    ladders: tuple[Ladder, ...]
    grey: Float64[np.ndarray, " pictures"]

    @classmethod
    def of(cls, pictures: UInt8[np.ndarray, "pictures height width channels"], codec: str, symbols: int) -> Classical:
        """Code pictures by a codec of `laconic.picture.ladder.CODECS`.

        Raises:
            LinkError: no pictures, or symbols too few for the smallest picture; the text names how many it takes.
            PictureFormatError: no such codec, or pictures that it can't code.
            LaconicError: the codec's package or program is not installed.
        """
        if not len(pictures):
            raise LinkError("at least one picture wanted, got none")
        most = _most_bytes(symbols)
        least = least_payload(codec, pictures.shape[3])
        if most < least:
            enough = next(n for n in range(symbols, 8 * least + 1) if _most_bytes(n) >= least)
            raise LinkError(
                f"{symbols} symbols carry {most} bytes at most, and the smallest picture of {codec} takes {least}: at "
                f"least {enough} symbols wanted"
            )
        ladders = tuple(climb(picture, codec, symbols * MOST // 8) for picture in pictures)
        grey = np.square(pictures.astype(np.float64) - GREY).mean(axis=(1, 2, 3))
        return cls(symbols, ladders, grey)

    def send(
        self, scheme: Scheme, channel: Channel, snr_db: float, *, generator: torch.Generator, rounds: int = 1
    ) -> Shown:
        """Send every picture, as finely as fits, by one scheme over a channel at an SNR in dB, `rounds` times over.

        Raises:
            LinkError: symbols too few for any packet of the scheme, or what the channel raises.
            LaconicError: Sionna or numba is not installed.
        """
        n_bits = scheme.bits(self.symbols)
        if not n_bits or rounds < 1:
            raise LinkError(f"a bit and a round at least are wanted: {scheme} carries {n_bits} bits, rounds={rounds}")
        rungs = np.tile(self._rungs(n_bits // 8), rounds)
        bits = np.tile(self._packets(n_bits), (rounds, 1))
        delivered = scheme.over(channel)(bits, snr_db, generator=generator)
        failed = (delivered.bits != bits).any(axis=1) | (rungs < 0)
        errors, grey = (np.tile(each, rounds) for each in (self._errors(n_bits // 8), self.grey))
        return Shown(scheme, rungs, failed, np.where(failed, grey, errors))

    def best(
        self,
        channel: Channel,
        snr_db: float,
        *,
        generator: torch.Generator,
        rounds: int = 1,
        among: Sequence[Scheme] = SCHEMES,
    ) -> Shown:
        """The pictures by the scheme of the highest mean PSNR, of all in 5G's table or `among` others.

        It is chosen on these pictures, over other draws of the channel than those that are shown. Schemes with fewer
        bits than one that lost no picture are not tried, since none of their pictures is finer.

        Raises:
            LinkError: no scheme can carry a packet in so few symbols, or what the channel raises.
            LaconicError: Sionna or numba is not installed.
        """
        can = [scheme for scheme in among if scheme.bits(self.symbols)]
        if not can:
            raise LinkError(f"none of these schemes carries a packet in {self.symbols} symbols")
        tried: list[Shown] = []
        for scheme in sorted(can, key=lambda scheme: -scheme.bits(self.symbols)):
            tried.append(self.send(scheme, channel, snr_db, generator=generator, rounds=rounds))
            if not tried[-1].failed.any():
                break
        chosen = max(tried, key=lambda shown: shown.psnr_db).scheme
        return self.send(chosen, channel, snr_db, generator=generator, rounds=rounds)

    def bound(self, channel: Channel, snr_db: float) -> Bound:
        """The best picture of this codec that fits in what the channel can carry.

        Without block fading: floor(symbols C) bits, C the (ergodic) capacity. With it, for a sender that does not know
        the fade: of all lengths, the one of the highest mean PSNR, lost as often as its rate is in outage.

        Both hold for long codes; at some hundred symbols a code that fails now and then could pass them by a trace.

        Raises:
            LinkError: a channel of one's own, whose capacity isn't known, or an SNR that is not finite.
            LaconicError: the channel fades and SciPy isn't installed.
        """
        if not is_block(channel):
            return self._bound(int(self.symbols * ergodic_capacity(channel, snr_db)) // 8, 0.0)
        lengths = range(1, self.symbols * MOST // 8 + 1)
        bounds = (self._bound(n, outage(channel, snr_db, 8 * n / self.symbols)) for n in lengths)
        return max(bounds, key=lambda bound: bound.psnr_db)

    def pictures(self, shown: Shown) -> UInt8[np.ndarray, "shown height width channels"]:
        """What the receiver sees, for a classifier or for people."""
        found = np.full((len(shown.failed), *self.ladders[0].shape), GREY, dtype=np.uint8)
        for i in np.flatnonzero(~shown.failed):
            found[i] = self.ladders[i % len(self.ladders)].pixels(int(shown.rungs[i]))
        return found

    def _bound(self, n_bytes: int, lost: float) -> Bound:
        errors = self._errors(n_bytes)
        psnr = (1 - lost) * psnr_db(errors).mean() + lost * psnr_db(self.grey).mean()
        error = (1 - lost) * errors.mean(keepdims=True) + lost * self.grey.mean()
        return Bound(n_bytes, lost, float(psnr), float(psnr_db(error)[0]))

    def _packets(self, n_bits: int) -> UInt8[np.ndarray, "pictures n_bits"]:
        """The payload of each picture, and zeros up to the packet's end."""
        packets = np.zeros((len(self.ladders), n_bits), dtype=np.uint8)
        for packet, ladder in zip(packets, self.ladders, strict=True):
            rung = ladder.rung(n_bits // 8)
            if rung >= 0:
                payload = np.unpackbits(np.frombuffer(ladder.payloads[rung], dtype=np.uint8))
                packet[: len(payload)] = payload
        return packets

    def _rungs(self, n_bytes: int) -> Int64[np.ndarray, " pictures"]:
        return np.array([ladder.rung(n_bytes) for ladder in self.ladders])

    def _errors(self, n_bytes: int) -> Float64[np.ndarray, " pictures"]:
        """Mean squared errors of pictures in so many bytes, grey where none fits."""
        values = np.prod(self.ladders[0].shape)
        rungs = zip(self.ladders, self._rungs(n_bytes), self.grey, strict=True)
        return np.array([ladder.errors[rung] / values if rung >= 0 else grey for ladder, rung, grey in rungs])


def _most_bytes(symbols: int) -> int:
    return max(scheme.bits(symbols) for scheme in SCHEMES) // 8
