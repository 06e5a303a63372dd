"""Adaptive modulation and coding: how often each scheme's packets fail at each SNR, and the best scheme there.

A choice meets its target of packet errors with `confidence`: not the share of errors that a simulation counted
decides, but the largest error rate that this count leaves possible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from laconic import __version__
from laconic.link import cache, fading
from laconic.link.digital import DigitalLink
from laconic.link.errors import LinkError
from laconic.link.scheme import Scheme
from laconic.receiver.binomial import check_fraction, upper_bound

FORMAT = 2  # rises with each change of how tables are simulated: older ones in caches are then not found
BATCH = 200  # packets sent at once
ENOUGH = 100  # errors after which a point is known well enough

# About every second row of 3GPP TS 38.214, table 5.1.3.1-2, whose code rates are in 1024ths. In place of the first
# rows' rates below 1/5, which the code here doesn't have, stands 1/5.
SCHEMES = (
    Scheme("qpsk", Fraction(1, 5)),
    *(Scheme("qpsk", Fraction(rate, 1024)) for rate in (308, 449, 602)),
    *(Scheme("16qam", Fraction(rate, 1024)) for rate in (378, 490, 616)),
    *(Scheme("64qam", Fraction(rate, 1024)) for rate in (466, 567, 666, 772, 873)),
    *(Scheme("256qam", Fraction(rate, 1024)) for rate in (711, 797, 885, 948)),
)
SNR_DB = tuple(float(snr_db) for snr_db in range(-6, 41))


@dataclass(frozen=True)
class Point:
    """Of `packets` sent `errors` failed, so the error rate is at most `bound`. Of no packets nothing is known."""

    packets: int = 0
    errors: int = 0
    bound: float = 1.0


@dataclass(frozen=True)
class Choice:
    """The scheme of highest throughput that meets a target, or None where none is known to; as text it says which.

    `error_bound` is what its packets' error rate is at most; without a scheme, the least that is known of any.
    `symbols` is what a packet costs, 0 without a scheme.
    """

    scheme: Scheme | None
    error_bound: float
    symbols: int
    snr_db: float
    target: float

    def __str__(self) -> str:
        if self.scheme is None:
            wanted = f"no scheme is known to keep packet errors below {self.target:g} at {self.snr_db:g} dB"
            return f"{wanted}: the least bound is {self.error_bound:.2g}"
        return f"{self.scheme}: {self.symbols} symbols a packet, of which at most {self.error_bound:.2g} fail"


@dataclass(frozen=True)
class ErrorTable:
    """How often packets of `bits` bits fail over a channel: `points[i][j]` is of scheme i at `snr_db[j]`.

    Schemes stand from the most symbols a packet (`symbols`) to the fewest. With `confidence` none of the bounds at an
    SNR is below its scheme's error rate.
    """

    channel: str
    bits: int
    confidence: float
    schemes: tuple[Scheme, ...]
    symbols: tuple[int, ...]
    snr_db: tuple[float, ...]
    points: tuple[tuple[Point, ...], ...]

    def choose(self, snr_db: float, target: float = 0.1) -> Choice:
        """The scheme of fewest symbols a packet of whose packets at most `target` fail at this SNR in dB.

        Between the table's SNRs the next lower one counts. Below its lowest nothing is known.

        Raises:
            LinkError: an SNR that is not finite, or a target that is not between 0 and 1.
        """
        if not math.isfinite(snr_db):
            raise LinkError(f"an SNR is a finite number of dB, not {snr_db}")
        if not 0 < target < 1:
            raise LinkError(f"a packet error target is between 0 and 1, such as 0.1, not {target}")
        at = int(np.searchsorted(self.snr_db, snr_db, side="right")) - 1
        bounds = [row[at].bound if at >= 0 else 1.0 for row in self.points]
        meeting = [i for i, bound in enumerate(bounds) if bound <= target]
        if not meeting:
            return Choice(None, min(bounds), 0, snr_db, target)
        best = min(meeting, key=lambda i: (self.symbols[i], bounds[i]))
        return Choice(self.schemes[best], bounds[best], self.symbols[best], snr_db, target)


def error_table(
    channel: fading.Channel,
    bits: int,
    *,
    snr_db: Sequence[float] = SNR_DB,
    schemes: Sequence[Scheme] = SCHEMES,
    packets: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    folder: Path | None = None,
) -> ErrorTable:
    """Simulate packets of `bits` bits over `channel`, or read from the cache what was simulated before.

    A table is kept of laconic's own channels only: the code of another may have changed.

    Args:
        channel: as for `DigitalLink`.
        bits: of a packet.
        snr_db: E_s/N_0 in dB.
        schemes: to choose from.
        packets: sent at a point at most. No error among 2000 leaves 0.3 % possible (16 schemes, confidence 0.95).
        confidence: that all bounds at one SNR hold.
        seed: of bits and channel.
        progress: called with the points that are done, and with all.
        folder: of the cache; `cache_folder()` if not given.

    Raises:
        LinkError: no bits, SNRs, schemes or packets, or what the link or the channel refuses.
        LaconicError: a confidence that is no fraction; Sionna, numba or SciPy is not installed.
    """
    if bits < 1 or packets < 1 or not snr_db or not schemes:
        raise LinkError(f"bits, packets, SNRs and schemes wanted, got {bits=}, {packets=}, {snr_db=}, {schemes=}")
    check_fraction("confidence", confidence)
    ordered = sorted(schemes, key=lambda scheme: -scheme.over(channel).symbols(bits))  # equal ones keep their order
    links = [scheme.over(channel) for scheme in ordered]
    snrs = sorted(float(each) for each in snr_db)
    key = {
        "table": [FORMAT, __version__, version("sionna-no-rt")],
        "channel": repr(channel),
        "packets": [bits, packets, confidence, seed],
        "schemes": [str(scheme) for scheme in ordered],
        "snr_db": snrs,
    }
    place = (folder or cache.cache_folder()) if type(channel).__module__ == fading.__name__ else None
    rows = cache.read(place, key) if place else None
    if rows is None:
        each = 1 - (1 - confidence) / len(links)  # all of them hold if each does (Bonferroni)
        rows = [[astuple(point) for point in row] for row in _survey(links, bits, snrs, packets, each, seed, progress)]
        if place:
            cache.write(place, key, rows)
    points = tuple(tuple(Point(*point) for point in row) for row in rows)
    symbols = tuple(link.symbols(bits) for link in links)
    return ErrorTable(repr(channel), bits, confidence, tuple(ordered), symbols, tuple(snrs), points)


def _survey(
    links: Sequence[DigitalLink],
    bits: int,
    snr_db: Sequence[float],
    packets: int,
    confidence: float,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[list[Point]]:
    """A row for each link, most robust first; what can be spared is not simulated.

    Above a point without errors the others are at least as good: errors don't rise with the SNR. Below the first SNR
    at which the link before delivered anything, nothing is said of this one, which claims too little, not too much.
    """
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    first = 0
    for row, link in enumerate(links):
        points = [Point()] * first
        for snr in snr_db[first:]:
            faultless = bool(points) and points[-1].packets > 0 and points[-1].errors == 0
            points.append(points[-1] if faultless else _simulate(link, bits, snr, packets, confidence, rng, generator))
            if progress is not None:
                progress(row * len(snr_db) + len(points), len(links) * len(snr_db))
        first = next((j for j, point in enumerate(points) if point.errors < point.packets), first)
        yield points


def _simulate(
    link: DigitalLink,
    bits: int,
    snr_db: float,
    packets: int,
    confidence: float,
    rng: np.random.Generator,
    generator: torch.Generator,
) -> Point:
    """Send packets until `packets` are sent, or until a batch brings their errors to ENOUGH.

    An end that the errors decide biases their share. To come so late, there must have been fewer than ENOUGH errors
    before the last batch: that is an event of a fixed number of packets, whose bound holds (Clopper and Pearson's).
    """
    sent = errors = before = 0
    while sent < packets and errors < ENOUGH:
        said = rng.integers(0, 2, (min(BATCH, packets - sent), bits), dtype=np.uint8)
        delivered = link(said, snr_db, generator=generator)
        before, sent = sent, sent + len(said)
        errors += int((delivered.bits != said).any(axis=1).sum())
    if errors < ENOUGH:
        return Point(sent, errors, upper_bound(errors, sent, confidence))
    return Point(sent, errors, upper_bound(ENOUGH - 1, before, confidence) if before else 1.0)
