"""Graphs of a batch's latent space: which pictures lie near each other, and what varies between neighbours."""

from __future__ import annotations

from laconic.geometry.eigenmaps import laplacian_eigenmaps
from laconic.geometry.errors import GeometryError, LayerError, OneClassWarning
from laconic.geometry.graph import GraphRecipe, LatentGraph, latent_graph, normalised
from laconic.geometry.grouping import balanced_assignment, balanced_groups, group_members, random_groups
from laconic.geometry.layers import all_fire, firing, recorded_maps
from laconic.geometry.similarity import cosine_similarity, flat_rows, rbf_similarity, similarity
from laconic.geometry.variation import (
    distinct_pairs,
    label_indicators,
    label_variation,
    laplacian,
    relative_label_variation,
    signal_variation,
)

__all__ = [
    "GeometryError",
    "GraphRecipe",
    "LatentGraph",
    "LayerError",
    "OneClassWarning",
    "all_fire",
    "balanced_assignment",
    "balanced_groups",
    "cosine_similarity",
    "distinct_pairs",
    "firing",
    "flat_rows",
    "group_members",
    "label_indicators",
    "label_variation",
    "laplacian",
    "laplacian_eigenmaps",
    "latent_graph",
    "normalised",
    "random_groups",
    "rbf_similarity",
    "recorded_maps",
    "relative_label_variation",
    "signal_variation",
    "similarity",
]
