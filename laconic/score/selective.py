"""What saying only the surest pictures costs and brings: risk against coverage, and what an oracle would reach.

El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from laconic.score.activity import ScoreError


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """At each threshold, falling: the part of pictures said, and the error among these.

    Equal scores are said together, so that each point is one that a threshold can reach.
    """

    thresholds: Float64[np.ndarray, " points"]
    coverage: Float64[np.ndarray, " points"]
    risk: Float64[np.ndarray, " points"]

    @property
    def area(self) -> float:
        """AURC: the mean risk over all coverages, each point holding from the one before it (Geifman et al., 2019)."""
        return float((self.risk * np.diff(self.coverage, prepend=0.0)).sum())


def risk_coverage(scores: Float64[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"]) -> RiskCoverage:
    """The curve over all thresholds that part these pictures.

    >>> curve = risk_coverage(np.array([0.9, 0.8, 0.8, 0.1]), np.array([False, True, False, True]))
    >>> curve.coverage.tolist(), curve.risk.round(3).tolist()
    ([0.25, 0.75, 1.0], [0.0, 0.333, 0.5])

    Raises:
        ScoreError: there is no picture, or a score is not a number.
    """
    if not len(scores) or np.isnan(scores).any():
        raise ScoreError(f"at least one score wanted, and numbers only; got {len(scores)}")
    order = np.argsort(-scores, kind="stable")
    scores, errors = scores[order], wrong[order].cumsum()
    last = np.append(scores[1:] != scores[:-1], True)
    said = np.flatnonzero(last) + 1
    return RiskCoverage(scores[last], said / len(scores), errors[last] / said)


def oracle_coverage(scores: Float64[np.ndarray, " n"], wrong: Bool[np.ndarray, " n"], max_error: float) -> float:
    """The largest coverage whose error on these very pictures is at most `max_error`; 0 where none is.

    No rule that must choose its threshold without their labels can be counted on for more.
    """
    curve = risk_coverage(scores, wrong)
    return float(curve.coverage[curve.risk <= max_error].max(initial=0.0))


@dataclass(frozen=True)
class Violations:
    """How often the risk was above the bound, over independent calibrations; `allowed` is its level.

    A true rate of exactly `allowed` gives up to `allowed` + 3 `standard_error` with probability 0.9987.
    """

    n: int
    violated: int
    allowed: float

    @property
    def rate(self) -> float:
        """The part of calibrations whose risk was above the bound."""
        return self.violated / self.n

    @property
    def standard_error(self) -> float:
        """Of `rate`, were the true one exactly `allowed`."""
        return float(np.sqrt(self.allowed * (1 - self.allowed) / self.n))

    @property
    def held(self) -> bool:
        """Whether `rate` is within three standard errors of what is allowed."""
        return self.rate <= self.allowed + 3 * self.standard_error


def violations(risks: Float64[np.ndarray, " draws"], max_error: float, confidence: float) -> Violations:
    """Count the draws whose true risk is above `max_error`; say nothing (risk 0) and none is violated.

    Raises:
        ScoreError: there is no draw.
    """
    if not len(risks):
        raise ScoreError("violations are counted over at least one calibration, but there is none")
    return Violations(len(risks), int((risks > max_error).sum()), 1 - confidence)
