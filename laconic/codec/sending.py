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
from jaxtyping import Bool, Float32, Float64, Int64

from laconic.codec.folder import CodecError
from laconic.codec.speech import Speech
from laconic.contract import LaconicError
from laconic.picture import PictureCoder
from laconic.receiver import Predictions, SaidOrSent
from laconic.receiver.unknown import Prototypes

FILE = "sending.safetensors"


@dataclass(frozen=True, eq=False)
class Sending:
    """The rule, the detector of unknown pictures, and the coder of those that are sent.

    `tuning` and `calibration` are what the rule's thresholds were found on, kept so that evaluation can show other
    limits; `guarantee` is what calibration found, as JSON holds it.
    """

    rule: SaidOrSent
    prototypes: Prototypes
    coder: PictureCoder
    tuning: Predictions
    calibration: Predictions
    guarantee: Mapping[str, Any]

    def said(self, said: Speech, full: Speech, features: Float32[np.ndarray, "n units"]) -> Bool[np.ndarray, " n"]:
        """Which pictures are said."""
        found = predictions(said, full, self.prototypes, self.rule, features, np.full(len(features), -1))
        return self.rule.said(found.scores, found.predicted, found.may_be_said)

    def to_files(self) -> tuple[bytes, dict[str, Any]]:
        """All arrays as safetensors bytes, and the JSON record that codec.json holds."""
        arrays = {
            "thresholds": self.rule.thresholds,
            "known": self.prototypes.known,
            "unknown": self.prototypes.unknown,
        }
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
            return cls(rule, prototypes, coder, tuning, calibration, record["guarantee"])
        except (LaconicError, KeyError, TypeError, ValueError, safetensors.SafetensorError) as error:
            message = f"{type(error).__name__}: {error}"
            raise CodecError(f"{FILE} and codec.json contradict each other: {message}") from error


def _columns(arrays: Mapping[str, np.ndarray], name: str) -> Predictions:
    own = {key.partition("/")[2]: array for key, array in arrays.items() if key.startswith(f"{name}/")}
    return Predictions(own["scores"], own["predicted"], own["labels"], own.get("known"), own.get("groups"))


def predictions(
    said: Speech,
    full: Speech,
    prototypes: Prototypes,
    rule: SaidOrSent,
    features: Float32[np.ndarray, "n units"],
    labels: Int64[np.ndarray, " n"],
    groups: Int64[np.ndarray, " n"] | None = None,
) -> Predictions:
    """What would be understood of each picture's word, and how sure the node may be of it.

    The score is the probability, by all features, of the class that the word will be understood as: it doubts the
    word as well as the picture. `rule` gives the limits of what is known, not its thresholds.
    """
    symbols = said.say(features)
    predicted = said.posterior(symbols).argmax(axis=1)
    everything: Float64[np.ndarray, "n classes"] = full.posterior(full.say(features))
    seen = said.language.lexicon.find(symbols) >= 0
    known = rule.known(prototypes.novelty(features), seen)
    return Predictions(everything[np.arange(len(features)), predicted], predicted, labels, known, groups)
