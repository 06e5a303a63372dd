"""A code's state is plain numbers and arrays, and comes back only into the class that the caller names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from laconic.language import BUILTIN, MaxAmp, restore, state
from laconic.language.code import check_features
from laconic.language.errors import CodeError, FeatureError


@pytest.mark.parametrize("name", BUILTIN)
def test_a_restored_code_says_the_same(name: str, make_features: Any) -> None:
    features, labels = make_features(200)
    code = BUILTIN[name]().fit(features, labels)
    scalars, arrays = state(code)
    again = restore(BUILTIN[name], json.loads(json.dumps(scalars)), arrays)
    assert np.array_equal(again.quantise(features).units, code.quantise(features).units)
    assert np.array_equal(again.quantise(features).levels, code.quantise(features).levels)
    symbols = code.quantise(features)
    assert np.array_equal(again.dequantise(symbols), code.dequantise(symbols))


def test_missing_and_unknown_fields_are_refused() -> None:
    scalars, arrays = state(MaxAmp(k=2))
    with pytest.raises(CodeError, match=r"MaxAmp has the fields \['k', 'level_bits', 'top', 'values'\]"):
        restore(MaxAmp, scalars | {"depth": 3}, arrays)
    with pytest.raises(CodeError, match=r"the stored state \['k', 'level_bits', 'top'\]"):
        restore(MaxAmp, {key: scalars[key] for key in ("k", "level_bits", "top")}, arrays)


def test_a_field_that_cannot_be_stored_is_named() -> None:
    @dataclass(frozen=True)
    class Listed:
        numbers: tuple[int, ...]

    with pytest.raises(CodeError, match=r"Listed\.numbers is a tuple"):
        state(Listed((1, 2)))


def test_features_are_float32_rows() -> None:
    for bad in (np.zeros((2, 3)), np.zeros(3, dtype=np.float32)):
        with pytest.raises(FeatureError, match=r"float32 \[batch, units\] wanted, got float"):
            check_features(bad)
