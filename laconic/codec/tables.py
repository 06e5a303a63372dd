"""Speeches as one safetensors file and a JSON index: no pickle, and no class but those that are known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from laconic.codec.folder import CodecError
from laconic.codec.speech import Speech
from laconic.contract import LaconicError
from laconic.language import BUILTIN, Language, restore, state
from laconic.receiver import LinearReceiver, WordReceiver

RECEIVERS: dict[str, type[Any]] = {"words": WordReceiver, "linear": LinearReceiver}


def write_speeches(speeches: Mapping[str, Speech]) -> tuple[bytes, dict[str, Any]]:
    """All tables as safetensors bytes, named `speech/part/table`, and the index that codec.json holds."""
    tables: dict[str, np.ndarray] = {}
    index: dict[str, Any] = {}
    for name, speech in speeches.items():
        code, code_arrays = state(speech.language.code)
        receiver, receiver_arrays = state(speech.receiver)
        parts = {"code": code_arrays, "language": speech.language.to_tables(), "receiver": receiver_arrays}
        for part, arrays in parts.items():
            tables.update({f"{name}/{part}/{key}": np.ascontiguousarray(array) for key, array in arrays.items()})
        index[name] = {
            "code": {"name": speech.language.code.name, **code},
            "receiver": {"name": speech.receiver.name, **receiver},
        }
    return safetensors.numpy.save(tables), index


def read_speeches(index: Mapping[str, Any], content: bytes, own: type | None = None) -> dict[str, Speech]:
    """The speeches that `write_speeches` wrote; `own` is the class of a code of one's own.

    Raises:
        CodecError: the tables contradict each other, or the code is not built in and was not given.
    """
    try:
        tables = safetensors.numpy.load(content)
        return {name: _speech(name, entry, tables, own) for name, entry in index.items()}
    except CodecError:
        raise
    except (
        safetensors.SafetensorError,
        LaconicError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise CodecError(f"speeches.safetensors and codec.json contradict each other: {error}") from error


def _speech(name: str, entry: Mapping[str, Any], tables: Mapping[str, np.ndarray], own: type | None) -> Speech:
    def part(which: str) -> dict[str, np.ndarray]:
        prefix = f"{name}/{which}/"
        return {key.removeprefix(prefix): table for key, table in tables.items() if key.startswith(prefix)}

    code = restore(_code_class(entry["code"]["name"], own), _without_name(entry["code"]), part("code"))
    receiver = restore(RECEIVERS[entry["receiver"]["name"]], _without_name(entry["receiver"]), part("receiver"))
    return Speech(Language.from_tables(code, part("language")), receiver)


def _code_class(name: str, own: type | None) -> type[Any]:
    if own is not None and getattr(own, "name", None) == name:
        return own
    if name not in BUILTIN:
        raise CodecError(
            f"this codec speaks the code {name!r}, which is not part of laconic: "
            "give its class to Codec.load(..., code=), or --own-code package.module:name"
        )
    return BUILTIN[name]


def _without_name(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "name"}
