"""What this room refuses, and what it warns of."""

from __future__ import annotations

from laconic.contract import LaconicError


class GeometryError(LaconicError):
    """A batch, or a choice about its graph, of which no graph can be made."""


class LayerError(LaconicError):
    """Layers that a network doesn't have, doesn't call, or whose output isn't a map."""


class OneClassWarning(UserWarning):
    """All labels of a batch are one class, so that its label variation is 0 whatever the features are."""
