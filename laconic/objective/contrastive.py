"""Supervised contrastive learning, computed in blocks of rows with its gradient in closed form."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from laconic.contract import LaconicError

MAX_BLOCK_ROWS = 512
"""Rows of the similarity matrix that exist at one time, at most (and never over half of them)."""


class ContrastiveError(LaconicError):
    """A batch or a temperature of which no contrastive loss can be taken."""


def supervised_contrastive(
    embeddings: Float[Tensor, "batch dim"], labels: Int[Tensor, " batch"], temperature: float
) -> Float[Tensor, ""]:
    """Draw rows of one label together and all others apart: the supervised contrastive loss, in nats.

    It is L_out of Khosla et al., "Supervised Contrastive Learning", 2020, and equation (2) of Hua et al.,
    "Classification-Driven DNRL", 2024, as a mean over anchors where they print a sum, so that one learning
    rate serves every batch size.

    `embeddings` are the projector's rows of unit length, every view of every picture being a row of its own;
    `labels` say which rows belong together: classes, or picture numbers for contrast without classes. An
    anchor counts if it has a positive, that is a further row with its label; one without is left out of the
    mean, and still is a negative of others. Similarity is the dot product, whatever the rows' lengths.

    No more than half of the similarity matrix ever exists, and none is kept for the backward pass. Products
    run in float32 (float64 for float64) under autocast too. It cannot be differentiated twice.

    Raises:
        ContrastiveError: temperature not above 0, no row of the batch shares its label with another, or a
            backward pass with create_graph.
    """
    if not temperature > 0:
        raise ContrastiveError(f"temperature must be above 0 (0.07 to 0.5 are usual), not {temperature}")
    _, classes, sizes = torch.unique(labels, return_inverse=True, return_counts=True)
    if not bool((sizes > 1).any()):
        raise ContrastiveError(
            f"none of the {len(labels)} rows shares its label with another; give every picture two views, "
            "or each batch several pictures of a class"
        )
    if embeddings.dtype != torch.float64:
        embeddings = embeddings.float()
    apply: Any = _SupervisedContrastive.apply
    with torch.autocast(embeddings.device.type, enabled=False):
        loss: Tensor = apply(embeddings, classes, sizes, temperature)
    return loss


class _SupervisedContrastive(torch.autograd.Function):
    """Loss and gradient in one pass over blocks of rows.

    With s = z z^T / t, p_i the softmax of s_ia over a != i, w_i anchor i's weight (0 without positives), and
    v_i = w_i / (number of i's positives):

        loss      = sum_i w_i (logsumexp_a s_ia - mean_h s_ih)
        d loss/dz = ((w p) + (w p)^T) z / t - 2 v (S - z) / t

    The positives need no matrix: the sum of z_i's similarities to them is z_i . (S_i - z_i), where S_i is the
    sum of all rows with i's label.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, classes: Tensor, sizes: Tensor, temperature: float) -> Tensor:
        n_positives = (sizes - 1)[classes]
        weight = (n_positives > 0).to(z)
        weight /= weight.sum()
        gradient = torch.zeros_like(z) if ctx.needs_input_grad[0] else None
        rows = min(MAX_BLOCK_ROWS, (len(z) + 1) // 2)
        loss = z.new_zeros(())
        for start in range(0, len(z), rows):
            loss += _block(z, weight, start, start + rows, temperature, gradient)
        positives = z.new_zeros(len(sizes), z.shape[1]).index_add_(0, classes, z)[classes].sub_(z)
        positives *= (weight / n_positives.clamp(min=1))[:, None]
        loss -= torch.vdot(z.flatten(), positives.flatten()) / temperature
        if gradient is not None:
            ctx.save_for_backward(gradient.sub_(positives, alpha=2).div_(temperature))
        return loss

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor) -> tuple[Tensor, None, None, None]:
        if torch.is_grad_enabled():  # create_graph: what follows would pass for a constant
            raise ContrastiveError("this loss can't be differentiated twice; drop create_graph=True")
        (gradient,) = ctx.saved_tensors
        return gradient * grad_loss, None, None, None


def _block(z: Tensor, weight: Tensor, start: int, stop: int, temperature: float, gradient: Tensor | None) -> Tensor:
    """Sum of w_i logsumexp_{a != i} s_ia over a block of anchors; adds t times its gradient to `gradient`."""
    anchors, weight = z[start:stop], weight[start:stop]
    share = (anchors / temperature) @ z.T
    share.diagonal(start).fill_(-torch.inf)  # an anchor is not its own neighbour
    highest = share.amax(1, keepdim=True)  # so that no exponential overflows, whatever the temperature
    total = share.sub_(highest).exp_().sum(1, keepdim=True)
    if gradient is not None:
        share *= weight[:, None] / total
        gradient[start:stop].addmm_(share, z)
        gradient.addmm_(share.T, anchors)
    return torch.vdot(weight, (total.log() + highest).squeeze(1))
