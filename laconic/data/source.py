"""One name for any source: `digits`, `site`, `remarks` (texts), `parquet:FOLDER`, `hub:NAME`, `folder:PATH`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError

_BARE = ("digits", "site", "remarks")
_PLACED = ("folder", "hub", "parquet")


def open_source(text: str) -> Source:
    """Open a source by its name, `kind:where?option=value&option=value`.

    Options, where a kind has them: `image` (or `text`), `label`, `group`, `event`, `node` name columns (guessed where
    only one can be meant); `split` names the split to test on. Pictures are read when they are asked for.

    >>> source = open_source("digits")
    >>> len(source.split("train")), len(source.split("test"))
    (1297, 500)

    Raises:
        SourceError: an unknown kind or option, or a source that cannot be opened; the text says what was
            wanted.
    """
    spec = Spec.parse(text)
    if spec.kind in _BARE:
        if spec.where:
            raise SourceError(f"{text}: {spec.kind} takes options only, as in {spec.kind}?split=train")
        return _opener(spec.kind)(spec)
    if spec.kind not in _PLACED:
        hint = f"; did you mean folder:{text}?" if Path(text).exists() else ""
        raise SourceError(f"{text!r} is no source; wanted digits, site, parquet:FOLDER, hub:NAME or folder:PATH{hint}")
    if not spec.where:
        raise SourceError(f"{text}: wanted {spec.kind}: followed by a place")
    return _opener(spec.kind)(spec)


def _opener(kind: str) -> Callable[[Spec], Source]:
    """What opens this kind, imported when it is asked for: a node opens none."""
    found: Callable[[Spec], Source] = getattr(importlib.import_module(f"laconic.data.{kind}"), f"open_{kind}")
    return found
