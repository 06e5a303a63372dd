"""Data sets of the Hugging Face Hub, or local folders that its `datasets` library understands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laconic.data.columns import choose_columns
from laconic.data.decoding import Picture
from laconic.data.spec import Spec
from laconic.data.split import Source, SourceError
from laconic.data.tables import Table, picture_of, source_from_tables, text_of
from laconic.data.text import Text
from laconic.extras import need


@dataclass(frozen=True)
class HubPictures:
    """The picture column of a `datasets.Dataset`, which is memory-mapped and pickled as its files' names."""

    dataset: Any
    column: str

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Picture:
        return picture_of(self.dataset[index][self.column], Path())


@dataclass(frozen=True)
class HubTexts:
    """The text column of a `datasets.Dataset`."""

    dataset: Any
    column: str

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Text:
        return text_of(self.dataset[index][self.column])


def open_hub(spec: Spec) -> Source:
    """Open `hub:NAME?image=&label=&split=&group=&event=&node=&config=&text=`, downloaded once to the Hub's own cache.

    Raises:
        SourceError: there is no such data set or no network, or its columns cannot be told.
    """
    spec.allow("image", "label", "split", "group", "event", "node", "config", "text")
    datasets = need("datasets", "data")
    try:
        splits = datasets.load_dataset(spec.where, spec.options.get("config"))
    except Exception as error:  # network, authorisation, parsing: the library has no common class for them
        raise SourceError(f"{spec.text}: cannot be loaded from the Hub ({type(error).__name__}: {error})") from error
    first = splits["train"] if "train" in splits else next(iter(splits.values()))
    columns = choose_columns(spec.where, first.features.arrow_schema, spec.options)
    tables = {}
    for name, dataset in splits.items():
        columns.check(f"{spec.text}: {name}", dataset.column_names)
        kind = HubTexts if columns.is_text else HubPictures
        side = dataset.select_columns(columns.side).with_format("arrow")[:]
        pictures = dataset.select_columns([columns.item])
        if type(dataset.features[columns.item]).__name__ == "Image":
            pictures = pictures.cast_column(columns.item, datasets.Image(decode=False))
        tables[name] = Table(kind(pictures.with_format(None), columns.item), side)
    return source_from_tables(spec.text, tables, columns, spec.options.get("split"))
