"""Names for what a codec says: an unlabelled codec's clusters become classes when someone has looked at a few.

```
P(class | word)  =  sum over clusters of P(cluster | word) P(class | cluster)
```

Names are the receiver's own affair: the language, its fingerprint and the nodes stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from laconic.codec.folder import CodecError

STRENGTH = 0.5  # what the classes' overall shares weigh against a cluster's own examples, in examples


@dataclass(frozen=True, eq=False)
class Naming:
    """How often examples of each class fell into each cluster.

    Raises:
        CodecError: counts below 0 or endless, no counts at all, or not one column for each name.
    """

    classes: tuple[str, ...]
    counts: Float64[np.ndarray, "clusters classes"]

    def __post_init__(self) -> None:
        total = self.counts.sum()
        if self.counts.shape[1] != len(self.classes) or not (self.counts >= 0).all() or not 0 < total < np.inf:
            raise CodecError(f"counts of {len(self.classes)} classes in each cluster wanted, got others")

    @classmethod
    def fit(
        cls,
        classes: tuple[str, ...],
        clusters: Int64[np.ndarray, " examples"],
        labels: Int64[np.ndarray, " examples"],
        n_clusters: int,
    ) -> Naming:
        """Count labelled examples."""
        counts = np.zeros((n_clusters, len(classes)))
        np.add.at(counts, (clusters, labels), 1.0)
        return cls(classes, counts)

    @property
    def table(self) -> Float64[np.ndarray, "clusters classes"]:
        """P(class | cluster); a cluster without examples means what the examples mean on the whole."""
        share = self.counts.sum(axis=0) / self.counts.sum()
        counts = self.counts + STRENGTH * share
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    def record(self) -> dict[str, Any]:
        """As codec.json holds it."""
        return {"classes": list(self.classes), "counts": self.counts.tolist()}

    @classmethod
    def restore(cls, record: Mapping[str, Any]) -> Naming:
        """From what `record` gave.

        Raises:
            CodecError: it is none.
        """
        try:
            counts = np.array(record["counts"], dtype=np.float64)
            if counts.ndim != 2:
                raise ValueError("a table of counts wanted")
            return cls(tuple(map(str, record["classes"])), counts)
        except (KeyError, TypeError, ValueError) as error:
            raise CodecError(f"codec.json names clusters in a way that can't be read ({error})") from error
