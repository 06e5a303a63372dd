"""How far a node's posteriors can be trusted: a weight and a bias for each class, learnt from labelled events.

Bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar, "Maximum Likelihood with Bias-Corrected
Calibration", 2020): softmax(weight log p + bias). A noisy node's weight is small; one that sees the same class
everywhere has that class's bias low.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

from laconic.receiver.linear import softmax

LEAST = 1e-6  # of a probability: what no word can rule out
RIDGE = 1.0  # the least pull to weight 1 and bias 0: that of one example of loss (weight - 1)^2 / 2 + bias^2 / 2
STEPS, SMALL = 50, 1e-9


def fit_reliability(
    posterior: Float64[np.ndarray, "n classes"], labels: Int64[np.ndarray, " n"], ridge: float = RIDGE
) -> tuple[float, Float64[np.ndarray, " classes"]]:
    """Weight (at least 0) and bias under which the labels are likeliest, pulled to 1 and 0 as by `ridge` examples.

    Newton's steps on a convex loss, halved where a whole one would not lower it.
    """
    logs = np.log(np.maximum(posterior, LEAST))
    hit = np.eye(posterior.shape[1])[labels]
    at = np.zeros(1 + posterior.shape[1])
    at[0] = 1.0
    for _ in range(STEPS):
        gradient, hessian = _slopes(at, logs, hit, ridge)
        step = np.linalg.solve(hessian, gradient)
        before = _loss(at, logs, hit, ridge)
        while _loss(at - step, logs, hit, ridge) > before and np.abs(step).max() > SMALL:
            step /= 2
        at = at - step
        if np.abs(step).max() <= SMALL:
            break
    return max(0.0, float(at[0])), at[1:]


def _loss(at: np.ndarray, logs: np.ndarray, hit: np.ndarray, ridge: float) -> float:
    logits = at[0] * logs + at[1:]
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - (logits * hit).sum(axis=1)
    return float(total.sum() + ridge / 2 * ((at[0] - 1) ** 2 + (at[1:] ** 2).sum()))


def _slopes(at: np.ndarray, logs: np.ndarray, hit: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian of `_loss`."""
    p = softmax(at[0] * logs + at[1:])
    pull = at.copy()
    pull[0] -= 1
    mean = (p * logs).sum(axis=1, keepdims=True)
    gradient = np.concatenate([[((p - hit) * logs).sum()], (p - hit).sum(axis=0)]) + ridge * pull
    hessian = np.empty((len(at), len(at)))
    hessian[0, 0] = (p * (logs - mean) ** 2).sum()
    hessian[0, 1:] = hessian[1:, 0] = (p * (logs - mean)).sum(axis=0)
    hessian[1:, 1:] = np.diag(p.sum(axis=0)) - p.T @ p
    return gradient, hessian + ridge * np.eye(len(at))
