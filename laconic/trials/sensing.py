"""Several noisy sensors look at the same pictures: what the fusion centre understands, for every code (paper 001, V).

```
test split   --half--> calibration: nodes' reliability and dependence --> measured on the other half, and crosswise
train split  --noise as in the test--> receivers of sums, tables of words, Likelihood's classifier and cells
```

Each node has its own noise and, where asked for, its own view (`laconic.data.views`). Groups stay in one half.

The encoder, and the paper's codes, stay as the codec has them. All else is learnt at the SNR at which it is measured,
for every code alike: nodes and centre know how noisy the sensors are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from laconic.codec import Codec, Speech
from laconic.data import Source, hold_out, load
from laconic.data.sensor import sensor_noise
from laconic.data.views import views as seen_as
from laconic.language import Language, Likelihood, UnfittedCode
from laconic.receiver import LinearReceiver, WordReceiver
from laconic.score.evaluation import EvaluationError, labelled_pictures, spread
from laconic.score.fusion import (
    FusionComparison,
    Learn,
    Teller,
    Told,
    Views,
    compared,
    receiver_of_sums,
    score_fusion,
    understand,
)
from laconic.train.evidence import fit_evidence
from laconic.train.probe import fit_linear

DECISION_BITS = 4  # with a budget of no more than these Likelihood is compared with decisions alone


@dataclass(frozen=True)
class Conditions:
    """What is asked for: numbers of nodes, SNRs in dB, Likelihood's budgets in bits, pictures at most, seed, views."""

    nodes: tuple[int, ...] = (1, 2, 3, 4)
    snr_db: tuple[float, ...] = (0.0, 6.0, 12.0, 18.0, 24.0)
    bits: tuple[int, ...] = (4, 13)
    n_test: int = 5000
    n_train: int = 4000
    seed: int = 0
    views: str = "same"


@dataclass(frozen=True, eq=False)
class Seen:
    """What all nodes see, at each SNR: of training pictures, and of each half of the test pictures."""

    train: Mapping[float, Views]
    halves: Mapping[float, tuple[Views, ...]]


def sense(codec: Codec, source: Source, asked: Conditions) -> list[Told]:
    """Every code at every number of nodes and SNR, in this order: SNR, nodes, code.

    What is learnt on one half of the test pictures is measured on the other, and the other way round.

    Raises:
        EvaluationError: the source's classes are not the codec's, the codec has no classifier of full features, or a
            class is missing among the training pictures.
        CodeError: a budget that Likelihood can't keep to.
        SourceError: the source has no test split, or one that can't be read; or there are no such views.
        FusionError: too few pictures to learn a node's reliability from.
    """
    for bits in asked.bits:
        Likelihood(bits)
    full = codec.speeches.get("full")
    clusters = "clusters" in codec.manifest.get("measured", {})
    if full is None or not isinstance(full.receiver, LinearReceiver) or clusters:
        raise EvaluationError("a codec that was trained on these classes wanted, with a classifier of full features")
    codec, loaded, labels = labelled_pictures(codec, source, n=asked.n_test)
    seen = _look(codec, source, asked, loaded.images, labels, _together(source, asked.n_test, loaded.rows))
    return [told for snr_db in asked.snr_db for told in _cells(codec, full.receiver, seen, snr_db, asked)]


def _cells(codec: Codec, head: LinearReceiver, seen: Seen, snr_db: float, asked: Conditions) -> list[Told]:
    """Every code at every number of nodes, at one SNR."""
    train, (one, other) = seen.train[snr_db], seen.halves[snr_db]
    crossed = ((one, other), (other, one))
    tellers = [make_tellers(codec.speeches, head, train, known, asked.bits) for known, _ in crossed]
    learn = _learn(len(codec.classes))
    told = []
    for n_nodes in asked.nodes:
        for pair in zip(*tellers, strict=True):
            receiver = receiver_of_sums(pair[0], train.of(n_nodes), learn)
            parts = [
                understand(teller, receiver, known.of(n_nodes), new.of(n_nodes), np.random.default_rng([asked.seed, 3]))
                for teller, (known, new) in zip(pair, crossed, strict=True)
            ]
            told.append(score_fusion(pair[0], n_nodes, snr_db, parts))
    return told


def comparisons(told: Sequence[Told]) -> list[FusionComparison]:
    """What Likelihood is to hold against: of a budget of 4 bits the decision, with more the codes that are summed, too.

    The first are compared with decisions that are fused as it is itself, the others also with the vote on them.
    """
    codes = list(dict.fromkeys(one.cell.code for one in told))
    found: list[FusionComparison] = []
    for code in (code for code in codes if code.startswith("likelihood-")):
        large = int(code.removeprefix("likelihood-")) > DECISION_BITS
        rivals = ("maxpro", "maxamp-3", "decision") if large else ("decision, likelihood",)
        found += [one for rival in rivals for one in compared(told, code, rival)]
    return found


