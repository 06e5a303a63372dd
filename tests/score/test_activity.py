"""N1, N2 and the ordered activity against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from laconic.score.activity import ScoreError, activation_probability, n1, n2, ordered_activity


def test_the_threshold_is_two_sigma_and_exclusive() -> None:
    features = np.zeros((10_000, 4), dtype=np.float32)
    features[:455, 0] = 1
    features[:456, 1] = 1e-30
    features[:, 2] = 5
    assert activation_probability(features).tolist() == [0.0455, 0.0456, 1.0, 0.0]
    assert n1(features) == 2
    assert n1(features, threshold=0.04) == 3
    assert n2(features) == pytest.approx(1.0911)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=st.floats(0, 10, width=32)))
def test_laws(features: np.ndarray) -> None:
    units = features.shape[1]
    ordered = ordered_activity(features)
    assert (np.diff(ordered) <= 0).all()
    assert sorted(ordered) == sorted(activation_probability(features))
    assert n2(features) == pytest.approx(np.mean([sum(value > 0 for value in row) for row in features]))
    assert n1(features, threshold=1.0) == 0
    assert n1(features, threshold=-1.0) == units
    assert n1(features) == int((ordered > 0.0455).sum())
    assert n1(features[:, ::-1]) == n1(features * 3)


def test_refuses_no_pictures() -> None:
    with pytest.raises(ScoreError, match="at least one picture"):
        n1(np.zeros((0, 3)))
