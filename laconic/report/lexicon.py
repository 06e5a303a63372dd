"""The lexicon on a report page: each word as a card with its bits, its meaning and pictures that said it."""

from __future__ import annotations

from html import escape

import numpy as np
from jaxtyping import UInt8

from laconic.contract import Evaluation, WordScore
from laconic.report.thumbnails import LARGEST_PX, data_uri
from laconic.report.wording import percent, plural

_MOST_SQUARES = 12


def lexicon(
    evaluation: Evaluation,
    pictures: UInt8[np.ndarray, "n height width channels"] | None,
    max_words: int,
    max_examples: int,
) -> str:
    """The first `max_words` words as cards, at most `max_examples` pictures each, and a count of the rest."""
    cards = "".join(_card(word, pictures, max_examples) for word in evaluation.words[:max_words])
    return (
        "<h2>The language</h2>"
        f'<p class="note">{plural(len(evaluation.words), "word")}, the most frequent first. '
        "The bar is how sure the receiver is of a word's meaning, the tick on it how often it was right.</p>"
        f'<ol class="words">{cards}</ol>{_rest(evaluation.words[max_words:], evaluation.n)}'
    )


def _rest(words: tuple[WordScore, ...], n: int) -> str:
    if not words:
        return ""
    spoken = sum(word.count for word in words)
    share = percent(spoken / n) if n else percent(0.0)
    more, pictures = plural(len(words), "more word"), plural(spoken, "picture")
    return f'<p class="note">And {more}, said for {pictures} ({share}).</p>'


def _card(word: WordScore, pictures: UInt8[np.ndarray, "n height width channels"] | None, max_examples: int) -> str:
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


def _examples(word: WordScore, pictures: UInt8[np.ndarray, "n height width channels"] | None, max_examples: int) -> str:
    if pictures is None or not word.examples:
        return ""
    images = "".join(f'<img alt="" src="{data_uri(pictures[row])}">' for row in word.examples[:max_examples])
    pixels = " pixels" if max(pictures.shape[1:3]) < LARGEST_PX else ""
    return f'<div class="examples{pixels}">{images}</div>'
