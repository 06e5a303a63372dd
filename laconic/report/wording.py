"""Numbers and names as a person reads them."""

from __future__ import annotations

from math import isfinite

from laconic.contract import CodeScore

_NAMES = {
    "maxamp": "MaxAmp",
    "maxpro": "MaxPro",
    "maxproamp": "MaxProAmp",
    "progressive": "Progressive",
    "scalar": "Scalar",
    "decision": "Decision",
    "full": "All features",
}
_UNKNOWN = "?"
_SPACE = "\N{NARROW NO-BREAK SPACE}"


def code_label(score: CodeScore) -> str:
    """A code's name as the report writes it, without what cannot be printed.

    >>> code_label(CodeScore("maxamp", 3, 34.0, 7.1, 7.0, 3.0, 0.9, 0.0))
    'MaxAmp K=3'
    """
    name = _NAMES.get(score.code, "".join(c if c.isprintable() else _UNKNOWN for c in score.code))
    return name if score.code in ("decision", "full") else f"{name} K={score.k}"


def percent(share: float) -> str:
    """A share as a percentage of one decimal, or of two where one would claim 0 or 100.

    >>> [percent(share).replace(_SPACE, " ") for share in (0.9637, 1.0, 0.9998, 0.0, 0.0002, float("nan"))]
    ['96.4 %', '100 %', '99.98 %', '0 %', '0.02 %', '?']
    """
    if not isfinite(share):
        return _UNKNOWN
    digits = 0 if share in (0.0, 1.0) else 1 if 0.0005 <= share < 0.9995 else 2
    return f"{100 * share:.{digits}f}{_SPACE}%"


def tick(share: float) -> str:
    """A round share as a percentage, without idle noughts.

    >>> [tick(share).replace(_SPACE, " ") for share in (0.85, 0.0455, 0.001)]
    ['85 %', '4.55 %', '0.1 %']
    """
    return f"{100 * share:.4g}{_SPACE}%"


def number(value: float | int) -> str:
    """A quantity in three or four figures, thousands apart.

    >>> [number(value).replace(_SPACE, " ") for value in (3.3219, 4.0, 12.34, 150.4, 65536.0, float("nan"))]
    ['3.32', '4', '12.3', '150', '65 536', '?']
    """
    if not isfinite(value):
        return _UNKNOWN
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", _SPACE)
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def decimal(value: float | int) -> str:
    """A quantity for a column of quantities: two decimals below 100, none from there.

    >>> [decimal(value).replace(_SPACE, " ") for value in (4, 12.345, 16384)]
    ['4.00', '12.35', '16 384']
    """
    return (
        f"{value:.2f}"
        if isfinite(value) and abs(value) < 100
        else number(round(value, 0) if isfinite(value) else value)
    )


def plural(amount: int, noun: str, ending: str = "s") -> str:
    """A number and its noun.

    >>> plural(1, "class", "es"), plural(10, "class", "es")
    ('1 class', '10 classes')
    """
    return f"{number(amount)} {noun}{'' if amount == 1 else ending}"


def times(ratio: float) -> str:
    """How many times: two figures, and no more.

    >>> [times(ratio).replace(_SPACE, " ") for ratio in (1.06, 12.3, 347.1, 88612.0)]
    ['1.1 times', '12 times', '350 times', '89 000 times']
    """
    rounded = float(f"{ratio:.2g}")
    return f"{number(rounded) if rounded >= 10 else rounded}{_SPACE}times"
