"""What to choose between: several codecs, each with its float and its INT8 encoder, on the same pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float32, Int64

from laconic.codec import Codec
from laconic.codec.folder import INT8
from laconic.data import Loaded, Source
from laconic.score.agreement import Agreement, agreement
from laconic.score.edge import EdgeScore, edge_score
from laconic.score.evaluation import EvaluationError, labelled_pictures, score_speech

Encoder: TypeAlias = Literal["float", "int8"]
NETWORKS: dict[Encoder, str] = {"float": "encoder.onnx", "int8": INT8}


@dataclass(frozen=True)
class Choice:
    """One encoder of one codec: what it reaches with the words that it says, what it costs, whether it agrees.

    `agreement` is with the first choice of all (features centred on its mean over these pictures), and None of that
    one itself and of those that speak another language.
    """

    codec: str
    encoder: Encoder
    accuracy_said: float
    bits_mean: float
    packet_bytes_mean: float
    edge: EdgeScore
    agreement: Agreement | None

    def record(self) -> dict[str, Any]:
        """As the JSON object that --json prints."""
        flat = {key: value for key, value in asdict(self).items() if key != "edge"}
        return {**flat, **asdict(self.edge)}


@dataclass(frozen=True, eq=False)
class Seen:
    """A codec's folder, the codec (one of clusters has them named), and test pictures as it sees them."""

    folder: Path
    codec: Codec
    loaded: Loaded
    labels: Int64[np.ndarray, " n"]


def see(folder: Path, codec: Codec, source: Source, progress: bool = False) -> Seen:
    """The codec of a folder with the test split of `source`.

    Raises:
        EvaluationError: the source's classes are not the codec's, or it has no pictures.
        SourceError: it has no test split, or one that can't be read.
    """
    named, loaded, labels = labelled_pictures(codec, source, progress)
    if not len(labels):
        raise EvaluationError(f"{source.name} has no pictures to measure on")
    return Seen(folder, named, loaded, labels)


def choices(codecs: Iterable[Seen]) -> list[Choice]:
    """Measure codecs one after another, each with its float encoder and then with its INT8 one, if it has one.

    Raises:
        CodecError: an INT8 encoder can't be used.
    """
    found: list[Choice] = []
    first: tuple[Seen, Float32[np.ndarray, "n units"]] | None = None
    for each in codecs:
        images, said = each.loaded.images, each.codec.said
        for encoder, codec in _encoders(each):
            features = codec.features(images)
            first = first or (each, features)
            score = score_speech("said", said, features, each.labels)
            found.append(
                Choice(
                    codec=str(each.folder),
                    encoder=encoder,
                    accuracy_said=score.accuracy,
                    bits_mean=score.bits_mean,
                    packet_bytes_mean=score.packet_bytes_mean,
                    edge=edge_score((each.folder / NETWORKS[encoder]).read_bytes(), images),
                    agreement=_agreement(*first, each, features) if found else None,
                )
            )
    return found


def _encoders(each: Seen) -> Iterator[tuple[Encoder, Codec]]:
    yield "float", each.codec
    if (each.folder / INT8).exists():
        yield "int8", Codec.load(each.folder, type(each.codec.said.language.code), encoder="int8")


def _agreement(
    first: Seen, theirs: Float32[np.ndarray, "n units"], each: Seen, features: Float32[np.ndarray, "n units"]
) -> Agreement | None:
    same_pictures = np.array_equal(first.loaded.rows, each.loaded.rows)
    if each.codec.fingerprint != first.codec.fingerprint or not same_pictures:
        return None
    return agreement(first.codec.said, theirs, features, theirs.mean(axis=0))
