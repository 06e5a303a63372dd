"""A linear classifier on dequantised features: for codes whose words hardly ever repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Float64, Int64

from laconic.contract import LaconicError


class ReceiverError(LaconicError):
    """Tables that nothing can be understood by."""


def softmax(logits: Float64[np.ndarray, "batch classes"]) -> Float64[np.ndarray, "batch classes"]:
    """Row-wise softmax.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def sharpened(
    probabilities: Float64[np.ndarray, "batch classes"], temperature: float
) -> Float64[np.ndarray, "batch classes"]:
    """`p^(1/temperature)`, normalised: temperature scaling (Guo et al., 2017) of any posterior."""
    return softmax(np.log(np.maximum(probabilities, 1e-12)) / temperature)


def best_temperature(probabilities: Float64[np.ndarray, "batch classes"], labels: Int64[np.ndarray, " batch"]) -> float:
    """The temperature of 0.25 ... 8 under which held-out `labels` are likeliest; 1 where there are none."""
    if len(labels) == 0:
        return 1.0
    grid = np.exp2(np.linspace(-2, 3, 41))
    return float(grid[int(np.argmin([log_loss(sharpened(probabilities, t), labels) for t in grid]))])


def log_loss(probabilities: Float64[np.ndarray, "batch classes"], labels: Int64[np.ndarray, " batch"]) -> float:
    """Mean negative log-likelihood of the labels in nats; what was held impossible counts as 1e-12.

    >>> round(log_loss(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0])), 4)
    0.3466
    """
    return -float(np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())


def check_positive(name: str, value: float) -> None:
    """Refuse what only makes sense above 0.

    Raises:
        ReceiverError: it is 0, negative or not finite.
    """
    if not 0 < value < np.inf:
        raise ReceiverError(f"{name} is above 0 and finite, not {value}")


@dataclass(frozen=True, eq=False)
class LinearReceiver:
    """`softmax((features W^T + b) / temperature)` on the features that a code gives back.

    Raises:
        ReceiverError: a temperature that is not above 0, or weights that are not finite.
    """

    weight: Float32[np.ndarray, "classes units"]
    bias: Float32[np.ndarray, " classes"]
    temperature: float = 1.0

    name: ClassVar[str] = "linear"

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        if not np.isfinite([self.weight.sum(), self.bias.sum()]).all():
            raise ReceiverError("finite weights and biases wanted, got others")

    def posterior(self, features: Float32[np.ndarray, "batch units"]) -> Float64[np.ndarray, "batch classes"]:
        """P(class | features), rows summing to 1."""
        logits = (features @ self.weight.T + self.bias).astype(np.float64)
        return softmax(logits / self.temperature)

    def calibrated(
        self, features: Float32[np.ndarray, "batch units"], labels: Int64[np.ndarray, " batch"]
    ) -> LinearReceiver:
        """The same classifier, with the temperature that suits held-out data best."""
        plain = replace(self, temperature=1.0)
        return replace(plain, temperature=best_temperature(plain.posterior(features), labels))
