"""Exact statements about an unknown rate from `errors` seen among `n`: the binomial test and its bound."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float64

from laconic.contract import LaconicError
from laconic.extras import need

MOST_EXAMPLES = 2**20  # beyond this, how many it would take is no answer


class CalibrationError(LaconicError):
    """Data or limits from which no guarantee can be calibrated."""


def upper_bound(errors: int, n: int, confidence: float) -> float:
    """The largest rate that `errors` of `n` leave possible with `confidence` (Clopper and Pearson, 1934), one-sided.

    It is at most `p` exactly where `binomial_test(errors, n, p)` is at most 1 - confidence.

    >>> round(upper_bound(0, 59, 0.95), 4)
    0.0495

    Raises:
        CalibrationError: not 0 <= errors <= n, or a confidence outside 0 ... 1.
    """
    check_fraction("confidence", confidence)
    if not 0 <= errors <= n:
        raise CalibrationError(f"errors among n wanted, got {errors} among {n}")
    if errors == n:
        return 1.0
    return float(need("scipy.special", "data").betaincinv(errors + 1, n - errors, confidence))


def binomial_test(
    errors: Float64[np.ndarray, "*tests"], n: Float64[np.ndarray, "*tests"], limit: float
) -> Float64[np.ndarray, "*tests"]:
    """The p-value of "the rate is above `limit`": P(Binomial(n, limit) <= errors); 1 where n is 0.

    >>> binomial_test(np.array([0.0, 0.0]), np.array([0.0, 59.0]), 0.05).round(4)
    array([1.    , 0.0485])
    """
    return np.asarray(need("scipy.special", "data").bdtr(errors, n.astype(np.int64), limit), np.float64)


def faultless_examples(limit: float, confidence: float) -> int:
    """How many examples without any error show that the rate is at most `limit`.

    >>> faultless_examples(0.05, 0.95)
    59
    """
    return math.ceil(math.log1p(-confidence) / math.log1p(-limit))


def examples_needed(rate: float, limit: float, confidence: float) -> int | None:
    """The least n whose ceil(rate n) errors show that the rate is at most `limit`; None where a million don't.

    >>> examples_needed(0.0, 0.05, 0.95), examples_needed(0.02, 0.05, 0.95), examples_needed(0.05, 0.05, 0.95)
    (59, 181, None)
    """
    if rate >= limit:
        return None

    def enough(n: Float64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        return binomial_test(np.ceil(rate * n), n, limit) <= 1 - confidence

    # Between two rises of ceil(rate n) the p-value falls: if an octave has an n, it has one after its last rises.
    rise = math.ceil(2 / max(rate, 1e-3))
    low, high = 1, 1024
    while high <= MOST_EXAMPLES:
        if enough(np.arange(max(low, high - rise), high, dtype=np.float64)).any():
            n = np.arange(low, high, dtype=np.float64)
            return int(n[enough(n).argmax()])
        low, high = high, 2 * high
    return None


def check_fraction(name: str, value: float) -> None:
    """Refuse what is no fraction.

    Raises:
        CalibrationError: it is not between 0 and 1, both excluded.
    """
    if not 0 < value < 1:
        raise CalibrationError(f"{name} is a fraction between 0 and 1, such as 0.05, not {value}")
