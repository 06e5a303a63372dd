"""Which column of a table is what: named by the user, or guessed where only one can be meant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from laconic.data.split import SourceError
from laconic.extras import need

LABEL_NAMES = ("label", "labels", "y", "class", "target")
TEXT_NAMES = ("text", "texts", "review", "sentence", "document", "content", "message")
NO_LABEL = "none"  # label=none: pictures without labels


@dataclass(frozen=True)
class Columns:
    """The names of the columns in use, and the class names that the table's metadata gives; `label` may be none.

    `item` is the column of pictures, or where `is_text` of texts.
    """

    item: str
    label: str | None
    group: str | None
    event: str | None
    node: str | None
    class_names: tuple[str, ...] | None
    is_text: bool = False

    @property
    def side(self) -> list[str]:
        """The columns beside the picture's, each once."""
        return sorted({name for name in (self.label, self.group, self.event, self.node) if name is not None})

    def check(self, where: str, names: Sequence[str]) -> None:
        """Refuse a table, of another split, in which one of them is missing.

        Raises:
            SourceError: it is; the text lists the columns.
        """
        for name in (self.item, *self.side):
            if name not in names:
                raise SourceError(f"{where} has no column {name!r}; it has {', '.join(names)}")


@dataclass(frozen=True)
class _Column:
    name: str
    type: str  # as a person reads it
    is_picture: bool
    is_text: bool
    is_label: bool
    class_names: tuple[str, ...] | None


def choose_columns(where: str, schema: Any, options: Mapping[str, str]) -> Columns:
    """Find the columns of an Arrow schema.

    The picture: the one column that Hugging Face metadata call an Image; else the one of bytes or of structs
    with bytes. Where none can be it, the text: the one text column named as texts usually are; else the only one, if
    another column can be the label.
    The label: the one ClassLabel of the metadata; else the one integer or text column named as labels usually
    are; else the only integer or text column. Options `image` (or `text`), `label`, `group`, `event`, `node`
    name them outright; `label=none` says that there are no labels.

    Raises:
        SourceError: none or several fit, or a named column does not exist; the text lists the columns.
    """
    columns = {column.name: column for column in _describe(schema)}
    for option in ("image", "text", "label", "group", "event", "node"):
        unlabelled = option == "label" and options.get(option) == NO_LABEL
        if option in options and options[option] not in columns and not unlabelled:
            raise SourceError(f"{where} has no column {options[option]!r} ({option}=); {_listed(columns)}")
    group, event, node = options.get("group"), options.get("event"), options.get("node")
    item, is_text = _item(where, columns, options)
    if options.get("label") == NO_LABEL:
        return Columns(item, None, group, event, node, (), is_text)
    free = [c for c in columns.values() if c.is_label and c.name not in (item, group, event, node)]
    classes = [c for c in free if c.class_names]
    tiers = [[c.name for c in classes if _is_usual(c)], [c.name for c in classes]]
    tiers += [[c.name for c in free if _is_usual(c)], [c.name for c in free]]
    label = options.get("label") or _only(where, "label", tiers, columns)
    return Columns(item, label, group, event, node, columns[label].class_names, is_text)


def _item(where: str, columns: Mapping[str, _Column], options: Mapping[str, str]) -> tuple[str, bool]:
    """The column of pictures, or where there is none of texts; and whether it is texts."""
    if "image" in options and "text" in options:
        raise SourceError(f"{where}: image= and text= are both given; a codec is for pictures or for texts")
    if "text" in options:
        named = columns[options["text"]]
        if not named.is_text:
            raise SourceError(f"{where}: column {named.name!r} (text=) is {named.type}; wanted text")
        return named.name, True
    declared = [c.name for c in columns.values() if c.type == "Image"]
    pictures = [declared, [c.name for c in columns.values() if c.is_picture]]
    if "image" in options or any(pictures):
        return options.get("image") or _only(where, "image", pictures, columns), False
    taken = {options[name] for name in ("label", "group", "event", "node") if name in options}
    texts = [c.name for c in columns.values() if c.is_text and c.name not in taken]
    usual = [name for name in texts if name.lower() in TEXT_NAMES]
    others = {c.name for c in columns.values() if c.is_label} - set(texts)
    if usual or (texts and (others or "label" in options)):
        return _only(where, "text", [usual, texts], columns), True
    return _only(where, "image", pictures, columns), False


def _only(where: str, option: str, tiers: list[list[str]], columns: Mapping[str, _Column]) -> str:
    """The single name in the first tier that has any."""
    names = next((tier for tier in tiers if tier), [])
    if len(names) == 1:
        return names[0]
    several = f"several columns can be the {option} ({', '.join(names)})"
    fits = several if names else f"no column looks like the {option}"
    nothing = " (or label=none)" if option == "label" else ""
    raise SourceError(f"{where}: {fits}; say {option}=COLUMN{nothing}; {_listed(columns)}")


def _listed(columns: Mapping[str, _Column]) -> str:
    return "columns: " + ", ".join(f"{c.name} ({c.type})" for c in columns.values())


def _is_usual(column: _Column) -> bool:
    return column.name.lower() in LABEL_NAMES


def _describe(schema: Any) -> list[_Column]:
    features = _hugging_face_features(schema)
    return [_describe_one(field, features.get(field.name)) for field in schema]


def _describe_one(field: Any, feature: Any) -> _Column:
    types = need("pyarrow", "data").types
    feature = feature if isinstance(feature, dict) else {}
    declared = feature.get("_type")
    type_name = declared if declared in ("Image", "ClassLabel") else str(field.type)
    is_bytes = types.is_binary(field.type) or types.is_large_binary(field.type)
    has_bytes = types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
    tests = (types.is_string, types.is_large_string, types.is_dictionary, types.is_integer, types.is_boolean)
    is_label = any(test(field.type) for test in tests)
    is_text = types.is_string(field.type) or types.is_large_string(field.type)
    names = feature.get("names") if type_name == "ClassLabel" else None
    class_names = tuple(map(str, names)) if names else None
    return _Column(field.name, type_name, type_name == "Image" or is_bytes or has_bytes, is_text, is_label, class_names)


def _hugging_face_features(schema: Any) -> dict[str, Any]:
    """The features that Hugging Face `datasets` write into a schema's metadata; none where there are none."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}
