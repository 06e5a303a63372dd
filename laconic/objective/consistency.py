"""One picture, several views: what a classifier says of them shall agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def jensen_shannon(logits: Sequence[Float[Tensor, "batch classes"]]) -> Float[Tensor, ""]:
    """The Jensen-Shannon divergence of the views' posteriors p_i in nats, from 0 to log(views); mean over the batch.

    1/n sum_i KL(p_i || M) with M = 1/n sum_i p_i, equation (2) of Hendrycks et al., "AugMix: A Simple Data Processing
    Method to Improve Robustness and Uncertainty", 2020. Taken of logarithms, where their code clamps M at 1e-7.
    """
    views = torch.stack(list(logits)).log_softmax(2)
    mean = views.logsumexp(0) - math.log(len(views))
    return F.kl_div(mean.expand_as(views), views, reduction="sum", log_target=True) / (len(views) * views.shape[1])
