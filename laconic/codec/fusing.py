"""Several nodes' packets on one event become one meaning: what `laconic fuse` has taught a codec.

```
node 1: packet --decode--> P(class | packet 1) --\
node 2: packet --decode--> P(class | packet 2) ---+--fusion--> P(class | event) --thresholds--> decided, or doubtful
node 3: nothing came                             /
```

That is the receiver's own affair: the language, its fingerprint and the nodes stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.numpy
from jaxtyping import Float64

from laconic.codec.folder import CodecError
from laconic.contract import LaconicError, Meaning
from laconic.receiver import Fusion, FusionError, gather

FILE = "fusion.safetensors"


@dataclass(frozen=True, eq=False)
class Fusing:
    """How events are fused, and from which confidence on they count as decided.

    `guarantee` is what calibration found on fused events, as JSON holds it; None where no bound was asked for. It is
    on events that are exchangeable with those of calibration: see `laconic.receiver.fused_predictions`.
    """

    fusion: Fusion
    guarantee: Mapping[str, Any] | None = None

    @property
    def thresholds(self) -> Float64[np.ndarray, " classes"]:
        """The least confidence of each class at which an event is decided: 0 without a bound, infinite for never."""
        if self.guarantee is None:
            return np.zeros(len(self.fusion.prior))
        found = [row["threshold"] for row in self.guarantee["classes"]]
        return np.array([np.inf if threshold is None else threshold for threshold in found])

    def decides(self, meaning: Meaning) -> bool:
        """Whether the bound covers what an event was understood as."""
        return bool(meaning.confidence >= self.thresholds[meaning.label])

    def meanings(self, classes: tuple[str, ...], events: Sequence[Mapping[str, Meaning]]) -> list[Meaning]:
        """One meaning for each event, of what its nodes said: their words are named beside them.

        Raises:
            FusionError: an event with no node, or a node whose reliability is not known.
        """
        for row, event in enumerate(events):
            if not event:
                raise FusionError(f"no node said anything of event {row}: leave it out")
        said = [(row, node, meaning) for row, event in enumerate(events) for node, meaning in event.items()]
        rows = np.array([row for row, _, _ in said], np.int64)
        known = np.array([meaning.probabilities for _, _, meaning in said]).reshape(len(said), len(classes))
        heard, _ = gather(self.fusion.nodes, rows, [node for _, node, _ in said], known)
        posterior = self.fusion.posterior(heard)
        labels = posterior.argmax(axis=1).tolist()
        return [
            Meaning(label, classes[label], float(row[label]), row, _words(event))
            for label, row, event in zip(labels, posterior, events, strict=True)
        ]

    def to_files(self) -> tuple[bytes, dict[str, Any]]:
        """All arrays as safetensors bytes, and the JSON record that codec.json holds."""
        fusion = self.fusion
        arrays = {"prior": fusion.prior, "weights": fusion.weights, "biases": fusion.biases}
        record = {
            "nodes": list(fusion.nodes),
            "dependence": fusion.dependence,
            "temperature": fusion.temperature,
            "lapse": fusion.lapse,
            "guarantee": None if self.guarantee is None else dict(self.guarantee),
        }
        return safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}), record

    @classmethod
    def from_files(cls, content: bytes, record: Mapping[str, Any], n_classes: int) -> Fusing:
        """What `to_files` gave.

        Raises:
            CodecError: the two contradict each other, or are of another number of classes.
        """
        try:
            arrays = safetensors.numpy.load(content)
            fusion = Fusion(
                tuple(record["nodes"]),
                arrays["prior"],
                arrays["weights"],
                arrays["biases"],
                record["dependence"],
                record["temperature"],
                record["lapse"],
            )
            fusing = cls(fusion, record["guarantee"])
            if {len(fusion.prior), len(fusing.thresholds)} != {n_classes}:
                raise ValueError(f"{n_classes} classes wanted")
        except (LaconicError, KeyError, TypeError, ValueError, safetensors.SafetensorError) as error:
            message = f"{type(error).__name__}: {error}"
            raise CodecError(f"{FILE} and codec.json contradict each other: {message}") from error
        return fusing


def _words(event: Mapping[str, Meaning]) -> str:
    """Who said what, as in `north 12+7+3, south a picture`."""
    return ", ".join(f"{node} {meaning.word or 'a picture'}" for node, meaning in event.items())
