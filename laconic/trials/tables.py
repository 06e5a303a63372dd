"""A trial's table: as CSV with every number, and for LaTeX with booktabs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from laconic.trials.outcome import Outcome, OutcomeError
from laconic.trials.spread import Spread
from laconic.trials.trial import Column

ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}


@dataclass(frozen=True)
class Row:
    """One arm, or one point of its curves; a cell is None where the arm has no such point."""

    arm: str
    point: int
    cells: tuple[Spread | None, ...]


def rows(outcome: Outcome, columns: Sequence[Column]) -> list[Row]:
    """A row for every arm, or where curves are shown, for each of their points.

    Beside a curve, a plain number stands in the first row only; a key that an arm doesn't measure is left empty.

    Raises:
        OutcomeError: a column that no arm measures.
    """
    found = []
    for arm in outcome.arms:
        there = {key for run in outcome.runs if run.arm == arm for key in run.measured}
        curves = [outcome.values(arm, c.key).T if c.key in there else None for c in columns]
        for point in range(max((len(curve) for curve in curves if curve is not None), default=1)):
            cells = [Spread.of(c[point]) if c is not None and point < len(c) else None for c in curves]
            found.append(Row(arm, point, tuple(cells)))
    for i, column in enumerate(columns):
        if all(row.cells[i] is None for row in found):
            raise OutcomeError(f"no arm measures {column.key!r}, which the table shows")
    return found


def as_csv(outcome: Outcome, columns: Sequence[Column], about: Sequence[str], points: Sequence[str] = ()) -> str:
    """Long form, after lines that begin with `#` and say what it is: arm, point, key, n, mean, sd, low, high.

    A point is its number, or its name where `points` have names.
    """
    sheet = io.StringIO()
    sheet.writelines(f"# {line}\n" for line in about)
    table = csv.writer(sheet, lineterminator="\n")
    table.writerow(["arm", "point", "key", "n", "mean", "sd", "low", "high"])
    for row in rows(outcome, columns):
        for column, cell in zip(columns, row.cells, strict=True):
            if cell is not None:
                point = points[row.point] if points else row.point
                table.writerow([row.arm, point, column.key, *vars(cell).values()])
    return sheet.getvalue()


def as_latex(outcome: Outcome, columns: Sequence[Column], about: Sequence[str], points: Sequence[str] = ()) -> str:
    r"""A `tabular` for `\usepackage{booktabs}`: mean and standard deviation over seeds; a new arm is set apart."""
    head = " & ".join(["", *(escaped(column.heading) for column in columns)]).strip()
    lines = [*(f"% {line}" for line in about), rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\toprule"]
    lines += [head + r" \\", r"\midrule"]
    found = rows(outcome, columns)
    for i, row in enumerate(found):
        if row.point == 0 and i and len(found) > len(outcome.arms):
            lines.append(r"\addlinespace")
        cells = [_math(cell, column.digits) for column, cell in zip(columns, row.cells, strict=True)]
        lines.append(" & ".join([escaped(_label(row, points)), *cells]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def as_markdown(outcome: Outcome, columns: Sequence[Column], points: Sequence[str] = ()) -> str:
    """The same table for a page."""
    heads = ["arm", *(column.heading.replace("|", r"\|") for column in columns)]
    lines = [" | ".join(["", *heads, ""]).strip(), "|---" + "|---:" * len(columns) + "|"]
    for row in rows(outcome, columns):
        cells = [_plain(cell, column.digits) for column, cell in zip(columns, row.cells, strict=True)]
        lines.append(" | ".join(["", _label(row, points), *cells, ""]).strip())
    return "\n".join([*lines, ""])


def _label(row: Row, points: Sequence[str]) -> str:
    """What stands before a row: the arm, once; or at every row the arm with the name of its point."""
    if points:
        return f"{row.arm}, {points[row.point]}"
    return row.arm if row.point == 0 else ""


def escaped(text: str) -> str:
    r"""A text as LaTeX shows it.

    >>> escaped("30 % noise_level")
    '30 \\% noise\\_level'
    """
    return re.sub("[" + re.escape("".join(ESCAPED)) + "]", lambda sign: ESCAPED[sign[0]], text)


def _math(cell: Spread | None, digits: int) -> str:
    if cell is None:
        return ""
    sd = "" if cell.sd is None else rf" \pm {cell.sd:.{digits}f}"
    return f"${cell.mean:.{digits}f}{sd}$"


def _plain(cell: Spread | None, digits: int) -> str:
    if cell is None:
        return ""
    return f"{cell.mean:.{digits}f}" + ("" if cell.sd is None else f" ± {cell.sd:.{digits}f}")
