"""Expected calibration error against torchmetrics and by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.classification import multiclass_calibration_error

from laconic.score.activity import ScoreError
from laconic.score.calibration import expected_calibration_error


@given(st.integers(0, 10**6), st.integers(2, 12))
@settings(max_examples=25)
def test_it_is_torchmetrics_one(seed: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    said, labels = rng.dirichlet(np.ones(n_classes) / 2, 200), rng.integers(0, n_classes, 200)
    theirs = multiclass_calibration_error(torch.tensor(said), torch.tensor(labels), n_classes, n_bins=15)
    assert expected_calibration_error(said, labels) == pytest.approx(float(theirs), abs=1e-6)


def test_sure_and_right_is_0_and_sure_and_wrong_is_1() -> None:
    sure = np.eye(3)[[0, 1, 2, 2]]
    assert expected_calibration_error(sure, np.array([0, 1, 2, 2])) == 0
    assert expected_calibration_error(sure, np.array([1, 2, 0, 0])) == 1


def test_what_is_drawn_from_the_posterior_has_none_but_noise() -> None:
    """Each bin's gap is a mean of n errors of variance at most 1/4: in all, at most sqrt(15 / (4 n)) on average."""
    rng = np.random.default_rng(0)
    said = rng.dirichlet(np.ones(4), 20_000)
    labels = (said.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert expected_calibration_error(said, labels) < np.sqrt(15 / (4 * 20_000))


def test_nothing_to_measure_on_is_refused() -> None:
    with pytest.raises(ScoreError, match=re.escape("a label for each of at least one row wanted, got 0 for 0")):
        expected_calibration_error(np.ones((0, 2)), np.zeros(0, dtype=np.int64))
