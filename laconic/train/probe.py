"""A linear classifier on fixed features: stage two of contrastive training, and the receiver of long codes."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.extras import need

PENALTY = 1e-4  # L2, on standardised weights, against the mean cross-entropy
STEPS = 300


def fit_linear(
    features: Float32[np.ndarray, "n units"],
    labels: Int64[np.ndarray, " n"],
    class_weights: Float64[np.ndarray, " classes"],
) -> tuple[Float32[np.ndarray, "classes units"], Float32[np.ndarray, " classes"]]:
    """Multinomial logistic regression by L-BFGS: deterministic, no learning rate to choose.

    It minimises the cross-entropy of paper 001, Algorithm 2, stage two, on standardised features, where the
    paper descends by SGD. Returns weight and bias for the features as they came; every class needs a row.
    """
    linear_model = need("sklearn.linear_model", "data")
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-8] = 1.0
    weights = class_weights[labels]
    model = linear_model.LogisticRegression(C=1 / (2 * PENALTY * weights.sum()), max_iter=STEPS, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short of the tolerance after STEPS it is close enough
        model.fit((features - mean) / scale, labels, weights)
    weight, bias = model.coef_ / scale, model.intercept_
    if len(class_weights) == 2:  # scikit-learn keeps the second class's row only
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    return weight.astype(np.float32), (bias - weight @ mean).astype(np.float32)
