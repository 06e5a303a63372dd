"""Features to quantise: sparse, as a rectified encoder gives them, with classes that can be told apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

Features = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture
def make_features() -> Features:
    def make(n: int, n_units: int = 32, n_classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, n_classes, n)
        features = rng.gamma(1.0, 1.0, (n, n_units)) * (rng.random((n, n_units)) < 0.1)
        features[np.arange(n), labels] += 4
        features[np.arange(n), n_classes + labels] += 3
        return features.astype(np.float32), labels

    return make
