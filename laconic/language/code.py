"""What every code is, and how its learnt state is stored without storing the class."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64

from laconic.contract import Symbols
from laconic.language.alphabet import Alphabet
from laconic.language.errors import CodeError, FeatureError, NotFittedError

Scalar = bool | int | float | str | None
T = TypeVar("T")


@runtime_checkable
class Code(Protocol):
    """Features to words and back. Any frozen dataclass with these members is one.

    `laconic.language.conformance(code)` checks that an own code keeps the laws.
    """

    @property
    def name(self) -> str:
        """What people and codec.json call it."""

    @property
    def alphabet(self) -> Alphabet:
        """The space of its words; once fitted."""

    def fit(self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]) -> Code:
        """A fitted copy; `self` stays as it is."""

    def quantise(self, features: Float32[np.ndarray, "batch units"]) -> Symbols:
        """Each row's word. Features are amplitudes, at least 0."""

    def dequantise(self, symbols: Symbols) -> Float32[np.ndarray, "batch units"]:
        """Features that stand for each word, and that `quantise` turns into it again."""


UnfittedCode: TypeAlias = Any
"""A code before `fit`: it has no alphabet yet, so it is no `Code` yet."""

CodeT = TypeVar("CodeT")


def state(code: Any) -> tuple[dict[str, Scalar], dict[str, np.ndarray]]:
    """A code's dataclass fields: those that JSON holds, and the arrays. Fields that are None are scalars.

    Raises:
        CodeError: a field is neither.
    """
    scalars: dict[str, Scalar] = {}
    arrays: dict[str, np.ndarray] = {}
    for field in dataclasses.fields(code):
        value = getattr(code, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif value is None or isinstance(value, bool | int | float | str):
            scalars[field.name] = value
        else:
            kind = type(value).__name__
            raise CodeError(
                f"{type(code).__name__}.{field.name} is a {kind}; a code's fields are numbers, text or arrays"
            )
    return scalars, arrays


def restore(cls: type[CodeT], scalars: dict[str, Scalar], arrays: dict[str, np.ndarray]) -> CodeT:
    """The code whose `state` this is. The caller names the class; nothing is imported.

    Raises:
        CodeError: fields are missing, unknown, or refused by the class.
    """
    described: Any = cls
    wanted = {field.name for field in dataclasses.fields(described)}
    got = {**scalars, **arrays}
    if set(got) != wanted:
        raise CodeError(f"{cls.__name__} has the fields {sorted(wanted)}, the stored state {sorted(got)}")
    return cls(**got)


def fitted(value: T | None, code: Any) -> T:
    """A field that `fit` fills.

    Raises:
        NotFittedError: it is still None.
    """
    if value is None:
        raise NotFittedError(f"{type(code).__name__} knows no features yet: use what its fit(features, labels) returns")
    return value


def check_features(features: np.ndarray, n_features: int | None = None) -> None:
    """Refuse what no code can quantise.

    Raises:
        FeatureError: not float32 [batch, units], another number of units, or negative or infinite values.
    """
    if features.dtype != np.float32 or features.ndim != 2:
        raise FeatureError(f"float32 [batch, units] wanted, got {features.dtype} {list(features.shape)}")
    if n_features is not None and features.shape[1] != n_features:
        raise FeatureError(f"the code was fitted to {n_features} units, these features have {features.shape[1]}")
    if features.size and not (features.min() >= 0 and features.max() < np.inf):
        low, high = features.min(), features.max()
        raise FeatureError(f"finite features of at least 0 wanted (end the encoder with a ReLU), got {low}..{high}")


def check_training(features: np.ndarray, labels: np.ndarray) -> None:
    """Refuse what no code can learn from.

    Raises:
        FeatureError: bad features, no rows, or labels that are not one class number per row.
    """
    check_features(features)
    if not len(features) or labels.shape != (len(features),):
        raise FeatureError(f"one label per row of features wanted, got {len(features)} rows, labels {labels.shape}")
    if labels.min() < 0:
        raise FeatureError(f"labels of at least 0 wanted, got {labels.min()}")
