"""Rules of a verdict: which number is to be lower than which, judged over seeds and never by a mean alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float64

from laconic.trials.outcome import Outcome
from laconic.trials.spread import Spread

Verdict: TypeAlias = Literal["reproduced", "not reproduced", "unresolved"]


@dataclass(frozen=True)
class Finding:
    """What one rule found: whether it holds (None: no difference resolved), and by how much.

    `difference` is left minus right, paired by seed; `change` is left over right, less 1, where that can be.
    """

    expected: str
    holds: bool | None
    difference: Spread
    change: Spread | None = None

    @property
    def said(self) -> str:
        """The finding in one line."""
        word = {True: "holds", False: "refuted", None: "no difference resolved"}[self.holds]
        change = "" if self.change is None else f"; change {self.change.mean:+.1%}"
        if self.change is not None and self.change.sd is not None:
            change += f" ± {self.change.sd:.1%}"
        return f"{self.expected}: {word}; difference {self.difference.text(4)}{change}"


Rule: TypeAlias = Callable[[Outcome], Finding]


@dataclass(frozen=True)
class Value:
    """A measured number of an arm; of a curve, its point `point` (the last by default)."""

    arm: str
    key: str
    point: int = -1

    def __str__(self) -> str:
        return f"{self.key} of {self.arm}" + ("" if self.point == -1 else f" at point {self.point}")

    def of(self, outcome: Outcome) -> Float64[np.ndarray, " seeds"]:
        """The value of each seed."""
        return outcome.values(self.arm, self.key)[:, self.point]


def lower(left: Value, right: Value | float) -> Rule:
    """Expect `left` to lie below `right`, which is another value (paired by seed) or a constant.

    It holds where the 95 % interval of the mean difference lies below 0, is refuted where it lies above, and
    stays unresolved where the interval holds 0: also with a single seed, which has no spread.
    """
    return lambda outcome: _compare(left, right, outcome, sign=1)


def higher(left: Value, right: Value | float) -> Rule:
    """Expect `left` to lie above `right`; otherwise as `lower`."""
    return lambda outcome: _compare(left, right, outcome, sign=-1)


def less_by(left: Value, right: Value, margin: float) -> Rule:
    """Expect `left` to lie below `right` by more than `margin`, which may be below 0; otherwise as `lower`."""

    def judge(outcome: Outcome) -> Finding:
        difference = left.of(outcome) - right.of(outcome)
        expected = f"{left} is lower than {right}" + (f" by {margin:g} or more" if margin > 0 else f" + {-margin:g}")
        return Finding(expected, Spread.of(difference + margin).below(), Spread.of(difference))

    return judge


def verdict(findings: Sequence[Finding]) -> Verdict:
    """All hold: reproduced. One is refuted: not reproduced. Otherwise unresolved."""
    if all(finding.holds for finding in findings):
        return "reproduced"
    return "not reproduced" if any(finding.holds is False for finding in findings) else "unresolved"


def _compare(left: Value, right: Value | float, outcome: Outcome, sign: int) -> Finding:
    ours = left.of(outcome)
    theirs = right.of(outcome) if isinstance(right, Value) else np.full(len(ours), float(right))
    difference = Spread.of(ours - theirs)
    change = Spread.of(ours / theirs - 1) if np.all(theirs != 0) else None
    expected = f"{left} is {'lower' if sign > 0 else 'higher'} than {right}"
    return Finding(expected, Spread.of(sign * (ours - theirs)).below(), difference, change)
