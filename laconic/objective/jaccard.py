"""The Jaccard similarity of two projections, and contrastive losses with it: Jiang et al., 2022.

"Refining Self-Supervised Learning in Imaging: Beyond Linear Metric", Section 2.3. With h1 and h2 the two projectors'
rows of unit length,

    s = <h1, h1'>    ds = |h2 - h2'|^2 = 2 - 2 <h2, h2'>    J = s / (s + ds)
    L = a1 InfoNCE(s / t) + a2 InfoNCE(<h2, h2'> / t) + (1 - a1 - a2) InfoNCE(J / t)

The printed (4) mixes the two projectors' superscripts and lacks an exponential; this is its only consistent reading.
J as printed is no number where s = ds = 0 and below any bound where s < 0 comes near -ds, so `guard` keeps s from
below 0, in J only: `clip` is max(s, 0), `shift` is (1 + s) / 2. Then J is from 0 to 1.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from laconic.objective.contrastive import ContrastiveError
from laconic.objective.info_nce import info_nce, n_pictures, nt_xent

Guard = Literal["clip", "shift"]

SMALLEST = 1e-6
"""The least s + ds that J divides by."""

THIRDS = (1 / 3, 1 / 3)
"""a1 and a2, which the paper leaves open."""

BLOCK_ROWS = 256
"""Rows of the two similarity matrices that exist at one time: few enough to stay in a processor's cache."""


def jaccard(
    similarity: Float[Tensor, "*shape"], other_similarity: Float[Tensor, "*shape"], guard: Guard = "clip"
) -> Float[Tensor, "*shape"]:
    """J of pairs, from 0 to 1: `similarity` is <h1, h1'>, `other_similarity` <h2, h2'>, rows of unit length.

    With one projector for both it is the Tanimoto index s / (2 - s).

    >>> jaccard(torch.tensor([1.0, 0.5, -1.0]), torch.tensor([1.0, 0.5, -1.0])).tolist()
    [1.0, 0.3333333432674408, 0.0]
    """
    overlap = similarity.clamp_min(0) if guard == "clip" else (1 + similarity) / 2
    return overlap / (overlap + 2 * (1 - other_similarity)).clamp_min(SMALLEST)  # 2 - 2 c would round J above 1


def jaccard_nt_xent(
    first: Float[Tensor, "rows dim"],
    second: Float[Tensor, "rows dim2"],
    temperature: float,
    weights: tuple[float, float] = THIRDS,
    guard: Guard = "clip",
) -> Float[Tensor, ""]:
    """The Jaccard loss L in SimCLR's form, in nats: all other rows of the batch are negatives.

    `first` and `second` are the two projectors' rows of unit length, view by view: those of picture i are rows i
    and i + rows / 2. `weights` are a1 and a2; (1/2, 1/2) is the control with two projectors and no Jaccard term.

    No more than BLOCK_ROWS rows of any matrix exist at one time, and none is kept for the backward pass. Products
    run in float32 (float64 for float64) under autocast too. It cannot be differentiated twice.

    Raises:
        ContrastiveError: temperature not above 0, weights that are no parts of 1, a number of rows that is odd or 0, or
            a backward pass with create_graph.
    """
    parts = _parts(weights)
    if not temperature > 0:
        raise ContrastiveError(f"temperature must be above 0 (0.1 to 0.5 are usual), not {temperature}")
    n = n_pictures(first)
    first, second = (rows if rows.dtype == torch.float64 else rows.float() for rows in (first, second))
    if not parts[2]:
        return parts[0] * nt_xent(first, temperature) + parts[1] * nt_xent(second, temperature)
    with torch.autocast(first.device.type, enabled=False):
        positive, other = ((rows[:n] * rows[n:]).sum(1) for rows in (first, second))
        near = _weighted(parts, positive, other, jaccard(positive, other, guard)).mean() / temperature
        apply: Any = _LogSumExps.apply
        loss: Tensor = apply(first, second, parts, temperature, guard) - near
    return loss


def jaccard_momentum_contrast(
    queries: tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch dim2"]],
    keys: tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch dim2"]],
    queues: tuple[Float[Tensor, "queue dim"], Float[Tensor, "queue dim2"]],
    temperature: float,
    weights: tuple[float, float] = THIRDS,
    guard: Guard = "clip",
) -> Float[Tensor, ""]:
    """The Jaccard loss L in MoCo's form, in nats: the queues' rows are the negatives.

    Each argument is a pair, one tensor of each projector, with rows as in `momentum_contrast`. Row j of both queues
    is the same picture's.

    Raises:
        ContrastiveError: temperature not above 0, or weights that are no parts of 1.
    """
    parts = _parts(weights)
    positive, other = ((query * key).sum(1) for query, key in zip(queries, keys, strict=True))
    negative, far = (query @ queue.T for query, queue in zip(queries, queues, strict=True))
    fused = jaccard(positive, other, guard), jaccard(negative, far, guard)
    return _weighted(
        parts,
        info_nce(positive, negative, temperature),
        info_nce(other, far, temperature),
        info_nce(*fused, temperature),
    )


