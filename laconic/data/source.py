"""One name for any source of pictures: `digits`, `site`, `parquet:FOLDER`, `hub:NAME`, `folder:PATH`."""

from __future__ import annotations

from pathlib import Path

from laconic.data.digits import open_digits
from laconic.data.folder import open_folder
from laconic.data.hub import open_hub
from laconic.data.parquet import open_parquet
from laconic.data.site import open_site
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError

_BARE = {"digits": open_digits, "site": open_site}
_PLACED = {"folder": open_folder, "hub": open_hub, "parquet": open_parquet}


def open_source(text: str) -> Source:
    """Open a source by its name, `kind:where?option=value&option=value`.

    Options, where a kind has them: `image`, `label`, `group`, `event` name columns (guessed where only one
    can be meant); `split` names the split to test on. Pictures are read when they are asked for.

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
        return _BARE[spec.kind](spec)
    if spec.kind not in _PLACED:
        hint = f"; did you mean folder:{text}?" if Path(text).exists() else ""
        raise SourceError(f"{text!r} is no source; wanted digits, site, parquet:FOLDER, hub:NAME or folder:PATH{hint}")
    if not spec.where:
        raise SourceError(f"{text}: wanted {spec.kind}: followed by a place")
    return _PLACED[spec.kind](spec)
