"""What training minimises: plain functions on tensors, one idea of one paper a file."""

from __future__ import annotations

from laconic.objective.contrastive import ContrastiveError, supervised_contrastive
from laconic.objective.info_nce import info_nce, momentum_contrast, nt_xent
from laconic.objective.jaccard import jaccard, jaccard_momentum_contrast, jaccard_nt_xent
from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity

__all__ = [
    "ContrastiveError",
    "feature_sparsity",
    "info_nce",
    "jaccard",
    "jaccard_momentum_contrast",
    "jaccard_nt_xent",
    "mask_sparsity",
    "momentum_contrast",
    "nt_xent",
    "supervised_contrastive",
    "weighted_sparsity",
]
