"""What a fusion centre understands of events that several noisy nodes see: paper 001, Table V, for every code.

Ways to fuse, by name: `vote` on what each node decided; `sum` of dequantised features, read by a linear receiver of
such sums (both are the paper's); `likelihood`, the sum of what each word is evidence for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from laconic.codec import Speech
from laconic.contract import Symbols
from laconic.receiver import Fusion, Heard, LinearReceiver, summed, vote
from laconic.report.limits import label_rate
from laconic.score.activity import ScoreError
from laconic.score.calibration import expected_calibration_error
from laconic.score.paired import holm, mcnemar

SIGNIFICANT = 0.05
FEW_BITS = 64.0  # a message of more is no short one

Way: TypeAlias = Literal["vote", "sum", "likelihood"]
Learn: TypeAlias = Callable[[np.ndarray, np.ndarray], LinearReceiver]
"""A linear receiver from features [n, units] and labels [n]."""


@dataclass(frozen=True, eq=False)
class Views:
    """The features that nodes have of the same pictures, each node its own view.

    Raises:
        ScoreError: no picture, or labels that are not one a picture.
    """

    features: Float32[np.ndarray, "n nodes units"]
    labels: Int64[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if not len(self.labels) or len(self.features) != len(self.labels):
            raise ScoreError(f"some pictures and their labels wanted, got {len(self.features)} and {len(self.labels)}")

    def of(self, n_nodes: int) -> Views:
        """The first nodes alone.

        Raises:
            ScoreError: there are fewer.
        """
        if not 1 <= n_nodes <= self.features.shape[1]:
            raise ScoreError(f"1..{self.features.shape[1]} nodes see these pictures, {n_nodes} are asked for")
        return Views(self.features[:, :n_nodes], self.labels)


@dataclass(frozen=True, eq=False)
class Teller:
    """How nodes tell the centre, and how it fuses what they tell."""

    name: str
    speech: Speech
    way: Way


@dataclass(frozen=True)
class FusionCell:
    """One place in the table: `bits` are the mean of a node's message, `bits_formula` paper 001's equation (15)."""

    nodes: int
    snr_db: float
    code: str
    bits: float
    bits_formula: float
    accuracy: float
    calibration_error: float
    n: int

    @property
    def bits_total(self) -> float:
        """What all nodes send of an event."""
        return self.nodes * self.bits


@dataclass(frozen=True)
class FusionComparison:
    """How much more of the same pictures `code` has right than `rival`, and how surely.

    `p_value` is that of the exact two-sided McNemar test, `p_holm` the same corrected for the tests of all cells.
    """

    nodes: int
    snr_db: float
    code: str
    rival: str
    difference: float
    p_value: float
    p_holm: float

    @property
    def verdict(self) -> Literal["better", "worse", "no difference shown"]:
        """At 5 %, corrected."""
        if self.p_holm >= SIGNIFICANT:
            return "no difference shown"
        return "better" if self.difference > 0 else "worse"


@dataclass(frozen=True, eq=False)
class Told:
    """What was understood of each event, and whether that is right: for paired comparisons between tellers."""

    cell: FusionCell
    right: Bool[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Understood:
    """What a centre made of some pictures, their labels, and the bits that each node's message took in the mean."""

    posterior: Float64[np.ndarray, "n classes"]
    labels: Int64[np.ndarray, " n"]
    bits: float

    def __len__(self) -> int:
        return len(self.labels)


def receiver_of_sums(teller: Teller, train: Views, learn: Learn) -> LinearReceiver | None:
    """What reads the sum of features that these nodes tell, learnt on training pictures; None where none is summed."""
    return learn(_sums(teller.speech, train), train.labels) if teller.way == "sum" else None


def understand(
    teller: Teller, receiver: LinearReceiver | None, calibration: Views, test: Views, rng: np.random.Generator
) -> Understood:
    """One teller with all nodes of these views.

    Args:
        teller: who tells.
        receiver: of sums, if that is how it fuses: see `receiver_of_sums`.
        calibration: for nodes' reliability and dependence.
        test: what is measured on.
        rng: parts the calibration events.

    Raises:
        FusionError: calibration pictures from which nothing can be learnt.
    """
    n_nodes = test.features.shape[1]
    language, symbols = teller.speech.language, said(teller.speech, test)
    if receiver is not None:
        calibrated = receiver.calibrated(_sums(teller.speech, calibration), calibration.labels)
        posterior = calibrated.posterior(_sums(teller.speech, test))
    elif teller.way == "vote":
        posterior = vote(heard(teller.speech, symbols, n_nodes))
    else:
        posterior = _fusion(teller.speech, calibration, n_nodes, rng).posterior(heard(teller.speech, symbols, n_nodes))
    return Understood(posterior, test.labels, float(language.bits(symbols).mean()))


