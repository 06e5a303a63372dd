"""Fusing 10,000 events of 4 nodes against the least that any fusion does: adding the same array up over its nodes.

Once from posteriors, once from words: then the centre also looks up what each word means.
"""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.ratio import Ratio, measure
from laconic.contract import Symbols
from laconic.language import Language, Likelihood
from laconic.receiver import Fusion, Heard, WordReceiver

EVENTS, NODES, CLASSES = 10_000, 4, 10
LIMITS = 15, 50
REPEATS = 15


def run() -> list[Ratio]:
    """CPU time on one thread."""
    language, receiver, words = _spoken()
    posteriors = receiver.posterior(words, language.lexicon).reshape(EVENTS, NODES, CLASSES)
    nodes, present = tuple(f"node {i}" for i in range(NODES)), np.ones((EVENTS, NODES), dtype=bool)
    prior = np.full(CLASSES, 1 / CLASSES)
    fusion = Fusion(nodes, prior, np.ones(NODES), np.zeros((NODES, CLASSES)), dependence=0.5, temperature=1.1)

    def from_posteriors() -> np.ndarray:
        return fusion.posterior(Heard(nodes, posteriors, present))

    def from_words() -> np.ndarray:
        found = receiver.posterior(words, language.lexicon).reshape(EVENTS, NODES, CLASSES)
        return fusion.posterior(Heard(nodes, found, present))

    floor = functools.partial(posteriors.sum, axis=1)
    text = f"fusion of {EVENTS} events of {NODES} nodes from {{}}: over a sum"
    works = {"posteriors": from_posteriors, "words": from_words}
    return [
        Ratio(text.format(name), *measure(work, floor, REPEATS), limit)
        for (name, work), limit in zip(works.items(), LIMITS, strict=True)
    ]


def _spoken() -> tuple[Language, WordReceiver, Symbols]:
    """A language of 8 bits and a word from every node of every event."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, 4000)
    weight, bias = np.eye(CLASSES, dtype=np.float32), np.zeros(CLASSES, np.float32)
    features = (rng.gamma(1.0, 1.0, (4000, CLASSES)) + 2 * weight[labels]).astype(np.float32)
    code = Likelihood(8, weight, bias).fit(features, labels)
    symbols = code.quantise(features)
    language = Language.fit(code, symbols, labels, CLASSES)
    receiver = WordReceiver.fit(symbols, labels, language.lexicon, np.ones(CLASSES))
    return language, receiver, symbols[rng.integers(0, 4000, EVENTS * NODES)]


if __name__ == "__main__":
    print(*run(), sep="\n")
