"""The parts of a report page, each a piece of HTML in which every string from outside is escaped."""

from __future__ import annotations

from html import escape
from math import sqrt

import numpy as np
from jaxtyping import UInt8

from laconic.contract import CodeScore, Evaluation
from laconic.report.accuracy import accuracy_figure
from laconic.report.activity import activity_figure
from laconic.report.canvas import NARROW_PX, WIDE_PX, plot
from laconic.report.limits import label_rate
from laconic.report.thumbnails import JPEG_QUALITY, jpeg_bytes
from laconic.report.wording import code_label, decimal, number, percent, plural, times

_LARGEST_SQUARE_PX = 128.0
_COLUMNS = "code, accuracy, mean bits, entropy, formula, least possible, packet bytes, escaped"


def headline(evaluation: Evaluation, title: str) -> str:
    """What was measured, in one sentence and four numbers."""
    said = evaluation.said
    tiles = (
        ("tile first", percent(said.accuracy), "named right from the word alone"),
        ("tile", f"{number(said.bits_mean)} bits", "mean length of a word"),
        ("tile", f"{number(said.packet_bytes_mean)} bytes", "mean packet of a word"),
        (
            "tile",
            percent(evaluation.accuracy_full),
            "named right by the network itself, from all its features",
        ),
    )
    cells = "".join(f'<div class="card {kind}"><b>{value}</b><span>{text}</span></div>' for kind, value, text in tiles)
    tested = f"{plural(evaluation.n, f'test {evaluation.noun}')} of {plural(len(evaluation.classes), 'class', 'es')}"
    rest = ", or sent as a picture where it may err" if evaluation.sending is not None else ""
    return (
        f'<header><p class="eyebrow">laconic</p><h1>{escape(title)}</h1>'
        f'<p class="lead">{tested} from <b>{escape(evaluation.source)}</b>, '
        f"each said as one word of the code {escape(code_label(said))}{rest}.</p>"
        f'<div class="tiles">{cells}</div></header>'
    )


def weight(evaluation: Evaluation, pictures: UInt8[np.ndarray, "n height width channels"]) -> str:
    """The packet beside the picture that it stands for, as squares whose areas are to scale."""
    packet = evaluation.said.packet_bytes_mean
    raw, jpeg = float(np.prod(pictures.shape[1:])), jpeg_bytes(pictures)
    pixel = _LARGEST_SQUARE_PX / sqrt(max(raw, jpeg, packet, 1.0))
    squares = "".join(
        f'<figure class="{kind}"><i style="width:{pixel * sqrt(size):.2f}px"></i>'
        f"<figcaption><b>{number(size)} bytes</b>{text}</figcaption></figure>"
        for kind, size, text in (("packet", packet, "packet"), ("", jpeg, "JPEG"), ("", raw, "raw pixels"))
    )
    ratios = (
        f"Stored as a JPEG of quality {JPEG_QUALITY} the same picture takes {times(jpeg / packet)} as many bytes, "
        f"header and tables included, and {times(raw / packet)} as many as raw pixels. "
        if packet > 0
        else ""
    )
    return f'<div class="card scale">{squares}<p>{ratios}Areas are to scale.</p></div>'


def figures(evaluation: Evaluation) -> str:
    """Both figures, each drawn twice: for a wide page and for a narrow one."""
    classes = max(1, len(evaluation.classes))
    return (
        "<h2>What a bit buys</h2>"
        f'<p class="note">Every code on the same {evaluation.noun}s and features. A filled mark stands at the bits '
        "really sent, the hollow one joined to it at the code's formula. To name one of "
        f"{classes} equally likely classes without error costs {number(label_rate(1.0, classes))} bits: "
        f"left of the solid line no code can be, however cleverly it packs many {evaluation.noun}s together.</p>"
        f"{plot(accuracy_figure(evaluation, WIDE_PX), accuracy_figure(evaluation, NARROW_PX))}"
        "<h2>How many units have something to say</h2>"
        f'<p class="note">The network has {plural(len(evaluation.activity), "feature unit")}. '
        f"In a {evaluation.noun} {number(evaluation.n2)} of them are active on average; "
        f"{number(evaluation.n1)} are active often enough to count.</p>"
        f"{plot(activity_figure(evaluation, WIDE_PX), activity_figure(evaluation, NARROW_PX))}"
    )


def codes(evaluation: Evaluation) -> str:
    """The table of codes, with the fewest bits that any code needs for the same accuracy."""
    classes = max(1, len(evaluation.classes))
    heads = "".join(f"<th>{name}</th>" for name in _COLUMNS.split(", "))
    rows = "".join(_code_row(score, score == evaluation.said, classes) for score in evaluation.codes)
    return (
        "<h2>The codes in numbers</h2>"
        '<p class="note">Entropy is that of the words as they fell: no lossless code of them takes less. '
        "Least possible is the rate-distortion limit at the code's own accuracy. "
        "Escaped words were not in the lexicon and cost more.</p>"
        f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _code_row(score: CodeScore, said: bool, classes: int) -> str:
    least = label_rate(score.accuracy, classes)
    bits = (score.bits_mean, score.bits_entropy, score.bits_formula, least, score.packet_bytes_mean)
    cells = [percent(score.accuracy), *(decimal(value) for value in bits), percent(score.escaped)]
    mark = ' class="said"' if said else ""
    columns = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr{mark}><th>{escape(code_label(score))}</th>{columns}</tr>"


def provenance(evaluation: Evaluation, facts: dict[str, str]) -> str:
    """Where the numbers come from: the test set, then what the caller states."""
    told = {
        "tested on": f"{plural(evaluation.n, evaluation.noun)} of {evaluation.source}",
        "classes": ", ".join(evaluation.classes),
        "took": f"{number(evaluation.seconds)} seconds",
        **facts,
    }
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in told.items())
    return f'<h2>Provenance</h2><dl class="card">{pairs}</dl>'
