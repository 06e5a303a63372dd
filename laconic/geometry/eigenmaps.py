"""Laplacian eigenmaps: a graph's vertices as points of a plane, neighbours near each other."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from torch import Tensor

from laconic.extras import need
from laconic.geometry.errors import GeometryError


def laplacian_eigenmaps(
    weights: Float[Tensor, "batch batch"], dimensions: int = 2, seed: int = 0
) -> Float[np.ndarray, "batch dimensions"]:
    """Each vertex's coordinates: the solutions of L f = l D f of lowest l, but for the constant one.

    Belkin and Niyogi, "Laplacian Eigenmaps for Dimensionality Reduction and Data Representation", 2003, through
    scikit-learn, whose warning of a graph in several pieces is passed on: there a coordinate tells pieces apart. `seed`
    begins its search.

    Raises:
        GeometryError: weights below 0, or as many dimensions as vertices, or more.
        LaconicError: scikit-learn is not installed.
    """
    if bool((weights < 0).any()):
        raise GeometryError(f"eigenmaps need weights >= 0; the lowest is {float(weights.min()):.3g}: use 'rbf'")
    if not 1 <= dimensions < len(weights):
        raise GeometryError(f"{len(weights)} vertices have 1 to {len(weights) - 1} coordinates, not {dimensions}")
    matrix = weights.detach().double().cpu().numpy()
    spectral_embedding = need("sklearn.manifold", "data").spectral_embedding
    return np.asarray(spectral_embedding(matrix, n_components=dimensions, random_state=seed))
