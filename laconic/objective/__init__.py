"""What training minimises: plain functions on tensors, one idea of one paper a file."""

from __future__ import annotations

from laconic.objective.consistency import jensen_shannon
from laconic.objective.contrastive import ContrastiveError, supervised_contrastive
from laconic.objective.distill import (
    DistillationError,
    distance_distillation,
    graph_distillation,
    logit_distillation,
)
from laconic.objective.info_nce import info_nce, momentum_contrast, nt_xent
from laconic.objective.jaccard import jaccard, jaccard_momentum_contrast, jaccard_nt_xent
from laconic.objective.label_variation import label_variation_loss
from laconic.objective.parseval import ParsevalError, bake_convolutions, parseval_step, scale_convolutions
from laconic.objective.reconstruction import ReconstructionError, charbonnier
from laconic.objective.repulsion import (
    RepulsionError,
    angular_repulsion,
    center_penalty,
    equiangular_cosine,
    euclidean_repulsion,
    repulsion,
)
from laconic.objective.smoothness import SmoothnessError, layer_variations, smoothness
from laconic.objective.sparsity import feature_sparsity, mask_sparsity, weighted_sparsity

__all__ = [
    "ContrastiveError",
    "DistillationError",
    "ParsevalError",
    "ReconstructionError",
    "RepulsionError",
    "SmoothnessError",
    "angular_repulsion",
    "bake_convolutions",
    "center_penalty",
    "charbonnier",
    "distance_distillation",
    "equiangular_cosine",
    "euclidean_repulsion",
    "feature_sparsity",
    "graph_distillation",
    "info_nce",
    "jaccard",
    "jaccard_momentum_contrast",
    "jaccard_nt_xent",
    "jensen_shannon",
    "label_variation_loss",
    "layer_variations",
    "logit_distillation",
    "mask_sparsity",
    "momentum_contrast",
    "nt_xent",
    "parseval_step",
    "repulsion",
    "scale_convolutions",
    "smoothness",
    "supervised_contrastive",
    "weighted_sparsity",
]
