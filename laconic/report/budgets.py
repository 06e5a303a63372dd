"""At which byte budgets said-or-sent is not the best of the three ways, from the measured points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from laconic.contract import SendingPoint, SendingScore


@dataclass(frozen=True)
class Stretch:
    """Budgets of `least` to below `most` mean bytes a picture, at which never choosing is better.

    `way` is "always saying" or "always sending", of this accuracy; `own` that of said-or-sent, None where no
    limit keeps to such a budget.
    """

    way: str
    least: float
    most: float
    accuracy: float
    own: float | None


def not_the_best(score: SendingScore) -> tuple[Stretch, ...]:
    """The budgets at which always saying or always sending is more accurate than said-or-sent, the smallest first.

    A way can be had at a budget if its mean bytes keep to it; said-or-sent is then at the best limit that does,
    and a tie is its. Below the cheapest way nothing can be had, and nothing is said of that.
    """
    own = [*score.curve, score.chosen] if score.met else list(score.curve)
    edges = sorted({point.bytes_mean for point in (*own, score.say, score.send)})
    found: list[Stretch] = []
    for least, most in pairwise([*edges, inf]):
        best = _accuracy(own, least)
        rivals = {"always saying": _accuracy([score.say], least), "always sending": _accuracy([score.send], least)}
        way, accuracy = max(rivals.items(), key=lambda rival: -1.0 if rival[1] is None else rival[1])
        if accuracy is None or (best is not None and best >= accuracy):
            continue
        last = found[-1] if found else None
        if last and (last.way, last.most, last.own) == (way, least, best):
            found[-1] = Stretch(way, last.least, most, accuracy, best)
        else:
            found.append(Stretch(way, least, most, accuracy, best))
    return tuple(found)


def _accuracy(points: list[SendingPoint], budget: float) -> float | None:
    """The best accuracy among the points that keep to the budget."""
    return max((point.accuracy for point in points if point.bytes_mean <= budget), default=None)
