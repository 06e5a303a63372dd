"""k-means on the unit sphere: the directions around which features gather (Dhillon and Modha, 2001)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from laconic.extras import need


def directions(features: Float32[np.ndarray, "n units"]) -> Float32[np.ndarray, "n units"]:
    """Each row at length 1, but for rows of zeros, which have no direction."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.where(lengths > 0, lengths, 1), np.float32)


def spherical_centres(
    features: Float32[np.ndarray, "n units"], n_centres: int, seed: int, tries: int = 1
) -> Float32[np.ndarray, "centres units"]:
    """The directions of at most `n_centres` k-means centres, the best of `tries`; where rows are fewer, the rows' own.

    Rows of zeros don't count.

    Raises:
        LaconicError: scikit-learn is not installed.
    """
    found = directions(features[features.any(axis=1)])
    if len(found) <= n_centres:
        return found
    k_means = need("sklearn.cluster", "data").KMeans(n_centres, n_init=tries, random_state=seed)
    return directions(k_means.fit(found).cluster_centers_.astype(np.float32))
