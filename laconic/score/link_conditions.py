"""What a codec's pictures are sent over when it is measured."""

from __future__ import annotations

from dataclasses import dataclass

from laconic.link.errors import LinkError
from laconic.link.fading import MAX_DB, Channel
from laconic.link.ldpc import Decoder
from laconic.link.scheme import Scheme

QPSK_HALF, STRONGEST = Scheme.parse("qpsk 1/2"), Scheme.parse("qpsk 1/5")


@dataclass(frozen=True)
class Conditions:
    """What pictures are sent over.

    Args:
        channel: as for `DigitalLink`.
        snr_db: E_s/N_0 in dB, each measured at.
        scheme: modulation and code rate of packets; None adapts them to each SNR.
        target: where they are adapted, the packet error rate that the scheme of highest throughput keeps to; where no
            scheme does, the most robust one is taken.
        words: modulation and code rate of the words of said-or-sent, which are protected more than its pictures.
        decoder: `minsum` or `sionna`.
        picture_bytes: of a sent picture at most, header and check not counted; by default the codec's own budget, or
            220 where it sends none.
        seed: of the channel.

    Raises:
        LinkError: no SNR, one that is not finite, or a target or seed that can't be.
    """

    channel: Channel
    snr_db: tuple[float, ...]
    scheme: Scheme | None = QPSK_HALF
    target: float = 0.1
    words: Scheme = STRONGEST
    decoder: Decoder = "minsum"
    picture_bytes: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.snr_db or not all(abs(snr_db) <= MAX_DB for snr_db in self.snr_db):
            raise LinkError(f"at least one SNR, of -{MAX_DB} to {MAX_DB} dB, wanted, got {[*self.snr_db]}")
        if not 0 < self.target < 1:
            raise LinkError(f"a packet error target is between 0 and 1, such as 0.1, not {self.target}")
        if self.seed < 0:
            raise LinkError(f"a seed is a whole number from 0 on, not {self.seed}")
