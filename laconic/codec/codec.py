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

from laconic.codec.folder import read_folder
from laconic.codec.session import Session
from laconic.codec.speech import Speech
from laconic.codec.tables import read_speeches
from laconic.contract import Meaning, Symbols
from laconic.data import Picture, Preprocessing

BATCH = 256  # pictures that go through the encoder at once

Images: TypeAlias = Sequence[Picture] | UInt8[np.ndarray, "n height width channels"]


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
            CodecError: the folder is missing, truncated, edited, newer or foreign.
        """
        manifest, files = read_folder(Path(folder))
        return cls(
            classes=tuple(manifest["classes"]),
            preprocessing=Preprocessing(**manifest["preprocessing"]),
            speeches=read_speeches(manifest["speeches"], files["speeches.safetensors"], code),
            session=Session(files["encoder.onnx"], threads),
            manifest=manifest,
        )

    @property
    def said(self) -> Speech:
        """The language that this codec speaks, with its receiver."""
        return self.speeches["said"]

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that both ends must share: of the language and the receiver's tables, not the encoder."""
        return self.said.fingerprint

    def features(self, images: Images) -> Float32[np.ndarray, "n units"]:
        """The encoder's output for pictures of any size: paths, PIL pictures, or uint8 arrays.

        Raises:
            PictureError: a picture can't be read.
        """
        parts = [self.session(batch) for batch in self._batches(images)]
        return np.concatenate(parts) if parts else np.zeros((0, self.session.units), np.float32)

    def encode(self, images: Images) -> list[bytes]:
        """Each picture as a packet of a few bytes.

        Raises:
            PictureError: a picture can't be read.
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
        for start in range(0, len(images), BATCH):
            yield self.preprocessing.batch(images[start : start + BATCH])
