"""A trained codec: pictures to packets at the node, packets to meanings at the receiver. No torch.

```
pictures --preprocessing--> uint8 --encoder.onnx--> features --speech--> packets   encode
meanings <--receiver-- words <--language-- messages <------------------- packets   decode
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from laconic.codec.folder import CodecError, read_folder
from laconic.codec.session import Session
from laconic.codec.speech import Speech
from laconic.codec.tables import read_speeches
from laconic.contract import LaconicError, Meaning, Symbols
from laconic.data import Picture, PictureError, Preprocessing, read_pictures

BATCH = 256  # pictures that go through the encoder at once

Images: TypeAlias = Sequence[Picture] | UInt8[np.ndarray, "n height width *channels"]


@dataclass(frozen=True, eq=False)
class Codec:
    """What a Codec folder holds; `Codec.load` reads one.

    `speeches["said"]` is the language that it speaks; the others are rivals for `laconic evaluate`.
    """

    classes: tuple[str, ...]
    preprocessing: Preprocessing
    speeches: Mapping[str, Speech]
    session: Session
    manifest: Mapping[str, Any]

    @classmethod
    def load(cls, folder: str | Path, code: type | None = None, threads: int | None = None) -> Codec:
        """Read a Codec folder; `code` is the class of an own code, where the codec was trained with one.

        `threads` limits ONNX Runtime's threads (default: all cores).

        Raises:
            CodecError: the folder is missing, truncated, edited, newer or foreign, or its parts don't fit each
                other.
        """
        manifest, files = read_folder(Path(folder))
        classes, preprocessing, index = _described(manifest)
        speeches = read_speeches(index, files["speeches.safetensors"], code)
        session = Session(files["encoder.onnx"], threads)
        _check_fit(classes, preprocessing, speeches, session)
        return cls(classes, preprocessing, speeches, session, manifest)

    @property
    def said(self) -> Speech:
        """The language that this codec speaks, with its receiver."""
        return self.speeches["said"]

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that both ends must share: of the language and the receiver's tables, not the encoder."""
        return self.said.fingerprint

    def features(self, images: Images) -> Float32[np.ndarray, "n units"]:
        """The encoder's output for pictures of any size: paths, bytes, PIL pictures, or uint8 arrays.

        Raises:
            PictureError: the first picture that can't be read, with its number; or one bare picture.
        """
        parts = [self.session(batch) for batch in self._batches(images)]
        return np.concatenate(parts) if parts else np.zeros((0, self.session.units), np.float32)

    def encode(self, images: Images) -> list[bytes]:
        """Each picture as a packet of a few bytes.

        Raises:
            PictureError: as for `features`.
        """
        return self.said.packets(self.said.say(self.features(images)))

    @overload
    def decode(self, packets: Sequence[bytes], errors: Literal["raise"] = "raise") -> list[Meaning]: ...

    @overload
    def decode(self, packets: Sequence[bytes], errors: Literal["skip"]) -> list[Meaning | None]: ...

    def decode(
        self, packets: Sequence[bytes], errors: Literal["raise", "skip"] = "raise"
    ) -> list[Meaning] | list[Meaning | None]:
        """What each packet means; with errors="skip", None in place of one that is damaged or foreign.

        Raises:
            PacketError: a packet is damaged, foreign or of another version (errors="raise").
        """
        if errors not in ("raise", "skip"):
            raise CodecError(f'errors is "raise" or "skip", not {errors!r}')
        symbols, failures = self.said.hear(packets)
        if not failures:
            return self.meanings(symbols)
        if errors == "raise":
            raise next(iter(failures.values()))
        good = np.setdiff1d(np.arange(len(packets)), list(failures))
        understood = dict(zip(good.tolist(), self.meanings(symbols[good]), strict=True))
        return [understood.get(row) for row in range(len(packets))]

    def meanings(self, symbols: Symbols) -> list[Meaning]:
        """What words mean; equal words share one Meaning."""
        rows = np.concatenate([symbols.units.astype(np.int64), symbols.levels.astype(np.int64)], axis=1)
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        words = symbols[first]
        posterior = self.said.posterior(words)
        distinct = [
            Meaning(label, self.classes[label], float(row[label]), row, word)
            for label, row, word in zip(
                posterior.argmax(axis=1).tolist(), posterior, self.said.spell(words), strict=True
            )
        ]
        return [distinct[i] for i in inverse.reshape(-1).tolist()]

    def _batches(self, images: Images) -> Iterator[UInt8[np.ndarray, "batch height width channels"]]:
        if isinstance(images, str | bytes | Path | Image.Image):
            raise PictureError("wanted several pictures; put a single one in a list")
        for start in range(0, len(images), BATCH):
            some = images[start : start + BATCH]
            if isinstance(some, np.ndarray):
                yield self.preprocessing.batch(some)
                continue
            loaded = read_pictures(some, self.preprocessing)
            for failure in loaded.failures:
                raise PictureError(f"picture {start + failure.row}: {failure.reason}")
            yield loaded.images


def _described(manifest: Mapping[str, Any]) -> tuple[tuple[str, ...], Preprocessing, dict[str, Any]]:
    """The classes, the preprocessing and the index of speeches that a manifest holds."""
    try:
        classes, index = manifest["classes"], manifest["speeches"]
        preprocessing = Preprocessing(**manifest["preprocessing"])
        are_names = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
        if not are_names or not isinstance(index, dict) or "said" not in index:
            raise TypeError("class names and an index of speeches wanted")
    except (KeyError, TypeError, LaconicError) as error:
        raise CodecError(f"codec.json does not describe a codec ({error}); copy the codec again") from error
    return tuple(classes), preprocessing, index


def _check_fit(
    classes: tuple[str, ...], preprocessing: Preprocessing, speeches: Mapping[str, Speech], session: Session
) -> None:
    """Refuse parts that are each as written, but were not written for each other."""
    if session.shape != preprocessing.shape:
        raise CodecError(f"encoder.onnx takes pictures {session.shape}, codec.json makes {preprocessing.shape}")
    silence = np.zeros((1, session.units), np.float32)
    for name, speech in speeches.items():
        try:
            word = speech.say(silence)
            knows = (speech.language.code.dequantise(word).shape[1], speech.posterior(word).shape[1])
        except Exception as error:  # an own code may refuse what it is given as it likes
            raise CodecError(f"encoder.onnx gives features that {name} can't say: {error}") from error
        if knows != (session.units, len(classes)):
            wanted = f"{session.units} features and {len(classes)} classes"
            raise CodecError(f"encoder.onnx and codec.json have {wanted}, {name} knows {knows[0]} and {knows[1]}")
