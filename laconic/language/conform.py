"""The laws that every code must keep, checked on any object that says it is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.code import restore, state
from laconic.language.errors import ConformanceError
from laconic.language.language import Language

N_UNITS, N_ROWS, N_CLASSES = 24, 96, 4


@dataclass(frozen=True)
class Verdict:
    """One law, whether the code keeps it, and if not, how it breaks it."""

    law: str
    holds: bool
    detail: str = ""

    def __str__(self) -> str:
        return f"{'holds' if self.holds else 'BROKEN'}  {self.law}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class _Sample:
    code: Any  # the user's object: what it is, is the question
    fitted: Any
    features: np.ndarray
    labels: np.ndarray

    @property
    def words(self) -> Any:
        return self.fitted.quantise(self.features)


def conformance(
    code: Any,
    features: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    *,
    raises: bool = False,
) -> list[Verdict]:
    """Check a code against the laws of codes.

    Args:
        code: an object with `name`, `alphabet`, `fit`, `quantise` and `dequantise`.
        features: float32 [batch, units] of at least 0 to fit and quantise; if not given, a small sample with
            silent rows, ties and extremes.
        labels: int64 [batch], the rows' classes.
        raises: raise instead of returning verdicts of which one is broken.

    Returns:
        A verdict per law, in the order of `LAWS`.

    Raises:
        ConformanceError: `raises`, and a law is broken; the text lists which.

    >>> from laconic.language import MaxAmp
    >>> print(conformance(MaxAmp(k=2))[0])
    holds  fit returns a fitted copy and changes nothing
    """
    if features is None or labels is None:
        features, labels = sample()
    sampled = _Sample(code, None, features, labels)
    with suppress(Exception):  # told by the first law
        sampled = _Sample(code, code.fit(features, labels), features, labels)
    verdicts = [_judge(law, check, sampled) for law, check in LAWS.items()]
    broken = [str(verdict) for verdict in verdicts if not verdict.holds]
    if raises and broken:
        name = getattr(code, "name", type(code).__name__)
        raise ConformanceError(f"the code {name} breaks {len(broken)} of {len(verdicts)} laws:\n" + "\n".join(broken))
    return verdicts


def sample() -> tuple[np.ndarray, np.ndarray]:
    """Features [96, 24] and labels [96] to try codes on: sparse, with silent rows, ties and extremes."""
    rng = np.random.default_rng(0)
    features = rng.gamma(1.0, 1.0, (N_ROWS, N_UNITS)) * (rng.random((N_ROWS, N_UNITS)) < 0.4)
    labels = np.arange(N_ROWS) % N_CLASSES
    features[np.arange(N_ROWS), labels] += 3  # the classes can be told apart
    features[0] = 0
    features[1] = 1
    features[2], features[3] = 1e-30, 1e30
    features[4, :] = features[5, :]
    features[6, 1:] = 0
    return features.astype(np.float32), labels


def _judge(law: str, check: Callable[[_Sample], str], sampled: _Sample) -> Verdict:
    try:
        detail = check(sampled)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
    return Verdict(law, not detail, detail)


def _fits(sampled: _Sample) -> str:
    before = _frozen(sampled.code)
    features, labels = sampled.features.copy(), sampled.labels.copy()
    fitted = sampled.code.fit(sampled.features, sampled.labels)
    if fitted is sampled.code or _frozen(sampled.code) != before:
        return "fit changed the code itself; return dataclasses.replace(self, ...)"
    if not (np.array_equal(features, sampled.features) and np.array_equal(labels, sampled.labels)):
        return "fit changed the features or the labels"
    return "" if isinstance(fitted, type(sampled.code)) else f"fit returned a {type(fitted).__name__}"


def _is_described(sampled: _Sample) -> str:
    if not isinstance(sampled.fitted.name, str):
        return f"name is a {type(sampled.fitted.name).__name__}, not text"
    alphabet = sampled.fitted.alphabet
    return "" if isinstance(alphabet, Alphabet) else f"alphabet is a {type(alphabet).__name__}, not an Alphabet"


def _is_shaped(sampled: _Sample) -> str:
    words, wanted = sampled.words, (len(sampled.features), sampled.fitted.alphabet.k)
    for array, dtype in ((words.units, np.int32), (words.levels, np.uint32)):
        if array.dtype != dtype or array.shape != wanted:
            return f"{np.dtype(dtype).name} {wanted} wanted, got {array.dtype} {array.shape}"
    return ""


def _is_inside(sampled: _Sample) -> str:
    sampled.fitted.alphabet.check(sampled.words)
    return ""


def _is_deterministic(sampled: _Sample) -> str:
    if not _same(sampled.words, sampled.words):
        return "quantise gave two words for the same features"
    alone = [sampled.fitted.quantise(sampled.features[i : i + 1]) for i in range(len(sampled.features))]
    one_by_one = Symbols(np.concatenate([w.units for w in alone]), np.concatenate([w.levels for w in alone]))
    return "" if _same(sampled.words, one_by_one) else "a row's word depends on the other rows of its batch"


def _leaves_features(sampled: _Sample) -> str:
    before = sampled.features.copy()
    sampled.fitted.dequantise(sampled.words)
    return "" if np.array_equal(before, sampled.features) else "quantise changed the features"


def _stands_for_features(sampled: _Sample) -> str:
    again = sampled.fitted.dequantise(sampled.words)
    if again.dtype != np.float32 or again.shape != sampled.features.shape:
        return f"float32 {sampled.features.shape} wanted, got {again.dtype} {again.shape}"
    return "" if again.min() >= 0 and again.max() < np.inf else "dequantised features are negative or not finite"


def _is_idempotent(sampled: _Sample) -> str:
    again = sampled.fitted.quantise(sampled.fitted.dequantise(sampled.words))
    return (
        ""
        if _same(sampled.words, again)
        else f"{_first_difference(sampled.words, again)} after dequantise and quantise"
    )


def _is_numbered(sampled: _Sample) -> str:
    alphabet = sampled.fitted.alphabet
    again = alphabet.unrank(alphabet.rank(sampled.words))
    return "" if _same(sampled.words, again) else f"{_first_difference(sampled.words, again)} after rank and unrank"


def _is_stored(sampled: _Sample) -> str:
    again = restore(type(sampled.fitted), *state(sampled.fitted)).quantise(sampled.features)
    return "" if _same(sampled.words, again) else f"{_first_difference(sampled.words, again)} after state and restore"


def _is_said(sampled: _Sample) -> str:
    words = sampled.words
    half = len(words) // 2  # the other half holds words that the lexicon lacks
    n_classes = int(sampled.labels.max()) + 1
    language = Language.fit(sampled.fitted, words[:half], sampled.labels[:half], n_classes)
    messages = language.encode(words)
    if [len(message.bits) for message in messages] != language.bits(words).tolist():
        return "bits() is not the length of the messages"
    again = language.decode(messages)
    return "" if _same(words, again) else f"{_first_difference(words, again)} after encode and decode"


LAWS: dict[str, Callable[[_Sample], str]] = {
    "fit returns a fitted copy and changes nothing": _fits,
    "name is text and alphabet an Alphabet": _is_described,
    "quantise gives int32 units and uint32 levels [batch, k]": _is_shaped,
    "words are inside the alphabet": _is_inside,
    "a row always has the same word, in any batch": _is_deterministic,
    "quantise leaves the features alone": _leaves_features,
    "dequantise gives finite float32 features of at least 0": _stands_for_features,
    "a word's features are quantised to the word again": _is_idempotent,
    "rank and unrank are inverse": _is_numbered,
    "state and restore keep the words": _is_stored,
    "messages survive encode and decode": _is_said,
}


def _frozen(code: Any) -> list[tuple[str, bytes]]:
    scalars, arrays = state(code)
    return [(k, repr(v).encode()) for k, v in scalars.items()] + [(k, v.tobytes()) for k, v in arrays.items()]


def _same(left: Symbols, right: Symbols) -> bool:
    return np.array_equal(left.units, right.units) and np.array_equal(left.levels, right.levels)


def _first_difference(left: Symbols, right: Symbols) -> str:
    differs = (left.units != right.units).any(axis=1) | (left.levels != right.levels).any(axis=1)
    i = int(np.flatnonzero(differs)[0])
    return (
        f"row {i}: units {left.units[i].tolist()} levels {left.levels[i].tolist()} "
        f"became {right.units[i].tolist()} {right.levels[i].tolist()}"
    )
