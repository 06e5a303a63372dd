"""`laconic calibrate CODEC SOURCE --max-error E`: what a codec may say, found on pictures of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Flag, OwnCode, in_words, say


@dataclass(frozen=True)
class Calibrate(Command):
    """Make a codec say a picture only where it may, and send the others; or give it other limits."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Labelled pictures such as the nodes will see, of which the training split is used; those that the codec was
    trained on are left out."""

    max_error: float = 0.05
    """The largest error among said pictures."""

    confidence: float = 0.95
    """How sure --max-error is to hold."""

    per_class: Flag = False
    """Hold --max-error for the pictures said as each class."""

    max_miss: Annotated[tuple[str, ...], arg(metavar="CLASS=X", help_behavior_hint="")] = ()
    """CLASS=0.1 ...: the largest part of a class's pictures that may be said as something else."""

    picture_bytes: int = 220
    """The most bytes of a sent picture."""

    seed: int = 0
    """Of the division of the pictures, and of the draw from each group."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Calibrate, and write the codec anew."""
        from laconic.cli.parts import codec_in, limits_of
        from laconic.codec.teach import calibrate_codec
        from laconic.data import open_source

        codec = codec_in(self.codec, self.own_code)
        limits = limits_of(self, codec.classes)
        sending, overlapping = calibrate_codec(self.codec, codec, open_source(self.source), limits)
        return {
            "codec": str(self.codec),
            "n": len(sending.calibration),
            "overlapping": overlapping,
            "guarantee": dict(sending.guarantee),
        }

    def show(self, result: dict[str, Any]) -> None:
        """What was found, in a sentence."""
        if result["overlapping"]:
            say(f"{result['overlapping']} pictures were left out: the codec was trained on them")
        print(in_words(result["guarantee"]))
