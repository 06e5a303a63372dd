"""What training minimises: plain functions on tensors, one idea of one paper a file."""

from __future__ import annotations

from laconic.objective.contrastive import ContrastiveError, supervised_contrastive
from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity

__all__ = [
    "ContrastiveError",
    "feature_sparsity",
    "mask_sparsity",
    "supervised_contrastive",
    "weighted_sparsity",
]
