"""What a node's features are evidence for: a classifier of what fusion adds up, on an encoder that stays as it is.

Log posteriors of a linear classifier, summed over nodes, are its log posteriors of the summed features, but for what is
the same for all classes. So it is trained on the nodes' mean: there what noise adds is less, and what pictures differ
by is more, than in one node's features.
"""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float32, Int64

from laconic.extras import need
from laconic.receiver import LinearReceiver

PENALTY = 1e-2  # L2 against the mean cross-entropy, on standardised features ...
TRUST = 3.0  # ... and on the head's logits times this: what the head can tell costs little
STEPS = 200


def fit_evidence(
    features: Float32[np.ndarray, "n nodes units"], labels: Int64[np.ndarray, " n"], head: LinearReceiver
) -> LinearReceiver:
    """Fit to the mean of the features that nodes have of each picture, taken as the sensors take them.

    A logistic regression that is drawn towards functions of `head`, the classifier that was trained with the encoder:
    on the encoder's own training pictures a free one learns to trust what only holds there.
    """
    middle = features.mean(axis=1)
    mean, scale = middle.mean(axis=0), middle.std(axis=0)
    scale[scale < 1e-8] = 1.0
    told = TRUST / head.temperature * (middle @ head.weight.T + head.bias)
    both = np.concatenate([(middle - mean) / scale, told], axis=1)
    model = need("sklearn.linear_model", "data").LogisticRegression(
        C=1 / (2 * PENALTY * len(labels)), max_iter=STEPS, tol=1e-4
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short of the tolerance after STEPS it is close enough
        model.fit(both, labels)
    direct, through = np.split(model.coef_, [middle.shape[1]], axis=1)
    intercept = model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps the second class's row only
        direct, through = (np.concatenate([0 * part, part]) for part in (direct, through))
        intercept = np.concatenate([[0.0], intercept])
    through = TRUST / head.temperature * through
    weight = direct / scale + through @ head.weight
    bias = intercept - (direct / scale) @ mean + through @ head.bias
    return LinearReceiver(weight.astype(np.float32), bias.astype(np.float32))
