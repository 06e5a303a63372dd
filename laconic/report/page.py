"""The report page: one HTML file that needs no network and no script, written whole or not at all."""

from __future__ import annotations

import os
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np

from laconic.contract import Evaluation, LaconicError
from laconic.report import sections
from laconic.report.classes import classes, mistakes
from laconic.report.lexicon import lexicon
from laconic.report.sending import said_or_sent
from laconic.report.thumbnails import Shown

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(
    path: Path,
    evaluation: Evaluation,
    pictures: Shown | None,
    *,
    title: str,
    provenance: dict[str, str],
    max_words: int = 60,
    max_examples: int = 6,
) -> None:
    """Write `evaluation` as one page to `path`, in place of what stood there.

    `pictures` are the test pictures in the evaluation's order (1 or 3 channels), or the test texts, for the worst
    mistakes and the examples of the first `max_words` words, at most `max_examples` each. The same arguments give the
    same bytes.

    Raises:
        LaconicError: `pictures` are not those of `evaluation`; the file cannot be written (the old one then
            stays as it was); matplotlib is not installed.
    """
    write_whole(path, render(evaluation, pictures, title, provenance, max_words, max_examples))


def render(
    evaluation: Evaluation,
    pictures: Shown | None,
    title: str,
    provenance: dict[str, str],
    max_words: int = 60,
    max_examples: int = 6,
) -> str:
    """The page that `write_report` writes, as text.

    Raises:
        LaconicError: `pictures` are not those of `evaluation`; matplotlib is not installed.
    """
    if pictures is not None:
        _check(pictures, evaluation)
    parts = [
        sections.headline(evaluation, title),
        sections.weight(evaluation, pictures) if isinstance(pictures, np.ndarray) and len(pictures) else "",
        said_or_sent(evaluation),
        sections.figures(evaluation),
        sections.codes(evaluation),
        classes(evaluation),
        mistakes(evaluation, pictures),
        lexicon(evaluation, pictures, max_words, max_examples),
        sections.provenance(evaluation, provenance),
    ]
    return document(title, "\n".join(part for part in parts if part))


def document(title: str, body: str) -> str:
    """A whole page around its `body` of HTML, with the style that all pages share."""
    style = files("laconic.report").joinpath("report.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _check(pictures: Shown, evaluation: Evaluation) -> None:
    if len(pictures) != evaluation.n:
        raise LaconicError(
            f"the evaluation is of {evaluation.n} pictures, but {len(pictures)} came: "
            "give all of them, in the order of the test"
        )
    if isinstance(pictures, np.ndarray) and pictures.shape[-1] not in (1, 3):
        raise LaconicError(f"pictures have 1 or 3 channels, not {pictures.shape[-1]}")
    shown = {
        "an example": [row for word in evaluation.words for row in word.examples],
        "a mistake": [mistake.row for mistake in evaluation.worst],
    }
    for kind, rows in shown.items():
        if rows and not 0 <= min(rows) <= max(rows) < evaluation.n:
            raise LaconicError(f"{kind} is row 0 ... {evaluation.n - 1} of the pictures, not {max(rows, key=abs)}")


def write_whole(path: Path, text: str) -> None:
    """To a sibling first, then over the old file in one step: a full disk leaves the old one.

    Raises:
        LaconicError: the file cannot be written.
    """
    sibling = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with sibling.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as sheet:
                sheet.write(text)
                sheet.flush()
                os.fsync(sheet.fileno())
            sibling.replace(path)
        finally:
            sibling.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LaconicError(
            f"cannot write the report {path}: {reason}; "
            "make room or choose another place (an older report is untouched)"
        ) from error
