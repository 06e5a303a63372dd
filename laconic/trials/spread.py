"""A mean with its spread over seeds, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from laconic.extras import need

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """`n` values: their mean, their sample standard deviation, and the mean's 95 % interval by Student's t.

    One value has no spread: `sd`, `low` and `high` are None.
    """

    n: int
    mean: float
    sd: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Float64[np.ndarray, " n"]) -> Spread:
        """Over one value a seed; at least one."""
        n, mean = len(values), float(values.mean())
        if n == 1:
            return cls(1, mean, None, None, None)
        sd = float(values.std(ddof=1))
        half = float(need("scipy.stats", "train").t.ppf(0.5 + CONFIDENCE / 2, n - 1)) * sd / n**0.5
        return cls(n, mean, sd, mean - half, mean + half)

    def below(self, limit: float = 0.0) -> bool | None:
        """Whether the mean lies below `limit`: True or False where the interval says so, None inside the noise."""
        if self.low is None or self.high is None or self.low <= limit <= self.high:
            return None
        return self.high < limit

    def text(self, digits: int = 2) -> str:
        """As a person reads it.

        >>> Spread.of(np.array([1.0, 2.0, 3.0])).text(1)
        '2.0 ± 1.0 (n = 3)'
        """
        sd = "" if self.sd is None else f" ± {self.sd:.{digits}f}"
        return f"{self.mean:.{digits}f}{sd} (n = {self.n})"
