"""How unlike the training data a picture's features are: novelty, by prototypes and without a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.receiver.centres import directions, spherical_centres
from laconic.receiver.linear import ReceiverError

PER_CLASS = 32  # prototypes of each class
KNOWN_KEPT = 0.99  # of held-out pictures of the known classes, the part within the limit
CHUNK = 4096  # pictures compared with all prototypes at once


@dataclass(frozen=True, eq=False)
class Prototypes:
    """Novelty = 1 - the largest cosine similarity to a prototype of a known class.

    Where pictures of no class were given in training, they have prototypes too, and by as much as one of these is
    nearer, novelty is larger:

        novelty = 1 - known + max(0, unknown - known),    known, unknown = max_p cos(features, p).

    Features that are all 0 (a black picture's, often) resemble nothing: novelty 1.

    Raises:
        ReceiverError: prototypes that are not finite, none of a known class, or another number of units in both.
    """

    known: Float32[np.ndarray, "prototypes units"]
    unknown: Float32[np.ndarray, "negatives same_units"]
    limit: float | None = None

    name: ClassVar[str] = "prototypes"

    def __post_init__(self) -> None:
        if not len(self.known) or self.known.shape[1] != self.unknown.shape[1]:
            shapes = f"{list(self.known.shape)} and {list(self.unknown.shape)}"
            raise ReceiverError(f"prototypes of known classes and of unknown pictures, of one length, not {shapes}")
        if not (np.isfinite(self.known).all() and np.isfinite(self.unknown).all()):
            raise ReceiverError("finite prototypes wanted, got others")

    @classmethod
    def fit(
        cls,
        features: Float32[np.ndarray, "n units"],
        labels: Int64[np.ndarray, " n"],
        seed: int,
        unknown: Float32[np.ndarray, "negatives units"] | None = None,
        per_class: int = PER_CLASS,
    ) -> Prototypes:
        """k-means on the unit sphere, class by class, so that a rare class has prototypes as well."""
        parts = [spherical_centres(features[labels == label], per_class, seed) for label in np.unique(labels)]
        negatives = np.zeros((0, features.shape[1]), np.float32) if unknown is None else unknown
        return cls(np.concatenate(parts), spherical_centres(negatives, per_class, seed))

    def novelty(self, features: Float32[np.ndarray, "n units"]) -> Float64[np.ndarray, " n"]:
        """Each picture's novelty, from 0 (a prototype itself) to 2."""
        parts = [self._novelty(directions(features[at : at + CHUNK])) for at in range(0, len(features), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _novelty(self, directions: Float32[np.ndarray, "n units"]) -> Float64[np.ndarray, " n"]:
        known = (directions @ self.known.T).max(axis=1).astype(np.float64)
        if not len(self.unknown):
            return np.asarray(1 - known)
        unknown = (directions @ self.unknown.T).max(axis=1).astype(np.float64)
        return np.asarray(1 - known + np.maximum(0, unknown - known))

    def limited(self, held: Float32[np.ndarray, "held units"], kept: float = KNOWN_KEPT) -> Prototypes:
        """The same with the limit within which the part `kept` of held-out pictures of known classes lie.

        Raises:
            ReceiverError: there is no picture.
        """
        if not len(held):
            raise ReceiverError("the limit of novelty is a quantile over held-out pictures, but there are none")
        return replace(self, limit=float(np.quantile(self.novelty(held), kept, method="higher")))