def _look(
    codec: Codec,
    source: Source,
    asked: Conditions,
    images: UInt8[np.ndarray, "n height width channels"],
    labels: Int64[np.ndarray, " n"],
    together: Int64[np.ndarray, " n"] | None,
) -> Seen:
    split = source.split("train")
    rows = np.unique(np.linspace(0, len(split) - 1, min(asked.n_train, len(split))).round().astype(np.int64))
    split = split.subset(rows)
    learnt = load(split, codec.preprocessing)
    there = len(np.unique(split.labels[learnt.rows]))
    if there < len(codec.classes):
        raise EvaluationError(
            f"training pictures of all {len(codec.classes)} classes wanted, but the {len(learnt.rows)} "
            f"taken have {there}: take more (--n-train)"
        )
    halves = hold_out(labels, together, 0.5, np.random.default_rng([asked.seed, 0]))

    def views(pixels: np.ndarray, of: np.ndarray, stream: int) -> dict[float, Views]:
        return {
            snr_db: _views(codec, pixels, of, asked, snr_db, np.random.default_rng([asked.seed, stream, i]))
            for i, snr_db in enumerate(asked.snr_db)
        }

    tested = views(images, labels, 2)
    return Seen(
        views(learnt.images, split.labels[learnt.rows], 1),
        {
            snr_db: tuple(Views(seen.features[half], seen.labels[half]) for half in halves)
            for snr_db, seen in tested.items()
        },
    )


def _together(source: Source, n: int, rows: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"] | None:
    """The group or event of the pictures that `labelled_pictures` gives."""
    split = spread(source.split("test"), n)
    return None if split.together is None else split.together[rows]


def _views(
    codec: Codec, images: np.ndarray, labels: np.ndarray, asked: Conditions, snr_db: float, rng: np.random.Generator
) -> Views:
    """Each node's own view of every picture, with its own noise."""
    taken = (sensor_noise(seen_as(images, asked.views, rng), snr_db, rng) for _ in range(max(asked.nodes)))
    return Views(np.stack([codec.features(pictures) for pictures in taken], axis=1), labels)


def make_tellers(
    speeches: Mapping[str, Speech], head: LinearReceiver, train: Views, calibration: Views, bits: tuple[int, ...]
) -> list[Teller]:
    """Paper 001's four schemes as the codec has them; Decision as evidence; Likelihood at each budget.

    What a decision is evidence for is counted on what all nodes say of training pictures; a word of Likelihood means
    what its classifier makes of them. The confidence of both fits calibration pictures.
    """
    n_classes = len(head.bias)
    names = [name for name in ("full", "maxpro", "maxamp-3") if name in speeches]
    tellers = [Teller(name, speeches[name], "sum") for name in names]
    decision = speeches["decision"].language.code
    tellers.append(Teller("decision", speeches["decision"], "vote"))
    tellers.append(Teller("decision, likelihood", _speech(decision, train, calibration, n_classes), "likelihood"))
    evidence = fit_evidence(train.features, train.labels, head, (calibration.features, calibration.labels))
    for budget in bits:
        code = Likelihood(budget, evidence.weight, evidence.bias)
        tellers.append(Teller(f"likelihood-{budget}", _speech(code, train, calibration, n_classes), "likelihood"))
    return tellers


def _speech(code: UnfittedCode, train: Views, calibration: Views, n_classes: int) -> Speech:
    features, labels = _rows(train)
    fitted = code.fit(features, labels)
    symbols, even = fitted.quantise(features), np.ones(n_classes)
    language = Language.fit(fitted, symbols, labels, n_classes)
    if isinstance(fitted, Likelihood):
        receiver = WordReceiver.told(symbols, fitted.posterior(features), language.lexicon, even)
    else:
        receiver = WordReceiver.fit(symbols, labels, language.lexicon, even)
    features, labels = _rows(calibration)
    return Speech(language, receiver.calibrated(fitted.quantise(features), labels, language.lexicon))


def _rows(views: Views) -> tuple[Float32[np.ndarray, "rows units"], Int64[np.ndarray, " rows"]]:
    """Every node's features, picture by picture, and their labels."""
    n, nodes, units = views.features.shape
    return views.features.reshape(n * nodes, units), np.repeat(views.labels, nodes)


def _learn(n_classes: int) -> Learn:
    def learn(features: np.ndarray, labels: np.ndarray) -> LinearReceiver:
        return LinearReceiver(*fit_linear(features, labels, np.ones(n_classes)))

    return learn
