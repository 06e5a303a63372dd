"""Pictures to send: smooth ones, noise, flat ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


@pytest.fixture
def blob() -> np.ndarray:
    """A bright disc on a slope, [32, 32, 3]."""
    y, x = np.mgrid[:32, :32]
    disc = 90 * ((x - 12) ** 2 + (y - 18) ** 2 < 60)
    return np.stack([2 * x + disc, 3 * y + disc, 160 - 2 * y + disc // 2], axis=-1).astype(np.uint8)
