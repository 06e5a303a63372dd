"""The lexicon on a report page: each word as a card with its bits, its meaning and pictures that said it."""

from __future__ import annotations

from html import escape

from laconic.contract import Evaluation, WordScore
from laconic.report.thumbnails import Shown, pixelated, shown
from laconic.report.wording import percent, plural

_MOST_SQUARES = 12


def lexicon(
    evaluation: Evaluation,
    pictures: Shown | None,
    max_words: int,
    max_examples: int,
) -> str:
    """The first `max_words` words as cards, `max_examples` pictures or texts each at most, and a count of the rest."""
    cards = "".join(_card(word, pictures, max_examples) for word in evaluation.words[:max_words])
    return (
        "<h2>The language</h2>"
        f'<p class="note">{plural(len(evaluation.words), "word")}, the most frequent first. '
        "The bar is how sure the receiver is of a word's meaning, the tick on it how often it was right.</p>"
        f'<ol class="words">{cards}</ol>{_rest(evaluation.words[max_words:], evaluation)}'
    )


def _rest(words: tuple[WordScore, ...], evaluation: Evaluation) -> str:
    if not words:
        return ""
    spoken = sum(word.count for word in words)
    share = percent(spoken / evaluation.n) if evaluation.n else percent(0.0)
    more, pictures = plural(len(words), "more word"), plural(spoken, evaluation.noun)
    return f'<p class="note">And {more}, said for {pictures} ({share}).</p>'


def _card(word: WordScore, pictures: Shown | None, max_examples: int) -> str:
    name, code, bits = escape(word.name), escape(word.word), plural(word.bits, "bit")
    tick = f'<u style="left:{100 * word.accuracy:.1f}%"></u>' if word.count else ""
    use = f"<span>said {plural(word.count, 'time')}</span><span>{percent(word.accuracy)} right</span>"
    return (
        f'<li class="card word"><div class="line"><b>{name}</b><span>{percent(word.confidence)}</span></div>'
        f'<div class="bar"><i style="width:{100 * word.confidence:.1f}%"></i>{tick}</div>'
        f"{_examples(word, pictures, max_examples)}"
        f'<div class="line"><code title="{code}">{code}</code>'
        f'<span><i class="bits" style="width:{8 * min(word.bits, _MOST_SQUARES)}px"></i>{bits}</span></div>'
        f'<div class="line">{use if word.count else "<span>not said in this test</span>"}</div></li>'
    )


def _examples(word: WordScore, pictures: Shown | None, max_examples: int) -> str:
    if pictures is None or not word.examples:
        return ""
    images = "".join(shown(pictures, row, "") for row in word.examples[:max_examples])
    return f'<div class="examples{pixelated(pictures)}">{images}</div>'
