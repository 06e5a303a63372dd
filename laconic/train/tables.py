"""From features to speeches: the codec's language, the rivals it is compared with, and their receivers."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.codec import Speech
from laconic.language import (
    Decision,
    Language,
    Likelihood,
    MaxAmp,
    MaxPro,
    MaxProAmp,
    Progressive,
    Scalar,
    UnfittedCode,
)
from laconic.receiver import LinearReceiver, WordReceiver
from laconic.train.probe import fit_linear

MAX_K, MAX_LEVEL_BITS = 8, 4  # codes with longer words are read by their features: their words hardly repeat

Train: TypeAlias = tuple[Float32[np.ndarray, "n used"], Int64[np.ndarray, " n"]]
Held: TypeAlias = tuple[Float32[np.ndarray, "held used"], Int64[np.ndarray, " held"]]


def rivals(k: int, n_units: int) -> dict[str, UnfittedCode]:
    """Every code that `laconic evaluate` compares, by name; `full` is all units at 32 bits."""
    k = min(k, n_units)
    amplitudes = {f"maxamp-{i}": MaxAmp(k=i) for i in sorted({1, 2, 3, k}) if i <= n_units}
    return {
        **amplitudes,
        f"progressive-{k}": Progressive(k=k),
        "maxpro": MaxPro(),
        f"maxproamp-{k}": MaxProAmp(k=k),
        "scalar": Scalar(),
        "full": MaxPro(threshold=-1.0),
    }


def make_speech(
    code: UnfittedCode,
    train: Train,
    held: Held,
    class_weights: Float64[np.ndarray, " classes"],
) -> Speech:
    """Fit a code, its lexicon and its receiver on `train`; calibrate the receiver's confidence on `held`."""
    features, labels = train
    code = code.fit(features, labels)
    symbols, held_symbols = code.quantise(features), code.quantise(held[0])
    language = Language.fit(code, symbols, labels, len(class_weights))
    lexicon = language.lexicon
    if lexicon.alphabet.k <= MAX_K and lexicon.alphabet.level_bits <= MAX_LEVEL_BITS:
        if isinstance(code, Likelihood):
            words = WordReceiver.told(symbols, code.posterior(features), lexicon, class_weights)
        else:
            words = WordReceiver.fit(symbols, labels, lexicon, class_weights)
        return Speech(language, words.calibrated(held_symbols, held[1], lexicon))
    weight, bias = fit_linear(code.dequantise(symbols), labels, class_weights)
    return Speech(language, LinearReceiver(weight, bias).calibrated(code.dequantise(held_symbols), held[1]))


def make_speeches(
    code: UnfittedCode,
    head: LinearReceiver,
    train: Train,
    held: Held,
    class_weights: Float64[np.ndarray, " classes"],
) -> dict[str, Speech]:
    """The spoken language under "said", and every rival by name.

    `head` is the classifier that was trained with the encoder: it reads the full features, it is what `Decision` sends
    the argmax of, and what `Likelihood` sends a sketch of, where it has no classifier of its own.
    """
    if isinstance(code, Likelihood) and code.weight is None:
        code = replace(code, weight=head.weight, bias=head.bias)
    speeches = {"said": make_speech(code, train, held, class_weights)}
    others = rivals(getattr(code, "k", 3), train[0].shape[1])
    for name, rival in {**others, "decision": Decision(head.weight, head.bias)}.items():
        speeches[name] = make_speech(rival, train, held, class_weights)
    speeches["full"] = replace(speeches["full"], receiver=head.calibrated(*held))
    return speeches
