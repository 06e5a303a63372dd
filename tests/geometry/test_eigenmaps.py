"""Laplacian eigenmaps against SciPy's generalised eigenvectors and a graph whose eigenvectors are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.linalg import eigh

from laconic.geometry import GeometryError, GraphRecipe, laplacian, laplacian_eigenmaps, latent_graph

from .conftest import Draw


def aligned(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Each column's cosine with its counterpart, whatever sign and length: 1 where they agree."""
    found, expected = (column / np.linalg.norm(column, axis=0) for column in (found, expected))
    return np.asarray(np.abs((found * expected).sum(0)))


def test_coordinates_solve_l_f_equal_lambda_d_f(draw: Draw) -> None:
    weights = latent_graph(draw(batch=20, signed=True)[0], GraphRecipe("rbf", 6)).weights
    _, vectors = eigh(laplacian(weights).numpy(), torch.diag(weights.sum(1)).numpy())
    np.testing.assert_allclose(aligned(laplacian_eigenmaps(weights, 3), vectors[:, 1:4]), 1, atol=1e-8)


def test_a_path_lies_along_a_cosine() -> None:
    """L f = l D f has f_i = cos(pi i / (n - 1)) first, for i from 0: both ends have half the degree of the others."""
    n = 9
    path = torch.diag(torch.ones(n - 1), 1)
    path = path + path.T
    coordinate = laplacian_eigenmaps(path, 1)[:, 0]
    assert (np.diff(coordinate) > 0).all() or (np.diff(coordinate) < 0).all()
    walk = np.cos(math.pi * np.arange(n) / (n - 1))
    np.testing.assert_allclose(aligned(coordinate[:, None], walk[:, None]), 1, atol=1e-8)


def test_a_seed_gives_the_same_points_and_two_groups_fall_apart(draw: Draw) -> None:
    near = draw(batch=10, signed=True)[0]
    both = torch.cat([near, near + 4])
    weights = latent_graph(both, GraphRecipe("rbf")).weights.float().requires_grad_()
    points = laplacian_eigenmaps(weights)
    np.testing.assert_array_equal(points, laplacian_eigenmaps(weights))
    assert points.shape == (20, 2)
    assert set(np.sign(points[:10, 0])) != set(np.sign(points[10:, 0]))


def test_a_graph_in_pieces_is_warned_of_by_scikit_learn() -> None:
    pieces = torch.block_diag(torch.ones(4, 4), torch.ones(4, 4))
    with pytest.warns(UserWarning, match="Graph is not fully connected"):
        points = laplacian_eigenmaps(pieces, 1)[:, 0]
    assert np.ptp(points[:4]) < 1e-6 < np.abs(points[0] - points[7])


def test_refuses_weights_below_zero_and_too_many_dimensions() -> None:
    with pytest.raises(GeometryError, match=r"need weights >= 0; the lowest is -0\.5: use 'rbf'"):
        laplacian_eigenmaps(torch.full((3, 3), -0.5))
    for dimensions in (0, 3):
        with pytest.raises(GeometryError, match=f"3 vertices have 1 to 2 coordinates, not {dimensions}"):
            laplacian_eigenmaps(torch.ones(3, 3), dimensions)
