"""What a node's features are evidence for: a classifier of what fusion adds up, on an encoder that stays as it is.

Log posteriors of a linear classifier, summed over nodes, are its log posteriors of the summed features, but for what is
the same for all classes. So it is trained on means over nodes: the more of them, the less of it is noise.
"""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Int64

from laconic.extras import need
from laconic.receiver import LinearReceiver
from laconic.receiver.linear import best_temperature, log_loss, sharpened

PENALTIES = (1e-2, 1e-3)  # L2 against the mean cross-entropy, on standardised features ...
TRUST = 3.0  # ... and on the head's logits times this: what the head can tell costs little
STEPS = 200


def fit_evidence(
    features: Float32[np.ndarray, "n nodes units"],
    labels: Int64[np.ndarray, " n"],
    head: LinearReceiver,
    calibration: tuple[Float32[np.ndarray, "m nodes units"], Int64[np.ndarray, " m"]],
) -> LinearReceiver:
    """Fit to means of the features that the first 1, 2, ... nodes have of each picture, taken as the sensors take them.

    A logistic regression that is drawn towards functions of `head`, the classifier that was trained with the encoder:
    on the encoder's own training pictures a free one learns to trust what only holds there. How strongly it is drawn
    is what makes the labels of `calibration`, pictures that the encoder was not trained on, likeliest.
    """
    means = _means(features)
    tried = [_fitted(np.concatenate(means), np.tile(labels, len(means)), head, penalty) for penalty in PENALTIES]
    held = _means(calibration[0])
    return min(tried, key=lambda each: sum(_loss(each, one, calibration[1]) for one in held))


def _means(features: Float32[np.ndarray, "n nodes units"]) -> list[Float32[np.ndarray, "n units"]]:
    """Of each picture's features by its first node, by its first two, and so on."""
    return [features[:, :n].mean(axis=1) for n in range(1, features.shape[1] + 1)]


def _loss(evidence: LinearReceiver, features: Float32[np.ndarray, "n units"], labels: Int64[np.ndarray, " n"]) -> float:
    """Mean negative log-likelihood in nats, under the temperature that suits best."""
    posterior = evidence.posterior(features)
    return log_loss(sharpened(posterior, best_temperature(posterior, labels)), labels)


def _fitted(
    rows: Float32[np.ndarray, "rows units"], labels: Int64[np.ndarray, " rows"], head: LinearReceiver, penalty: float
) -> LinearReceiver:
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-8] = 1.0
    told = TRUST / head.temperature * (rows @ head.weight.T + head.bias)
    both = np.concatenate([(rows - mean) / scale, told], axis=1)
    model = need("sklearn.linear_model", "data").LogisticRegression(
        C=1 / (2 * penalty * len(labels)), max_iter=STEPS, tol=1e-4
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short of the tolerance after STEPS it is close enough
        model.fit(both, labels)
    direct, through = np.split(model.coef_, [rows.shape[1]], axis=1)
    intercept = model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps the second class's row only
        direct, through = (np.concatenate([0 * part, part]) for part in (direct, through))
        intercept = np.concatenate([[0.0], intercept])
    through = TRUST / head.temperature * through
    weight = direct / scale + through @ head.weight
    bias = intercept - (direct / scale) @ mean + through @ head.bias
    return LinearReceiver(weight.astype(np.float32), bias.astype(np.float32))
