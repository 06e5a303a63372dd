"""A code of one's own: say which unit is the loudest, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from laconic import Codec
from laconic.contract import Symbols
from laconic.language import Alphabet, conformance
from laconic.train import Recipe, fit


@dataclass(frozen=True)
class Loudest:
    """One unit a picture, without an amplitude."""

    n_units: int = 1  # learnt by `fit`; a code's fields are stored with the codec
    name: ClassVar[str] = "loudest"

    @property
    def alphabet(self) -> Alphabet:
        """One of the units, with a level of 0 bits."""
        return Alphabet(self.n_units, k=1, level_bits=0)

    def fit(self, features: np.ndarray, labels: np.ndarray) -> Loudest:  # noqa: ARG002
        """A copy that knows how many units there are."""
        return replace(self, n_units=features.shape[1])

    def quantise(self, features: np.ndarray) -> Symbols:
        """The loudest unit of each row of features [batch, units]."""
        units = features.argmax(axis=1, keepdims=True).astype(np.int32)
        return Symbols(units, np.zeros_like(units, dtype=np.uint32))

    def dequantise(self, symbols: Symbols) -> np.ndarray:
        """Features that stand for a word: 1 at its unit."""
        return np.eye(self.n_units, dtype=np.float32)[symbols.units[:, 0]]


if __name__ == "__main__":
    print(*conformance(Loudest(), raises=True), sep="\n")
    fit("digits", "demo/own-code", code=Loudest(), recipe=Recipe(epochs=8, batch_size=128, encoder="cnnw32", k=1))
    codec = Codec.load("demo/own-code", code=Loudest)
    print(codec.manifest["measured"])