def _parts(weights: tuple[float, float]) -> tuple[float, float, float]:
    one, two = weights
    rest = 1 - one - two
    if not (one >= 0 and two >= 0 and rest >= -1e-9):
        raise ContrastiveError(f"weights are a1 >= 0 and a2 >= 0 with a1 + a2 <= 1, not {weights}")
    return one, two, rest if rest > 1e-9 else 0.0


def _weighted(parts: tuple[float, float, float], first: Tensor, second: Tensor, fused: Tensor) -> Tensor:
    return parts[0] * first + parts[1] * second + parts[2] * fused


class _LogSumExps(torch.autograd.Function):
    """a1 LSE(s/t) + a2 LSE(c/t) + a3 LSE(J/t), with c = <h2, h2'>, LSE over all others, the mean over rows.

    With p1, p2, p3 the softmaxes of a row's s/t, c/t and J/t over all others, o the guarded s and u = o + 2 - 2 c:

        d/ds = (a1 p1 + a3 p3 o' (1 - J) / u) / t        d/dc = (a2 p2 + a3 p3 2 J / u) / t

    where o' is 0 or 1 (clip) or 1/2 (shift). The value and both are had in one pass over blocks of rows.
    """

    @staticmethod
    def forward(
        ctx: Any, first: Tensor, second: Tensor, parts: tuple[float, float, float], temperature: float, guard: Guard
    ) -> Tensor:
        gradients = torch.zeros_like(first), torch.zeros_like(second)
        loss = first.new_zeros(())
        for start in range(0, len(first), BLOCK_ROWS):
            loss += _block(first, second, start, parts, temperature, guard, gradients)
        ctx.save_for_backward(*(gradient.div_(len(first) * temperature) for gradient in gradients))
        return loss / len(first)

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        if torch.is_grad_enabled():  # create_graph: what follows would pass for a constant
            raise ContrastiveError("this loss can't be differentiated twice; drop create_graph=True")
        first, second = ctx.saved_tensors
        return first * grad_loss, second * grad_loss, None, None, None


def _block(
    first: Tensor,
    second: Tensor,
    start: int,
    parts: tuple[float, float, float],
    temperature: float,
    guard: Guard,
    gradients: tuple[Tensor, Tensor],
) -> Tensor:
    """The weighted log-sum-exps of a block of rows, summed; adds their gradients, times t, to `gradients`.

    The products come out divided by t; J doesn't mind a common factor of s and ds.
    """
    rows, one = slice(start, start + BLOCK_ROWS), 1 / temperature
    to_first = (first[rows] * one) @ first.T
    to_second = (second[rows] * one) @ second.T
    overlap = to_first.clamp_min(0) if guard == "clip" else (to_first + one).div_(2)
    union = torch.add(overlap, to_second, alpha=-2).add_(2 * one).clamp_min_(SMALLEST * one)
    fused = overlap / union
    share = fused * one
    totals = [_softmax(logits, start) for logits in (to_first, to_second, share)]
    share.div_(union).mul_(parts[2] * one)
    to_second.mul_(parts[1]).addcmul_(share, fused, value=2)
    share.addcmul_(share, fused, value=-1)
    to_first.mul_(parts[0]).addcmul_(share, overlap.sign_() if guard == "clip" else share.new_tensor(0.5))
    for z, slope, gradient in ((first, to_first, gradients[0]), (second, to_second, gradients[1])):
        gradient[rows].addmm_(slope, z)
        gradient.addmm_(slope.T, z[rows])
    return _weighted(parts, totals[0], totals[1], totals[2])


def _softmax(logits: Tensor, start: int) -> Tensor:
    """Turn each row into its softmax, but for the row itself; return the sum of the rows' log-sum-exps."""
    logits.diagonal(start).fill_(-torch.inf)
    highest = logits.amax(1, keepdim=True)  # so that no exponential overflows, whatever the temperature
    total = logits.sub_(highest).exp_().sum(1, keepdim=True)
    logits.div_(total)
    return total.log_().add_(highest).sum()
