"""Several noisy sensors look at the same pictures: what the fusion centre understands, for every code (paper 001, V).

```
test split   --half--> calibration: nodes' reliability and dependence      --half--> test: what is measured
train split  --noise at every SNR--> receivers of sums, tables of words, Likelihood's classifiers and cells
```

Each node has its own noise and, where asked for, its own view (`laconic.data.views`). Groups stay in one half.

The encoder, and the paper's codes, stay as the codec has them: trained on pictures as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from laconic.codec import Codec, Speech
from laconic.data import Source, hold_out, load
from laconic.data.sensor import sensor_noise
from laconic.data.views import views as seen_as
from laconic.language import Language, Likelihood, UnfittedCode
from laconic.receiver import LinearReceiver, WordReceiver
from laconic.score.evaluation import EvaluationError, labelled_pictures, spread
from laconic.score.fusion import Learn, Teller, Told, Views, score_fusion
from laconic.train.probe import fit_linear
from laconic.train.qualities import fit_qualities


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
    """What all nodes see, at each SNR."""

    train: Mapping[float, Views]
    calibration: Mapping[float, Views]
    test: Mapping[float, Views]


def sense(codec: Codec, source: Source, asked: Conditions) -> list[Told]:
    """Every code at every number of nodes and SNR, in this order: SNR, nodes, code.

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
    tellers = make_tellers(codec.speeches, full.receiver, seen, asked.bits)
    n_classes = len(codec.classes)
    return [
        score_fusion(
            teller,
            seen.train[snr_db],
            seen.calibration[snr_db],
            seen.test[snr_db],
            n_nodes,
            snr_db,
            _learn(n_classes),
            np.random.default_rng([asked.seed, 3]),
        )
        for snr_db in asked.snr_db
        for n_nodes in asked.nodes
        for teller in tellers
    ]


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
    test, calibration = hold_out(labels, together, 0.5, np.random.default_rng([asked.seed, 0]))

    def views(pixels: np.ndarray, of: np.ndarray, stream: int) -> dict[float, Views]:
        return {
            snr_db: _views(codec, pixels, of, asked, snr_db, np.random.default_rng([asked.seed, stream, i]))
            for i, snr_db in enumerate(asked.snr_db)
        }

    tested = views(images, labels, 2)
    return Seen(
        views(learnt.images, split.labels[learnt.rows], 1),
        {snr_db: Views(seen.features[calibration], seen.labels[calibration]) for snr_db, seen in tested.items()},
        {snr_db: Views(seen.features[test], seen.labels[test]) for snr_db, seen in tested.items()},
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
    speeches: Mapping[str, Speech], head: LinearReceiver, seen: Seen, bits: tuple[int, ...]
) -> list[Teller]:
    """Paper 001's four schemes as the codec has them; Decision and MaxAmp as evidence; Likelihood at each budget.

    What a word is evidence for is counted on the first node's view of the training pictures at all SNRs.
    """
    names = [name for name in ("full", "maxpro", "maxamp-3") if name in speeches]
    tellers = [Teller(name, speeches[name], "sum") for name in names]
    tellers.append(Teller("decision", speeches["decision"], "vote"))
    first = [views.features[:, 0] for views in seen.train.values()]
    labels = next(iter(seen.train.values())).labels
    qualities = fit_qualities(np.stack(first), labels, head)
    classifiers = (qualities.weight, qualities.bias, qualities.gate, qualities.gate_bias)
    codes: dict[str, UnfittedCode] = {
        "decision, likelihood": speeches["decision"].language.code,
        **{f"likelihood-{budget}": Likelihood(budget, *classifiers) for budget in bits},
    }
    features, labels = np.concatenate(first), np.tile(labels, len(first))
    return tellers + [
        Teller(name, _speech(code, features, labels, len(head.bias)), "likelihood") for name, code in codes.items()
    ]


def _speech(code: UnfittedCode, features: np.ndarray, labels: np.ndarray, n_classes: int) -> Speech:
    fitted = code.fit(features, labels)
    symbols = fitted.quantise(features)
    language = Language.fit(fitted, symbols, labels, n_classes)
    return Speech(language, WordReceiver.fit(symbols, labels, language.lexicon, np.ones(n_classes)))


def _learn(n_classes: int) -> Learn:
    def learn(features: np.ndarray, labels: np.ndarray) -> LinearReceiver:
        return LinearReceiver(*fit_linear(features, labels, np.ones(n_classes)))

    return learn
