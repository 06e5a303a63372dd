"""Class by class on a report page: recall and bits, what is taken for what, the worst mistakes as pictures."""

from __future__ import annotations

from html import escape

import numpy as np

from laconic.contract import ClassScore, Evaluation, Mistake
from laconic.report.thumbnails import Shown, pixelated, shown
from laconic.report.wording import decimal, number, percent, plural

MOST_CLASSES = 20  # more columns than this can't be read
MOST_ROWS = 40
MOST_CONFUSIONS = 20
SHORT_NAME = 4  # letters that fit across a column


def classes(evaluation: Evaluation) -> str:
    """Recall and bits of each class, and what is taken for what.

    Of more than 40 classes those with the least recall are shown, of more than 20 the most frequent confusions
    stand in place of the whole table. It is about words alone, whether or not the codec also sends pictures.
    """
    shown, left = _shown(evaluation.by_class)
    rows = "".join(_class_row(score) for score in shown)
    return (
        "<h2>Class by class</h2>"
        f'<p class="note">Balanced accuracy, the mean recall of the classes, is '
        f"<b>{percent(evaluation.balanced_accuracy)}</b>; "
        f"of all {evaluation.noun}s {percent(evaluation.said.accuracy)} are named right by their words.</p>"
        f'<div class="card scroll"><table><thead><tr><th>class</th><th>{evaluation.noun}s</th><th>recall</th><th></th>'
        f"<th>mean bits</th></tr></thead><tbody>{rows}</tbody></table></div>{left}{_confusions(evaluation)}"
    )


def mistakes(evaluation: Evaluation, pictures: Shown | None) -> str:
    """The mistakes made with most confidence, as pictures or beginnings of texts; none where none can be shown."""
    if pictures is None:
        return ""
    if not evaluation.worst:
        none = f"Not one test {evaluation.noun} was misunderstood."
        return f'<h2>The worst mistakes</h2><p class="note">{none}</p>'
    pixels = pixelated(pictures)
    cards = "".join(_mistake(mistake, shown(pictures, mistake.row, mistake.name)) for mistake in evaluation.worst)
    return (
        "<h2>The worst mistakes</h2>"
        f'<p class="note">What was misunderstood with most confidence: below each {evaluation.noun} what it is, '
        "then what its word was understood as and how sure the receiver was of that.</p>"
        f'<ol class="mistakes{pixels}">{cards}</ol>'
    )


def _shown(scores: tuple[ClassScore, ...]) -> tuple[tuple[ClassScore, ...], str]:
    """The classes that have a row, and a line about the others."""
    if len(scores) <= MOST_ROWS:
        return scores, ""
    ordered = sorted(scores, key=lambda score: score.recall if score.n else 2.0)
    left = [score for score in ordered[MOST_ROWS:] if score.n]
    kept = f", each with a recall of {percent(left[0].recall)} or more" if left else ""
    more = plural(len(scores) - MOST_ROWS, "more class", "es")
    return tuple(ordered[:MOST_ROWS]), f'<p class="note">The least recall first. And {more}{kept}.</p>'


def _class_row(score: ClassScore) -> str:
    if not score.n:
        return f"<tr><th>{escape(score.name)}</th><td>0</td><td></td><td></td><td></td></tr>"
    bar = f'<div class="bar"><i style="width:{100 * score.recall:.1f}%"></i></div>'
    return (
        f"<tr><th>{escape(score.name)}</th><td>{number(score.n)}</td><td>{percent(score.recall)}</td>"
        f'<td class="wide-bar">{bar}</td><td>{decimal(score.bits_mean)}</td></tr>'
    )


def _confusions(evaluation: Evaluation) -> str:
    return _heat(evaluation) if len(evaluation.classes) <= MOST_CLASSES else _frequent(evaluation)


def _heat(evaluation: Evaluation) -> str:
    """The whole table: a row is a class, a column what was understood; darker is a larger part of the row."""
    heads = "".join(f"<th><span>{escape(name)}</span></th>" for name in evaluation.classes)
    kind = "heat" if max(len(name) for name in evaluation.classes) <= SHORT_NAME else "heat upright"
    rows = "".join(
        f"<tr><th>{escape(name)}</th>{_heat_cells(label, counts)}</tr>"
        for label, (name, counts) in enumerate(zip(evaluation.classes, evaluation.confusion, strict=True))
    )
    return (
        "<h3>What is taken for what</h3>"
        '<p class="note">Each class (row) by what was understood (column). Blue is right, orange is not: '
        "the stronger, the larger a part of the row.</p>"
        f'<div class="card scroll"><table class="{kind}"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _heat_cells(label: int, counts: np.ndarray) -> str:
    total = max(1, int(counts.sum()))
    return "".join(_heat_cell(int(count), count / total, column == label) for column, count in enumerate(counts))


def _heat_cell(count: int, share: float, right: bool) -> str:
    """Mistakes get the root of their share, so that one in a hundred is still seen."""
    if not count:
        return "<td></td>"
    strength = share if right else share**0.5
    kind = ("right" if right else "wrong") + (" strong" if strength > 0.55 else "")
    return f'<td class="{kind}"><i style="opacity:{strength:.2f}"></i><span>{number(count)}</span></td>'


def _frequent(evaluation: Evaluation) -> str:
    """The most frequent confusions, where there are too many classes for the whole table."""
    wrong = evaluation.confusion * (1 - np.eye(len(evaluation.classes), dtype=np.int64))
    cells = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]
    found = [(int(row), int(column)) for row, column in zip(*np.unravel_index(cells, wrong.shape), strict=True)]
    rows = "".join(_frequent_row(evaluation, *pair) for pair in found if wrong[pair])
    if not rows:
        return ""
    return (
        "<h3>What is taken for what</h3>"
        f'<p class="note">The most frequent confusions of {plural(len(evaluation.classes), "class", "es")}.</p>'
        f'<div class="card scroll"><table><thead><tr><th>class</th><th>understood as</th><th>{evaluation.noun}s</th>'
        f"<th>of its own</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _frequent_row(evaluation: Evaluation, row: int, column: int) -> str:
    count, total = int(evaluation.confusion[row, column]), int(evaluation.confusion[row].sum())
    true, understood = escape(evaluation.classes[row]), escape(evaluation.classes[column])
    return f"<tr><th>{true}</th><td>{understood}</td><td>{number(count)}</td><td>{percent(count / total)}</td></tr>"


def _mistake(mistake: Mistake, item: str) -> str:
    name, understood = escape(mistake.name), escape(mistake.understood)
    return (
        f'<li class="card">{item}<b>{name}</b>'
        f"<span>understood as <em>{understood}</em></span><span>{percent(mistake.confidence)} sure</span></li>"
    )
