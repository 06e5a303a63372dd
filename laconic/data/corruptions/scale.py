"""How strong a corruption is at a severity and a picture's size: between the two sizes that are published."""

from __future__ import annotations

import math
from dataclasses import dataclass

SMALL, LARGE = 32, 224

_Number = float | int
Five = tuple[_Number, _Number, _Number, _Number, _Number]


@dataclass(frozen=True)
class Scale:
    """One parameter in five severities, at 32 and at 224 pixels of the shorter side.

    A parameter is no fraction of the side: noise that spoils 32 pixels averages out over 224. Between the two sizes
    it is interpolated geometrically; a picture below 32 is treated as one of 32. Above 224 what is measured in pixels
    (`pixels`) grows with the side, all else stays.

    >>> noise = Scale((0.04, 0.06, 0.08, 0.09, 0.10), (0.08, 0.12, 0.18, 0.26, 0.38))
    >>> noise.at(5, 32), round(noise.at(5, 224), 6), round(noise.at(5, 448), 6)
    (0.1, 0.38, 0.38)
    """

    small: Five
    large: Five
    pixels: bool = False

    def at(self, severity: int, side: int) -> float:
        """The parameter at a severity of 1 to 5 for a picture whose shorter side has `side` pixels."""
        small, large = self.small[severity - 1], self.large[severity - 1]
        way = math.log(max(side, SMALL) / SMALL) / math.log(LARGE / SMALL)
        growth = max(side / LARGE, 1.0) if self.pixels else 1.0
        return small * math.pow(large / small, min(way, 1.0)) * growth