def score_fusion(teller: Teller, n_nodes: int, snr_db: float, parts: Sequence[Understood]) -> Told:
    """One cell of the table, of all that the teller's centre understood, part by part."""
    posterior, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("posterior", "labels"))
    right = posterior.argmax(axis=1) == labels
    cell = FusionCell(
        nodes=n_nodes,
        snr_db=snr_db,
        code=teller.name,
        bits=float(np.average([part.bits for part in parts], weights=[len(part) for part in parts])),
        bits_formula=teller.speech.language.code.alphabet.formula_bits,
        accuracy=float(right.mean()),
        calibration_error=expected_calibration_error(posterior, labels),
        n=len(right),
    )
    return Told(cell, right)


def _fusion(speech: Speech, calibration: Views, n_nodes: int, rng: np.random.Generator) -> Fusion:
    """What calibration teaches; where no node errs in it, nodes are taken as they are, evenly among the classes."""
    known = heard(speech, said(speech, calibration), n_nodes)
    if (known.posteriors.argmax(axis=2) == calibration.labels[:, None]).all():
        n_classes = known.posteriors.shape[2]
        return Fusion.plain(known.nodes, np.full(n_classes, 1 / n_classes))
    return Fusion.fit(known, calibration.labels, rng)


def said(speech: Speech, views: Views) -> Symbols:
    """Every node's word of every picture, picture by picture."""
    return speech.say(views.features.reshape(-1, views.features.shape[2]))


def heard(speech: Speech, symbols: Symbols, n_nodes: int) -> Heard:
    """What the centre makes of each node's words alone, where every node spoke of every picture."""
    posterior = speech.posterior(symbols)
    events = len(posterior) // n_nodes
    names = tuple(f"node {i + 1}" for i in range(n_nodes))
    return Heard(names, posterior.reshape(events, n_nodes, -1), np.ones((events, n_nodes), dtype=bool))


def _sums(speech: Speech, views: Views) -> Float32[np.ndarray, "n units"]:
    again = speech.language.code.dequantise(said(speech, views)).reshape(views.features.shape)
    return summed(again, np.ones(again.shape[:2], dtype=bool))


def compared(told: Sequence[Told], ours: str, rival: str) -> list[FusionComparison]:
    """One code against another in every cell that has both, in the cells' order; p-values corrected over the cells."""
    at = {(one.cell.snr_db, one.cell.nodes, one.cell.code): one for one in told}
    pairs = [
        (one, at[snr_db, nodes, rival])
        for (snr_db, nodes, code), one in at.items()
        if code == ours and (snr_db, nodes, rival) in at
    ]
    tests = [mcnemar(one.right, other.right) for one, other in pairs]
    corrected = holm(np.array([p for _, p in tests]))
    return [
        FusionComparison(one.cell.nodes, one.cell.snr_db, ours, rival, difference, p, float(p_holm))
        for (one, _), (difference, p), p_holm in zip(pairs, tests, corrected, strict=True)
    ]


@dataclass(frozen=True)
class FrontierPoint:
    """A cell that no other beats, with the bits of all nodes together.

    `bits_least` is what any code for the class needs for this accuracy, if every picture were seen perfectly and as
    many as one likes were coded together: R(accuracy) of evenly drawn labels (`laconic.report.limits.label_rate`).
    """

    snr_db: float
    nodes: int
    code: str
    bits_total: float
    accuracy: float
    bits_least: float


def frontier(cells: Sequence[FusionCell], n_classes: int) -> list[FrontierPoint]:
    """At each SNR the cells that no other beats in bits of all nodes and in accuracy; by bits, beside their limit."""
    found: list[FrontierPoint] = []
    for snr_db in dict.fromkeys(cell.snr_db for cell in cells):
        best = -1.0
        here = [cell for cell in cells if cell.snr_db == snr_db]
        for cell in sorted(here, key=lambda cell: (cell.bits_total, -cell.accuracy)):
            if cell.accuracy > best:
                best = cell.accuracy
                least = label_rate(best, n_classes)
                found.append(FrontierPoint(snr_db, cell.nodes, cell.code, cell.bits_total, best, least))
    return found


@dataclass(frozen=True)
class Worth:
    """What a second opinion and the choice of a short code are worth at one SNR, as parts of all events.

    Of the codes of FEW_BITS or less a message, `best` is the one that is most often right with the most nodes, and
    `worst` the one that is least: `by_nodes` is what it gains from the fewest nodes to the most, `by_code` by how much
    it is ahead.
    """

    snr_db: float
    nodes: tuple[int, int]
    best: str
    worst: str
    by_nodes: float
    by_code: float


def worth(cells: Sequence[FusionCell]) -> list[Worth]:
    """SNR by SNR; nothing of an SNR at which no code is short."""
    found = []
    for snr_db in dict.fromkeys(cell.snr_db for cell in cells):
        here = {(cell.code, cell.nodes): cell for cell in cells if cell.snr_db == snr_db and cell.bits <= FEW_BITS}
        fewest, most = (end((nodes for _, nodes in here), default=0) for end in (min, max))
        ranked = sorted((cell for cell in here.values() if cell.nodes == most), key=lambda cell: cell.accuracy)
        if ranked:
            worst, best = ranked[0], ranked[-1]
            by_nodes = best.accuracy - here[best.code, fewest].accuracy
            by_code = best.accuracy - worst.accuracy
            found.append(Worth(snr_db, (fewest, most), best.code, worst.code, by_nodes, by_code))
    return found
