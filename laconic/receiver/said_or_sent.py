"""The rule by which a node decides, picture by picture: say a word, or send the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float64, Int64

from laconic.contract import LaconicError


class RuleError(LaconicError):
    """A rule that decides nothing, or pictures that it can't decide on."""


@dataclass(frozen=True, eq=False)
class SaidOrSent:
    """Say a picture's word where its score reaches the threshold of the class that will be understood.

    Args:
        thresholds: the least score of each class; infinite for a class that is never said.
        max_error: what the thresholds were calibrated to: the largest error among said pictures ...
        confidence: ... and how sure that is.
        novelty_limit: the largest novelty of a picture that may be said; None where novelty is not looked at.
        only_seen_words: send the pictures whose word was never seen in training.

    Raises:
        RuleError: thresholds or a limit that are not numbers.
    """

    thresholds: Float64[np.ndarray, " classes"]
    max_error: float
    confidence: float
    novelty_limit: float | None = None
    only_seen_words: bool = False

    name: ClassVar[str] = "said-or-sent"

    def __post_init__(self) -> None:
        limit = -np.inf if self.novelty_limit is None else self.novelty_limit
        if np.isnan(self.thresholds).any() or np.isnan(limit):
            raise RuleError("thresholds and limits that are numbers wanted, got NaN")

    def known(self, novelty: Float64[np.ndarray, " n"], seen: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Which pictures are like those of training: near enough, and with a word that was seen.

        NaN novelty counts as unknown.
        """
        near = np.ones(len(novelty), bool) if self.novelty_limit is None else novelty <= self.novelty_limit
        return near & seen if self.only_seen_words else near

    def said(
        self,
        scores: Float64[np.ndarray, " n"],
        predicted: Int64[np.ndarray, " n"],
        known: Bool[np.ndarray, " n"],
    ) -> Bool[np.ndarray, " n"]:
        """Which pictures are said; the others are sent. A NaN score is never said.

        >>> rule = SaidOrSent(np.array([0.5, 0.9]), max_error=0.05, confidence=0.95)
        >>> rule.said(np.array([0.8, 0.8, 0.8]), np.array([0, 1, 0]), np.array([True, True, False]))
        array([ True, False, False])

        Raises:
            RuleError: a predicted class that the rule has no threshold for.
        """
        if len(predicted) and not 0 <= predicted.min() <= predicted.max() < len(self.thresholds):
            came = f"{predicted.min()} to {predicted.max()}"
            raise RuleError(f"this rule knows {len(self.thresholds)} classes, the predicted ones are {came}")
        return np.asarray((scores >= self.thresholds[predicted]) & known)
