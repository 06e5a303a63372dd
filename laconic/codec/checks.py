"""What a Codec folder's manifest describes, and whether its parts were written for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from laconic.codec.folder import CodecError
from laconic.codec.fusing import FILE as FUSION
from laconic.codec.fusing import Fusing
from laconic.codec.sending import FILE, Sending
from laconic.codec.session import Session
from laconic.codec.speech import Speech
from laconic.contract import LaconicError
from laconic.data import AnyPreprocessing, Preprocessing, TextPreprocessing
from laconic.data.text import VOCABULARY


def described(
    manifest: Mapping[str, Any], files: Mapping[str, bytes]
) -> tuple[tuple[str, ...], AnyPreprocessing, dict[str, Any]]:
    """The classes, the preprocessing and the index of speeches that a manifest (and a codec's files) hold.

    Raises:
        CodecError: it holds others.
    """
    try:
        classes, index = manifest["classes"], manifest["speeches"]
        preprocessing = _preprocessing(manifest["preprocessing"], files)
        are_names = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
        if not are_names or not isinstance(index, dict) or "said" not in index:
            raise TypeError("class names and an index of speeches wanted")
    except (AttributeError, KeyError, TypeError, LaconicError) as error:
        raise CodecError(f"codec.json does not describe a codec ({error}); copy the codec again") from error
    return tuple(classes), preprocessing, index


def _preprocessing(record: Mapping[str, Any], files: Mapping[str, bytes]) -> AnyPreprocessing:
    if record.get("kind") != "text":
        return Preprocessing(**record)
    if VOCABULARY not in files:
        raise CodecError(f"{VOCABULARY} is missing, without which no text can be read")
    return TextPreprocessing.restore(record, files[VOCABULARY])


def opened_sending(
    manifest: Mapping[str, Any], files: Mapping[str, bytes], threads: int | None
) -> tuple[Sending | None, Session | None]:
    """What a codec that sends pictures has besides.

    Raises:
        CodecError: a part is missing, or says nothing of what it is.
    """
    record, receiver = manifest.get("sending"), files.get("receiver.onnx")
    if record is None:
        return None, None
    if FILE not in files:
        raise CodecError(f"this codec sends pictures, but {FILE} is missing; copy the codec again")
    if receiver is not None and not _has_temperature(manifest.get("receiver")):
        raise CodecError("codec.json says nothing of receiver.onnx's temperature; copy the codec again")
    session = None if receiver is None else Session(receiver, threads, "receiver.onnx")
    return Sending.from_files(files[FILE], record), session


def opened_fusing(manifest: Mapping[str, Any], files: Mapping[str, bytes], n_classes: int) -> Fusing | None:
    """What a codec knows of several nodes; None where nothing was learnt, or its file was left out, as at a node.

    Raises:
        CodecError: it was learnt for another codec.
    """
    record = manifest.get("fusion")
    return None if record is None or FUSION not in files else Fusing.from_files(files[FUSION], record, n_classes)


def _has_temperature(record: object) -> bool:
    value = record.get("temperature") if isinstance(record, dict) else None
    return isinstance(value, int | float) and 0 < value < np.inf


def check_fit(
    classes: tuple[str, ...], preprocessing: AnyPreprocessing, speeches: Mapping[str, Speech], session: Session
) -> None:
    """Refuse parts that are each as written, but were not written for each other.

    Raises:
        CodecError: they were not.
    """
    if session.shape != preprocessing.shape:
        raise CodecError(
            f"{session.name} takes {preprocessing.noun}s {session.shape}, codec.json makes {preprocessing.shape}"
        )
    silence = np.zeros((1, session.units), np.float32)
    for name, speech in speeches.items():
        try:
            word = speech.say(silence)
            knows = (speech.language.code.dequantise(word).shape[1], speech.posterior(word).shape[1])
        except Exception as error:  # an own code may refuse what it is given as it likes
            raise CodecError(f"{session.name} gives features that {name} can't say: {error}") from error
        if knows != (session.units, len(classes)):
            wanted = f"{session.units} features and {len(classes)} classes"
            raise CodecError(f"{session.name} and codec.json have {wanted}, {name} knows {knows[0]} and {knows[1]}")


def check_sending(
    sending: Sending | None, receiver: Session | None, shape: tuple[int, ...], n_classes: int, units: int
) -> None:
    """Refuse what decides on pictures and looks at them, if it was made for another codec.

    Raises:
        CodecError: it was.
    """
    if sending is None:
        return
    coder = sending.coder
    sends = ((coder.height, coder.width, coder.channels), *sending.rule.thresholds.shape)
    if (*sends, sending.prototypes.known.shape[1]) != (shape, n_classes, units):
        raise CodecError(f"{FILE} was made for another codec; calibrate this one: laconic calibrate")
    if receiver is not None and (receiver.shape, receiver.units) != (shape, n_classes):
        raise CodecError(
            f"receiver.onnx tells {receiver.units} classes of pictures {receiver.shape}, this codec has {n_classes} of "
            f"{shape}; copy the codec again"
        )
