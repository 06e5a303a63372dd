"""Small languages to attack, and ways to damage bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from laconic.contract import Symbols
from laconic.language import Decision, Language, MaxAmp, MaxPro, Progressive

CODES: dict[str, Any] = {
    "maxamp": MaxAmp(k=3, level_bits=2),
    "progressive": Progressive(k=3),
    "maxpro": MaxPro(threshold=0.2),
    "decision": Decision(),
}
Mutate = Callable[[bytes, np.random.Generator], bytes]


@pytest.fixture(params=CODES)
def spoken(request: pytest.FixtureRequest) -> tuple[Language, Symbols]:
    """A language and 60 words of it, listed and escaped ones."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 300)
    features = rng.gamma(1.0, 1.0, (300, 40)) * (rng.random((300, 40)) < 0.02)
    features[np.arange(300), labels] += 4
    features[np.arange(300), 5 + labels] += 3
    features = features.astype(np.float32)
    code = CODES[request.param].fit(features, labels)
    symbols = code.quantise(features)
    return Language.fit(code, symbols[:240], labels[:240], 5), symbols[240:]


@pytest.fixture
def mutate() -> Mutate:
    return mutated


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three random edits: bits flipped, bytes set, cut, inserted, doubled or swapped."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        how, size = int(rng.integers(7)), len(out)
        i, j = (int(rng.integers(size)), int(rng.integers(size))) if size else (0, 0)
        if how == 0 or not size:
            out[i:i] = rng.bytes(int(rng.integers(1, 5)))
        elif how == 1:
            out[i] ^= 1 << int(rng.integers(8))
        elif how == 2:
            out[i] = int(rng.integers(256))
        elif how == 3:
            del out[i:]
        elif how == 4:
            del out[min(i, j) : max(i, j) + 1]
        elif how == 5:
            out[i:i] = out[min(i, j) : max(i, j) + 1]
        else:
            out[i], out[j] = out[j], out[i]
    return bytes(out)
