"""Speeches as one safetensors file and a JSON index: no pickle, and no class but those that are known here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from laconic.codec.folder import CodecError
from laconic.codec.speech import Speech
from laconic.language import BUILTIN, Language, restore, state
from laconic.language.crc import Check
from laconic.receiver import LinearReceiver, ReceiverError, WordReceiver

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
            "check": speech.check.name,
            "generation": speech.generation,
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
    except Exception as error:  # an own code may refuse its tables as it likes
        message = f"{type(error).__name__}: {error}"
        raise CodecError(f"speeches.safetensors and codec.json contradict each other: {message}") from error


def _speech(name: str, entry: Mapping[str, Any], tables: Mapping[str, np.ndarray], own: type | None) -> Speech:
    def part(which: str) -> dict[str, np.ndarray]:
        prefix = f"{name}/{which}/"
        return {key.removeprefix(prefix): table for key, table in tables.items() if key.startswith(prefix)}

    kind = _code_class(entry["code"]["name"], own if name == "said" else None)
    code = restore(kind, _scalars(kind, entry["code"]), part("code"))
    receives = RECEIVERS[entry["receiver"]["name"]]
    receiver = restore(receives, _scalars(receives, entry["receiver"]), part("receiver"))
    language = Language.from_tables(code, part("language"))
    alphabet = language.lexicon.alphabet
    counted = (alphabet.n_units, 2**alphabet.level_bits)
    if isinstance(receiver, WordReceiver) and receiver.unit_counts.shape[:2] != counted:
        raise ReceiverError(f"counts of {counted} units and levels wanted, got {receiver.unit_counts.shape[:2]}")
    return Speech(language, receiver, Check[entry.get("check", "CRC8")], entry.get("generation", 0))


def _code_class(name: str, own: type | None) -> type[Any]:
    named = getattr(own, "name", None)
    if own is not None and (named == name or not isinstance(named, str)):  # only its instances have a name
        return own
    if name not in BUILTIN:
        came = f"; {own.__name__} is the code {named!r}" if own is not None else ""
        raise CodecError(
            f"this codec speaks the code {name!r}, which is not part of laconic: "
            f"give its class to Codec.load(..., code=), or --own-code package.module:name{came}"
        )
    return BUILTIN[name]


def _scalars(kind: type[Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields among an entry's values: its name is one only where the class says so."""
    is_field = "name" in {field.name for field in dataclasses.fields(kind)}
    return {key: value for key, value in entry.items() if key != "name" or is_field}
