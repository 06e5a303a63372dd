"""The laws of codes hold for the built-in ones, and each is broken by a code that breaks just it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from laconic.contract import Symbols
from laconic.language import BUILTIN, Alphabet, MaxAmp, MaxPro, MaxProAmp, Progressive, conformance
from laconic.language.conform import LAWS
from laconic.language.errors import ConformanceError


@pytest.mark.parametrize(
    "code",
    [
        *(cls() for cls in BUILTIN.values()),
        MaxAmp(1, 3),
        MaxAmp(24, 1),
        Progressive(5, 3),
        MaxPro(level_bits=4),
        MaxProAmp(2, 8),
    ],
    ids=str,
)
def test_the_built_in_codes_keep_every_law(code: Any) -> None:
    verdicts = conformance(code)
    assert [str(verdict) for verdict in verdicts if not verdict.holds] == []
    assert [verdict.law for verdict in verdicts] == list(LAWS)


def test_own_features_can_be_given(make_features: Any) -> None:
    features, labels = make_features(50)
    assert all(verdict.holds for verdict in conformance(MaxAmp(2), features, labels))


@dataclass(frozen=True, eq=False)
class Loudest:
    """A minimal code of one's own: the loudest unit."""

    n_units: int | None = None
    name: ClassVar[str] = "loudest"

    @property
    def alphabet(self) -> Alphabet:
        assert self.n_units is not None
        return Alphabet(self.n_units, 1, 0)

    def fit(self, features: np.ndarray, labels: np.ndarray) -> Any:  # noqa: ARG002 - every code has labels
        return replace(self, n_units=features.shape[1])

    def quantise(self, features: np.ndarray) -> Symbols:
        units = features.argmax(axis=1).astype(np.int32)[:, None]
        return Symbols(units, np.zeros(units.shape, dtype=np.uint32))

    def dequantise(self, symbols: Symbols) -> np.ndarray:
        return np.eye(self.n_units, dtype=np.float32)[symbols.units[:, 0]]


def test_an_own_code_in_twenty_lines_keeps_every_law() -> None:
    conformance(Loudest(), raises=True)


@dataclass(frozen=True, eq=False)
class FitsItself(Loudest):
    def fit(self, features: np.ndarray, labels: np.ndarray) -> Any:  # noqa: ARG002
        object.__setattr__(self, "n_units", features.shape[1])
        return self


@dataclass(frozen=True, eq=False)
class SpoilsFeatures(Loudest):
    def fit(self, features: np.ndarray, labels: np.ndarray) -> Any:
        fitted = super().fit(features, labels)
        features += 1
        return fitted


class Nameless(Loudest):
    name: ClassVar[Any] = 7


class Outside(Loudest):
    @property
    def alphabet(self) -> Alphabet:
        return Alphabet(3, 1, 0)


class WrongTypes(Loudest):
    def quantise(self, features: np.ndarray) -> Any:
        symbols = super().quantise(features)
        return type("Loose", (), {"units": symbols.units.astype(np.int64), "levels": symbols.levels})


@dataclass(frozen=True, eq=False)
class Fickle(Loudest):
    rng: list[int] = field(default_factory=lambda: [0])

    def quantise(self, features: np.ndarray) -> Symbols:
        self.rng[0] += 1
        symbols = super().quantise(features)
        return Symbols((symbols.units + self.rng[0]) % np.int32(24), symbols.levels)


class OfItsBatch(Loudest):
    def quantise(self, features: np.ndarray) -> Symbols:
        return super().quantise(features - np.median(features, axis=0))


class Shy(Loudest):
    def dequantise(self, symbols: Symbols) -> np.ndarray:
        return -super().dequantise(symbols)


class Shifted(Loudest):
    def dequantise(self, symbols: Symbols) -> np.ndarray:
        return np.roll(super().dequantise(symbols), 1, axis=1)


class Double(Loudest):
    def dequantise(self, symbols: Symbols) -> np.ndarray:
        return super().dequantise(symbols).astype(np.float64)


class Clumsy(Loudest):
    def quantise(self, features: np.ndarray) -> Symbols:
        symbols = super().quantise(features)
        features *= 2
        return symbols


@dataclass(frozen=True, eq=False)
class Hidden(Loudest):
    remembered: dict[str, int] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("code", "law", "detail"),
    [
        (FitsItself(), "fit returns a fitted copy", "fit changed the code itself"),
        (SpoilsFeatures(), "fit returns a fitted copy", "fit changed the features or the labels"),
        (Nameless(), "name is text", "name is a int, not text"),
        (Outside(), "words are inside", r"units 0\.\.2 wanted"),
        (WrongTypes(), "int32 units and uint32 levels", r"int32 \(96, 1\) wanted, got int64"),
        (Fickle(), "always has the same word", "two words for the same features"),
        (OfItsBatch(), "always has the same word", "depends on the other rows"),
        (Clumsy(), "leaves the features alone", "quantise changed the features"),
        (Shy(), "finite float32 features of at least 0", "negative or not finite"),
        (Double(), "finite float32 features of at least 0", "float32 .* wanted, got float64"),
        (Shifted(), "quantised to the word again", r"row 0: units \[0\] levels \[0\] became \[1\] \[0\]"),
        (Hidden(), "state and restore", "Hidden.remembered is a dict"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_broken_law_is_named(code: Any, law: str, detail: str) -> None:
    broken = {verdict.law: verdict.detail for verdict in conformance(code) if not verdict.holds}
    (found,) = [text for name, text in broken.items() if law in name]
    assert re.search(detail, found)


def test_a_broken_code_raises_on_request() -> None:
    with pytest.raises(ConformanceError, match=r"loudest breaks 1 of 11 laws:\nBROKEN  a word's features are"):
        conformance(Shifted(), raises=True)


def test_no_code_at_all_breaks_every_law() -> None:
    verdicts = conformance(object())
    assert not any(verdict.holds for verdict in verdicts)
