"""A classifier for every quality of a sensor, on an encoder that stays as it is, and the gate that tells qualities."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from laconic.extras import need
from laconic.receiver import LinearReceiver
from laconic.train.probe import fit_linear

PENALTY = 1e-2  # L2 against the mean cross-entropy, on standardised features ...
TRUST = 3.0  # ... and on the head's logits times this: what the head can tell costs little
STEPS = 200


@dataclass(frozen=True, eq=False)
class Qualities:
    """Linear classifiers of the classes, one quality below the other, and one of qualities: `Likelihood`'s fields."""

    weight: Float32[np.ndarray, "outputs units"]
    bias: Float32[np.ndarray, " outputs"]
    gate: Float32[np.ndarray, "qualities units"]
    gate_bias: Float32[np.ndarray, " qualities"]


def fit_qualities(
    features: Float32[np.ndarray, "qualities n units"], labels: Int64[np.ndarray, " n"], head: LinearReceiver
) -> Qualities:
    """Fit to the features of the same pictures at each quality of the sensor.

    Each classifier is a logistic regression that is drawn towards functions of `head`, the classifier that was trained
    with the encoder: on the encoder's own training pictures a free one learns to trust what only holds there.
    """
    fitted = [_near(head, of_one, labels) for of_one in features]
    n_qualities, n = features.shape[:2]
    gate, gate_bias = np.zeros((1, features.shape[2]), np.float32), np.zeros(1, np.float32)
    if n_qualities > 1:
        quality = np.repeat(np.arange(n_qualities), n)
        gate, gate_bias = fit_linear(features.reshape(-1, features.shape[2]), quality, np.ones(n_qualities))
    weight, bias = (np.concatenate(parts) for parts in zip(*fitted, strict=True))
    return Qualities(weight, bias, gate, gate_bias)


def _near(
    head: LinearReceiver, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]
) -> tuple[Float32[np.ndarray, "classes units"], Float32[np.ndarray, " classes"]]:
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-8] = 1.0
    told = TRUST / head.temperature * (features @ head.weight.T + head.bias)
    both = np.concatenate([(features - mean) / scale, told], axis=1)
    model = need("sklearn.linear_model", "data").LogisticRegression(
        C=1 / (2 * PENALTY * len(labels)), max_iter=STEPS, tol=1e-4
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short of the tolerance after STEPS it is close enough
        model.fit(both, labels)
    direct, through = np.split(model.coef_, [features.shape[1]], axis=1)
    if len(model.classes_) == 2:  # scikit-learn keeps the second class's row only
        direct, through = (np.concatenate([0 * part, part]) for part in (direct, through))
    intercept = np.concatenate([[0.0], model.intercept_]) if len(model.classes_) == 2 else model.intercept_
    through = TRUST / head.temperature * through
    weight = direct / scale + through @ head.weight
    bias = intercept - (direct / scale) @ mean + through @ head.bias
    return weight.astype(np.float32), bias.astype(np.float32)
