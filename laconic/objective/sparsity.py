"""The three sparsity penalties of Hua et al., "Classification-Driven DNRL", 2024, equations (6) to (8).

Each is an L1 norm: the sum over a picture's units, the mean over the batch, so that the paper's weights
(1e-6 to 1e-4 at 2048 units) keep their meaning at any batch size. The weight is the caller's, as in (12):
loss + weight * penalty.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def feature_sparsity(features: Float[Tensor, "batch units"]) -> Float[Tensor, ""]:
    """Equation (6), CL-FS: the L1 norm of the backbone's pooled features F, before any mask.

    Its gradient is sign(F), equation (9): every active unit is pressed equally, however weak.
    """
    return features.abs().sum(1).mean()


def mask_sparsity(mask: Float[Tensor, "batch units"]) -> Float[Tensor, ""]:
    """Equation (7), CL-MS and CE-MS: the L1 norm of the mask, whatever the features behind it measure.

    The paper's (10), its gradient in the masked features, is a heuristic and nothing here rests on it.
    """
    return mask.abs().sum(1).mean()


def weighted_sparsity(masked: Float[Tensor, "batch units"]) -> Float[Tensor, ""]:
    """Equation (8), CL-WS: the L1 norm of X = mask * F, the masked features themselves.

    Its gradient in X is sign(X), equation (11); through the mask it weighs each feature by its own mask.
    """
    return masked.abs().sum(1).mean()
