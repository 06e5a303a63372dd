"""Parseval training: layers that lengthen nothing much, because their weights are kept nearly orthogonal.

Cisse et al., "Parseval Networks: Improving Robustness to Adversarial Examples", 2017, with the settings of Lassance,
Gripon and Ortega's code. Their networks also average the two branches of a residual block instead of adding them, which
no function here can do: the block itself must.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from laconic.contract import LaconicError


class ParsevalError(LaconicError):
    """A beta with which weights don't come nearer to orthogonal, or convolutions that are scaled already."""


def parseval_step(parameters: Iterable[nn.Parameter], beta: float = 0.01) -> None:
    """W <- (1 + b) W - b W W^T W for every parameter of two or more axes, in place, after the optimiser's step.

    W [outputs, all else] is a weight as a matrix, b is `beta`. Singular vectors stay, and a singular value s becomes
    (1 + b) s - b s^3, which is nearer to 1 if b s (s + 1) < 2: if s < 13.6 for b = 0.01. One far above grows without
    end. Parameters of one axis, biases and the like, are left alone. The original takes a sample of rows, this all.

    Raises:
        ParsevalError: beta not between 0 and 1.
    """
    if not 0 < beta < 1:
        raise ParsevalError(f"beta must be between 0 and 1 (0.01 is usual), not {beta}")
    with torch.no_grad():
        for parameter in parameters:
            if parameter.ndim > 1:
                matrix = parameter.flatten(1)
                cubed = torch.linalg.multi_dot([matrix, matrix.T, matrix])  # in the cheaper order
                parameter.mul_(1 + beta).sub_(cubed.view_as(parameter), alpha=beta)


def scale_convolutions(network: nn.Module) -> None:
    """Divide each 2-D convolution's weight by sqrt(2 k_h k_w + 1) wherever it is used, the kernel being k_h x k_w.

    With it a convolution whose W has singular values of 1 doesn't lengthen either, though its windows overlap. The
    parameter itself, that which learns and which `parseval_step` takes, stays unscaled (torch's parametrisations).

    Raises:
        ParsevalError: a convolution's weight is parametrised already.
    """
    for name, module in _convolutions(network):
        if parametrize.is_parametrized(module, "weight"):
            raise ParsevalError(f"the weight of {name!r} is parametrised already; scale convolutions once")
        parametrize.register_parametrization(module, "weight", _Scaled(module))


def bake_convolutions(network: nn.Module) -> None:
    """End what `scale_convolutions` began, to save or export: weights become the scaled ones, their names the old."""
    for _, module in _convolutions(network):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)


class _Scaled(nn.Module):
    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.factor = 1 / math.sqrt(2 * math.prod(convolution.kernel_size) + 1)

    def forward(self, weight: Float[Tensor, "out in rows columns"]) -> Float[Tensor, "out in rows columns"]:
        return weight * self.factor


def _convolutions(network: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    return [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
