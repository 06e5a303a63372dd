r"""What a codec that also sends pictures knows: when to say and when to send, how to write a picture, how to read one.

```
features --word--> predicted class, score --rule--> said: the word
                   novelty ----------------^     \-> sent: the picture, in a few bytes
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import safetensors.numpy
from jaxtyping import Bool, Float32, Float64, Int64, UInt8

from laconic.codec.folder import CodecError
from laconic.codec.speech import Speech
from laconic.contract import LaconicError
from laconic.data.look import is_usual, looks
from laconic.picture import PictureCoder
from laconic.receiver import Predictions, SaidOrSent
from laconic.receiver.unknown import Prototypes

FILE = "sending.safetensors"


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures as the rule sees them: features, labels (-1 for none of the classes), bursts or cameras, and looks."""

    features: Float32[np.ndarray, "n units"]
    labels: Int64[np.ndarray, " n"]
    groups: Int64[np.ndarray, " n"] | None
    looks: Float64[np.ndarray, "n 3"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Sending:
    """The rule, the detectors of unknown pictures, and the coder of those that are sent.

    `usual` is the range of how training pictures look (`laconic.data.look`); None where looks don't matter. `tuning`
    and `calibration` are what the rule's thresholds were found on, kept so that evaluation can show other limits;
    `guarantee` is what calibration found, as JSON holds it.
    """

    rule: SaidOrSent
    prototypes: Prototypes
    coder: PictureCoder
    tuning: Predictions
    calibration: Predictions
    guarantee: Mapping[str, Any]
    usual: Float64[np.ndarray, "2 3"] | None = None

    def said(
        self,
        said: Speech,
        full: Speech,
        features: Float32[np.ndarray, "n units"],
        images: UInt8[np.ndarray, "n height width channels"],
    ) -> Bool[np.ndarray, " n"]:
        """Which pictures are said."""
        found = self.seen(said, full, Examples(features, np.full(len(features), -1), None, looks(images)))
        return self.rule.said(found.scores, found.predicted, found.may_be_said)

    def seen(self, said: Speech, full: Speech, pictures: Examples) -> Predictions:
        """What would be understood of each picture's word, and how sure the node may be of it.

        The score is the probability, by all features, of the class that the word will be understood as: it doubts the
        word as well as the picture. What is unlike the training pictures is not known, whatever its score.
        """
        features = pictures.features
        symbols = said.say(features)
        predicted = said.posterior(symbols).argmax(axis=1)
        everything: Float64[np.ndarray, "n classes"] = full.posterior(full.say(features))
        in_lexicon = said.language.lexicon.find(symbols) >= 0
        known = self.rule.known(self.prototypes.novelty(features), in_lexicon)
        if self.usual is not None:
            known = known & is_usual(pictures.looks, self.usual)
        scores = everything[np.arange(len(features)), predicted]
        return Predictions(scores, predicted, pictures.labels, known, pictures.groups)

    def to_files(self) -> tuple[bytes, dict[str, Any]]:
        """All arrays as safetensors bytes, and the JSON record that codec.json holds."""
        arrays = {
            "thresholds": self.rule.thresholds,
            "known": self.prototypes.known,
            "unknown": self.prototypes.unknown,
        }
        if self.usual is not None:
            arrays["usual"] = self.usual
        for name, columns in (("tuning", self.tuning), ("calibration", self.calibration)):
            arrays |= {f"{name}/{key}": column for key, column in vars(columns).items() if column is not None}
        rule = {field.name: getattr(self.rule, field.name) for field in fields(self.rule) if field.name != "thresholds"}
        record = {"rule": rule, "coder": asdict(self.coder), "guarantee": dict(self.guarantee)}
        return safetensors.numpy.save({key: np.ascontiguousarray(array) for key, array in arrays.items()}), record

    @classmethod
    def from_files(cls, content: bytes, record: Mapping[str, Any]) -> Sending:
        """What `to_files` gave.

        Raises:
            CodecError: the two contradict each other.
        """
        try:
            arrays = safetensors.numpy.load(content)
            rule = SaidOrSent(arrays["thresholds"], **record["rule"])
            prototypes = Prototypes(arrays["known"], arrays["unknown"], rule.novelty_limit)
            coder = PictureCoder(**{**record["coder"], "formats": tuple(record["coder"]["formats"])})
            tuning, calibration = (_columns(arrays, name) for name in ("tuning", "calibration"))
            return cls(rule, prototypes, coder, tuning, calibration, record["guarantee"], arrays.get("usual"))
        except (LaconicError, KeyError, TypeError, ValueError, safetensors.SafetensorError) as error:
            message = f"{type(error).__name__}: {error}"
            raise CodecError(f"{FILE} and codec.json contradict each other: {message}") from error


def _columns(arrays: Mapping[str, np.ndarray], name: str) -> Predictions:
    own = {key.partition("/")[2]: array for key, array in arrays.items() if key.startswith(f"{name}/")}
    return Predictions(own["scores"], own["predicted"], own["labels"], own.get("known"), own.get("groups"))
