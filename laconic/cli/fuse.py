"""`laconic fuse CODEC SOURCE?event=COLUMN&node=COLUMN`: what a centre has to know of several real sensors, learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Maybe, OwnCode, percent, say

if TYPE_CHECKING:
    import numpy as np

    from laconic.receiver import Heard


@dataclass(frozen=True)
class Fuse(Command):
    """Learn from events that several sensors saw how far to trust each, and how much they say twice.

    Packets and nodes stay as they are; Codec.fuse then makes one meaning of an event's packets.
    """

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE?event=...&node=...")]
    """Labelled pictures that tell the event that they show and the sensor that took them, of which the training split
    is used: one half to learn from, one half to measure. Events that the codec was trained on are left out."""

    max_error: Maybe[float] = None
    """The largest error among events that count as decided; by default all do."""

    confidence: float = 0.95
    """How sure --max-error is to hold."""

    seed: int = 0
    """Of the division of the events."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Learn, measure, and write the codec anew."""
        from laconic.cli.parts import codec_in
        from laconic.codec.events import fuse_codec
        from laconic.data import open_source
        from laconic.receiver import vote
        from laconic.score.calibration import expected_calibration_error

        codec = codec_in(self.codec, self.own_code)
        asked = (self.max_error, self.confidence, self.seed)
        fusing, others, n_learnt = fuse_codec(self.codec, codec, open_source(self.source), *asked)
        fusion, heard, labels = fusing.fusion, others.heard, others.labels
        posterior = fusion.posterior(heard)
        result = {
            "codec": str(self.codec),
            "source": self.source,
            "n_learnt": n_learnt,
            "n": len(others),
            "known": others.n_known,
            "skipped": others.n_unreadable,
            "nodes": _nodes(heard, labels, fusion.weights),
            "dependence": fusion.dependence,
            "temperature": fusion.temperature,
            "lapse": fusion.lapse,
            "accuracy": _right(posterior, labels),
            "accuracy_vote": _right(vote(heard), labels),
            "calibration_error": expected_calibration_error(posterior, labels),
        }
        return result if fusing.guarantee is None else {**result, "guarantee": dict(fusing.guarantee)}

    def show(self, result: dict[str, Any]) -> None:
        """A line for each node, then what they know together."""
        if result["known"]:
            say(f"{result['known']} events were left out: the codec was trained on pictures of theirs")
        print(f"learnt from {result['n_learnt']} events; of {result['n']} others right:")
        for node in result["nodes"]:
            right = "-" if node["accuracy"] is None else percent(node["accuracy"])
            print(f"{node['name']:20} {right:>8} of {node['n']}, weight {node['weight']:.2f}")
        print(f"{'all, by vote':20} {percent(result['accuracy_vote']):>8}")
        learnt = f"dependence {result['dependence']:.2f}, lapse {result['lapse']:.2f}"
        error = f"calibration error {result['calibration_error']:.3f}"
        print(f"{'all, fused':20} {percent(result['accuracy']):>8}, {learnt}, {error}")
        if "guarantee" in result:
            print(_in_words(result["guarantee"]))


def _nodes(heard: Heard, labels: np.ndarray, weights: np.ndarray) -> list[dict[str, Any]]:
    """Each node alone, on the events that it saw."""
    return [
        {
            "name": name,
            "weight": float(weight),
            "n": int(present.sum()),
            "accuracy": _right(heard.posteriors[present, i], labels[present]),
        }
        for i, (name, weight, present) in enumerate(zip(heard.nodes, weights, heard.present.T, strict=True))
    ]


def _right(posterior: np.ndarray, labels: np.ndarray) -> float | None:
    return float((posterior.argmax(axis=1) == labels).mean()) if len(labels) else None


def _in_words(guarantee: dict[str, Any]) -> str:
    limit, sure = percent(guarantee["max_error"]), percent(guarantee["confidence"])
    if not guarantee["met"]:
        return f"an error of at most {limit} can't be shown, so no event counts as decided: {guarantee['advice']}"
    return (
        f"decides {percent(guarantee['coverage'])} of events; among these the error is at most {limit}, with {sure} "
        f"confidence ({guarantee['errors']} wrong of {guarantee['n_said']} in calibration)"
    )
