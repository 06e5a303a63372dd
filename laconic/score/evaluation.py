"""A codec measured on labelled pictures: accuracy against bits, for the language it speaks and for every rival."""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt

from laconic.codec import Codec, Speech
from laconic.codec.naming import Naming
from laconic.contract import CodeScore, Evaluation, LaconicError, Symbols, WordScore
from laconic.data import Items, Loaded, Source, Split, load, read_pictures
from laconic.score.activity import n1, n2, ordered_activity
from laconic.score.classes import class_scores, confusion, mistakes
from laconic.score.sending import sending_score

EXAMPLES = 8  # pictures shown for a word


class EvaluationError(LaconicError):
    """Pictures that this codec can't be measured on."""


def evaluate_source(codec: Codec, source: Source, progress: bool = False) -> tuple[Evaluation, Loaded]:
    """Measure `codec` on the test split of `source`; also gives the pictures as the encoder saw them.

    Raises:
        EvaluationError: the source's classes are not the codec's.
        SourceError: it has no test split, or one that can't be read.
    """
    codec, loaded, labels = labelled_pictures(codec, source, progress)
    unknown = read_pictures(source.split("test").unknown, codec.preprocessing).images
    return evaluate(codec, loaded.images, labels, source.name, unknown), loaded


def labelled_pictures(
    codec: Codec, source: Source, progress: bool = False, n: int | None = None
) -> tuple[Codec, Loaded, Int64[np.ndarray, " pictures"]]:
    """The test split as the encoder sees it, or `n` pictures evenly spaced over it, with labels.

    An unlabelled codec comes back with its clusters named by these pictures.

    Raises:
        EvaluationError: the source's classes are not the codec's.
        SourceError: it has no test split, or one that can't be read.
    """
    split = spread(source.split("test"), n)
    unnamed = "clusters" in codec.manifest.get("measured", {}) and not codec.manifest.get("names")
    if not unnamed and source.class_names != codec.classes:
        raise EvaluationError(
            f"this codec knows the classes {_some(codec.classes)}; {source.name} has {_some(source.class_names)}: "
            "evaluate on a source with the classes that the codec was trained for"
        )
    loaded = load(split, codec.preprocessing, progress)
    labels = split.labels[loaded.rows]
    return (named_by(codec, source, loaded.images, labels) if unnamed else codec), loaded, labels


def spread(split: Split, n: int | None) -> Split:
    """`n` pictures evenly spaced over a split; all of them where there are no more, or none were asked for."""
    if n is None or n >= len(split):
        return split
    return split.subset(np.linspace(0, len(split) - 1, n).round().astype(np.int64))


def named_by(
    codec: Codec,
    source: Source,
    images: Items,
    labels: Int64[np.ndarray, " n"],
) -> Codec:
    """An unlabelled codec whose clusters stand for the classes that they hold most of, in these very pictures.

    That is how clusterings are scored (many clusters may stand for one class: purity); for use, clusters are named
    from a few examples by `laconic name`.

    Raises:
        EvaluationError: the pictures have no labels either.
    """
    if not source.labelled:
        raise EvaluationError(f"neither this codec nor {source.name} has labels: there is nothing to measure against")
    clusters = codec.said.posterior(codec.said.say(codec.features(images))).argmax(axis=1)
    counted = Naming.fit(source.class_names, clusters, labels, len(codec.classes))
    most = np.zeros_like(counted.counts)
    most[np.arange(len(most)), counted.counts.argmax(axis=1)] = counted.counts.max(axis=1)
    return codec.named(Naming(source.class_names, most))


