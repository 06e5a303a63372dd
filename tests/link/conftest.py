"""What tests of links share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jaxtyping import config


@pytest.fixture
def shapes_unchecked() -> Iterator[None]:
    """As outside of tests, where laconic itself must refuse."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
