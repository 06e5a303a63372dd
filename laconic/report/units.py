"""The page about a codec's units: each one's pictures, the classes that fall without it, and words made of units."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from laconic.contract import Anatomy, LaconicError, UnitScore, WordScore
from laconic.report.page import document, write_whole
from laconic.report.thumbnails import LARGEST_PX, data_uri
from laconic.report.wording import percent, plural

MOST_CLASSES = 4  # named for a unit
MOST_CARDS = 200
MOST_WORDS = 60
MOST_UNITS = 12  # shown of a word; a code that keeps all amplitudes names more


def write_units(
    path: Path,
    anatomy: Anatomy,
    pictures: UInt8[np.ndarray, "n height width channels"],
    *,
    title: str,
    attention: Mapping[int, Float32[np.ndarray, "examples height width"]] | None = None,
) -> None:
    """Write `anatomy` as one page to `path`, which needs no network and no script.

    `pictures` are the test pictures in its order (1 or 3 channels). `attention` holds for a unit where it looks
    in each of its examples, at least 0, as `laconic.score.attention` finds it. The same arguments give the same bytes.

    Raises:
        LaconicError: `pictures` are not those of `anatomy`, or the file can't be written.
    """
    if len(pictures) != anatomy.n or pictures.shape[-1] not in (1, 3):
        raise LaconicError(f"{anatomy.n} pictures of 1 or 3 channels wanted, got {[*pictures.shape]}")
    best = {score.unit: pictures[score.examples[0]] for score in anatomy.units}
    pixels = " pixels" if max(pictures.shape[1:3]) < LARGEST_PX else ""
    body = (
        _headline(anatomy, title),
        _units(anatomy, pictures, attention or {}, pixels),
        _words(anatomy, best, pixels),
    )
    write_whole(path, document(title, "\n".join(body)))


def _headline(anatomy: Anatomy, title: str) -> str:
    return (
        f'<header><p class="eyebrow">laconic</p><h1>{escape(title)}</h1>'
        f'<p class="lead">Of {plural(anatomy.n_units, "unit")} {len(anatomy.units)} fire in the '
        f"{plural(anatomy.n, 'test picture')} of <b>{escape(anatomy.source)}</b>, of which the words of all units "
        f"name {percent(anatomy.removal[0])} right.</p></header>"
    )


def _units(
    anatomy: Anatomy,
    pictures: UInt8[np.ndarray, "n height width channels"],
    attention: Mapping[int, Float32[np.ndarray, "examples height width"]],
    pixels: str,
) -> str:
    cards = "".join(
        _unit(score, left, pictures, attention.get(score.unit), pixels)
        for score, left in zip(anatomy.units[:MOST_CARDS], anatomy.removal[1:], strict=False)
    )
    more = len(anatomy.units) - MOST_CARDS
    rest = f'<p class="note">And {plural(more, "more unit")}, which fire less.</p>' if more > 0 else ""
    lit = "Below each picture stands the same one, lit where the unit looks. " if attention else ""
    return (
        "<h2>What each unit is about</h2>"
        '<p class="note">The most active first, each with the pictures that excite it most and the classes in whose '
        f"pictures it fires. {lit}Then it is silenced: how far a class's recall falls when this unit alone says "
        "nothing, and what is left of the accuracy when all units up to here are silent.</p>"
        f'<ol class="words">{cards}</ol>{rest}'
    )


def _unit(
    score: UnitScore,
    left: float,
    pictures: UInt8[np.ndarray, "n height width channels"],
    where: Float32[np.ndarray, "examples height width"] | None,
    pixels: str,
) -> str:
    """A unit's card; `left` is the accuracy without it and all before it."""
    examples = [pictures[row] for row in score.examples]
    seen = [] if where is None else [lit(*pair) for pair in zip(examples, where, strict=True)]
    shown, looks = ("".join(f'<img alt="" src="{data_uri(picture)}">' for picture in row) for row in (examples, seen))
    looks = f'<div class="examples{pixels}">{looks}</div>' if looks else ""
    falls = _classes(score.falls) or "no class"
    return (
        f'<li class="card word" id="unit-{score.unit}"><div class="line"><b>unit {score.unit}</b>'
        f"<span>fires in {percent(score.active)}</span></div>"
        f'<div class="bar"><i style="width:{100 * score.active:.1f}%"></i></div>'
        f'<div class="examples{pixels}">{shown}</div>{looks}'
        f'<div class="line">fires for {_classes(score.fires)}</div><div class="line">falls without it: {falls}</div>'
        f'<div class="line">right: {percent(score.accuracy_without)} without it, {percent(left)} without all so far'
        "</div></li>"
    )


def lit(
    picture: UInt8[np.ndarray, "height width channels"], where: Float32[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width channels"]:
    """The picture in its own light where a unit looks most, in a fifth of it where it doesn't look.

    >>> lit(np.full((1, 2, 1), 100, np.uint8), np.array([[0, 8]], np.float32)).ravel().tolist()
    [20, 100]
    """
    light = 0.2 + 0.8 * where / max(float(where.max()), 1e-12)
    return np.asarray((picture * light[..., None]).round().astype(np.uint8))


def _classes(shares: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{escape(name)} ({percent(share)})" for name, share in shares[:MOST_CLASSES])


def _words(anatomy: Anatomy, best: dict[int, UInt8[np.ndarray, "height width channels"]], pixels: str) -> str:
    cards = "".join(_word(word, units, best, pixels) for word, units in anatomy.words[:MOST_WORDS])
    more = len(anatomy.words) - MOST_WORDS
    rest = f'<p class="note">And {plural(more, "more word")}.</p>' if more > 0 else ""
    return (
        "<h2>Words, made of units</h2>"
        '<p class="note">A word names units: below its meaning the picture that excites each of them most. '
        f'The most frequent words first.</p><ol class="words">{cards}</ol>{rest}'
    )


def _word(
    word: WordScore,
    units: tuple[int, ...],
    best: dict[int, UInt8[np.ndarray, "height width channels"]],
    pixels: str,
) -> str:
    shown = "".join(
        f'<a href="#unit-{unit}"><img alt="unit {unit}" src="{data_uri(best[unit])}"></a>'
        for unit in units[:MOST_UNITS]
    )
    return (
        f'<li class="card word"><div class="line"><b>{escape(word.name)}</b><span>{percent(word.confidence)}</span>'
        f'</div><div class="examples{pixels}">{shown or "silence"}</div><div class="line">'
        f"<code>{escape(word.word)}</code><span>said {plural(word.count, 'time')}</span></div></li>"
    )