def evaluate(
    codec: Codec,
    images: Items,
    labels: Int64[np.ndarray, " n"],
    source: str,
    unknown: UInt[np.ndarray, " negatives *item"] | None = None,
) -> Evaluation:
    """Every speech of `codec` on the same pictures, through real packets, encoded and decoded.

    `unknown` are pictures of none of the classes, to measure a codec by that also sends.

    Raises:
        EvaluationError: there is no picture.
    """
    if not len(labels):
        raise EvaluationError(f"{source} has no {codec.preprocessing.noun}s to measure on")
    began = time.perf_counter()
    features = codec.features(images)
    scores = {name: score_speech(name, speech, features, labels) for name, speech in codec.speeches.items()}
    said = codec.said
    symbols = said.say(features)
    posterior = said.posterior(symbols)
    understood = posterior.argmax(axis=1)
    rivals = tuple(score for name, score in scores.items() if name != "said")
    return Evaluation(
        source=source,
        classes=codec.classes,
        n=len(labels),
        accuracy_full=scores["full"].accuracy,
        n1=n1(features),
        n2=n2(features),
        activity=ordered_activity(features),
        codes=rivals,
        said=scores["said"],
        words=word_scores(codec, features, labels),
        by_class=class_scores(codec.classes, labels, understood, said.language.bits(symbols)),
        confusion=confusion(len(codec.classes), labels, understood),
        worst=mistakes(codec.classes, labels, posterior),
        sending=sending_score(codec, images, features, labels, images[:0] if unknown is None else unknown),
        seconds=time.perf_counter() - began,
        noun=codec.preprocessing.noun,
    )


def score_speech(
    name: str, speech: Speech, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]
) -> CodeScore:
    """Say the features in this speech, packet by packet, understand them again, and count.

    Raises:
        EvaluationError: a packet did not give back the word that went in.
    """
    code = speech.language.code
    symbols = code.quantise(features)
    packets = speech.packets(symbols)
    heard, failures = speech.hear(packets)
    if failures or not (np.array_equal(heard.units, symbols.units) and np.array_equal(heard.levels, symbols.levels)):
        raise EvaluationError(f"the packets of {name} did not give the words back that went in; please report this")
    said = speech.posterior(heard).argmax(axis=1)
    return CodeScore(
        code=code.name if name == "said" else name.rsplit("-", 1)[0],
        k=code.alphabet.k,
        bits_formula=code.alphabet.formula_bits,
        bits_mean=float(speech.language.bits(symbols).mean()),
        bits_entropy=entropy_bits(symbols),
        packet_bytes_mean=float(np.mean([len(packet) for packet in packets])),
        accuracy=float((said == labels).mean()),
        escaped=float((speech.language.lexicon.find(symbols) < 0).mean()),
    )


def entropy_bits(symbols: Symbols) -> float:
    """Empirical entropy of the words, in bits a word: what no lossless code can beat on these very words."""
    rows = np.concatenate([symbols.units, symbols.levels.astype(np.int64)], axis=1)
    _, counts = np.unique(rows, axis=0, return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum())


def word_scores(
    codec: Codec, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]
) -> tuple[WordScore, ...]:
    """The words that were said, most frequent first, with what they mean and how often that was right."""
    speech = codec.said
    symbols = speech.language.code.quantise(features)
    rows = np.concatenate([symbols.units, symbols.levels.astype(np.int64)], axis=1)
    _, first, row, counts = np.unique(rows, axis=0, return_index=True, return_inverse=True, return_counts=True)
    row = row.reshape(-1)
    posterior: Float64[np.ndarray, "words classes"] = speech.posterior(symbols[first])
    bits = speech.language.bits(symbols[first])
    meant = posterior.argmax(axis=1)
    members = np.split(np.argsort(row, kind="stable"), np.cumsum(counts)[:-1])
    return tuple(
        WordScore(
            word=speech.spell(symbols[first[word : word + 1]])[0],
            bits=int(bits[word]),
            name=codec.classes[meant[word]],
            confidence=float(posterior[word, meant[word]]),
            count=int(counts[word]),
            accuracy=float((labels[members[word]] == meant[word]).mean()),
            examples=tuple(int(i) for i in members[word][:EXAMPLES]),
        )
        for word in np.argsort(-counts, kind="stable")
    )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown}, ... ({len(names)})" if len(names) > 5 else shown
