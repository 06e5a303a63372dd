"""Said or sent on a report page: what choosing keeps and costs, the bound, and what is made of strange pictures."""

from __future__ import annotations

from html import escape
from math import inf, sqrt

from laconic.contract import Evaluation, SendingPoint, SendingScore, UnknownScore
from laconic.report.budgets import Stretch, not_the_best
from laconic.report.canvas import NARROW_PX, WIDE_PX, plot
from laconic.report.sending_figures import bytes_figure, error_figure
from laconic.report.wording import decimal, number, percent, plural, tick

_COLUMNS = "way, said, wrong of these, mean bytes, accuracy, with the encoder alone"


def said_or_sent(evaluation: Evaluation) -> str:
    """The section of a codec that also sends pictures; nothing for one that says everything."""
    score = evaluation.sending
    if score is None:
        return ""
    return (
        f"<h2>Said or sent</h2><p>{_guarantee(score)}</p>{_tiles(score)}{_ways(score)}"
        f'<h3>What a byte buys</h3><p class="note">{budgets(score, evaluation.n)}</p>'
        f"{plot(bytes_figure(score, WIDE_PX), bytes_figure(score, NARROW_PX))}"
        f"{_errors(score, evaluation.n)}{_unknown(score.unknown)}"
    )


def budgets(score: SendingScore, n: int) -> str:
    """At which byte budgets said-or-sent is not the best of the three, in words, from the `n` pictures measured."""
    sure = 100 * sqrt(max(score.chosen.accuracy * (1 - score.chosen.accuracy), 0.0) / max(1, n))
    noise = f"One standard error of an accuracy is {sure:.1f} points here."
    worse = not_the_best(score)
    if not worse:
        return (
            "At every budget that any of the three keeps to, said-or-sent is the best of them or as good "
            f"as the best. {noise}"
        )
    parts = "; ".join(_stretch(stretch) for stretch in worse)
    return (
        f"Said-or-sent is <b>not</b> the best of the three (shaded) {parts}. "
        f"At other budgets it is, or as good as the best. {noise}"
    )


def _stretch(stretch: Stretch) -> str:
    to, on = ("", " on") if stretch.most == inf else (f" to {number(stretch.most)}", "")
    span = f"from {number(stretch.least)}{to} bytes a picture{on}"
    own = "where no limit is so cheap" if stretch.own is None else f"against {percent(stretch.own)}"
    return f"{span}: {stretch.way} is right for {percent(stretch.accuracy)}, {own}"


def _guarantee(score: SendingScore) -> str:
    limit = tick(score.chosen.max_error)
    if not score.met:
        return (
            f"The calibration pictures could not show that at most {limit} of what is said would be wrong: "
            "<b>nothing is said, every picture is sent</b>."
        )
    return (
        f"With {tick(score.confidence)} confidence, at most <b>{limit}</b> of what is said is wrong; "
        f"calibration left {percent(score.error_bound)} possible. What might be wrong more often, and what is unlike "
        "the training pictures, is sent as a picture."
    )


def _tiles(score: SendingScore) -> str:
    chosen = score.chosen
    wrong = percent(chosen.error_said) if chosen.said_fraction else "\N{EN DASH}"
    tiles = (
        ("tile first", percent(chosen.said_fraction), "of the pictures are said, the others sent"),
        ("tile", wrong, f"of what was said was wrong; at most {tick(chosen.max_error)} was asked for"),
        ("tile", f"{number(chosen.bytes_mean)} bytes", "mean packet, said and sent together"),
        ("tile", percent(chosen.accuracy), "named right in the end"),
    )
    cells = "".join(f'<div class="card {kind}"><b>{value}</b><span>{text}</span></div>' for kind, value, text in tiles)
    return f'<div class="tiles">{cells}</div>'


def _ways(score: SendingScore) -> str:
    heads = "".join(f"<th>{name}</th>" for name in _COLUMNS.split(", "))
    ways = (
        ("Said or sent", score.chosen, ' class="said"'),
        ("Always said", score.say, ""),
        ("Always sent", score.send, ""),
    )
    rows = "".join(_way(name, point, mark) for name, point, mark in ways)
    return f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _way(name: str, point: SendingPoint, mark: str) -> str:
    wrong = percent(point.error_said) if point.said_fraction else "none said"
    cells = (
        percent(point.said_fraction),
        wrong,
        decimal(point.bytes_mean),
        percent(point.accuracy),
        percent(point.accuracy_encoder),
    )
    return f"<tr{mark}><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _errors(score: SendingScore, n: int) -> str:
    """The errors asked for and found; where calibration could show no limit, a line that says so."""
    if not score.curve:
        return '<h3>Asked for and kept</h3><p class="note">No limit up to 30 % could be shown by calibration.</p>'
    above = [point for point in score.curve if point.error_said > point.max_error]
    broken = f" Above the bound: {', '.join(tick(point.max_error) for point in above)}." if above else ""
    return (
        "<h3>Asked for and kept</h3>"
        f'<p class="note">Every limit that calibration could show: {len(score.curve)}. On the test pictures '
        f"{len(score.curve) - len(above)} of them were kept.{broken} A limit is for the error that pictures like these "
        f"would show in the long run, held with {tick(score.confidence)} confidence: a finite test scatters "
        "around it. Bars are one standard error; a hollow mark on the lower edge stands for no error at all.</p>"
        f"{plot(error_figure(score, n, WIDE_PX), error_figure(score, n, NARROW_PX))}"
    )


def _unknown(scores: tuple[UnknownScore, ...]) -> str:
    if not scores:
        return ""
    rows = "".join(
        f"<tr><th>{escape(score.kind)}</th><td>{number(score.n)}</td><td>{score.auroc:.3f}</td>"
        f"<td>{percent(score.said_fraction)}</td></tr>"
        for score in scores
    )
    return (
        "<h3>Pictures of nothing that it knows</h3>"
        '<p class="note">They should be sent, for a word about them is a guess. AUROC is how well novelty tells '
        f"them from test pictures (0.5: not at all, 1: always). {_falsely(scores)}</p>"
        '<div class="card scroll"><table><thead><tr><th>pictures</th><th>n</th><th>AUROC</th><th>falsely said</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _falsely(scores: tuple[UnknownScore, ...]) -> str:
    said = round(sum(score.said_fraction * score.n for score in scores))
    return f"Of {plural(sum(score.n for score in scores), 'such picture')}, {number(said)} were said."
