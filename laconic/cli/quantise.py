"""`laconic quantise CODEC SOURCE`: a codec's encoder in 8 bits, beside the one that it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, OwnCode, say


@dataclass(frozen=True)
class Quantise(Command):
    """Give a codec an INT8 encoder besides: a quarter of the size, faster, of the same language."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Pictures such as the nodes will see, of which some of the training split are used; they need no labels."""

    pictures: int = 512
    """How many of them the ranges of numbers inside the encoder are found on."""

    seed: int = 0
    """Of the draw of these."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Quantise, and write the codec anew."""
        from laconic.cli.parts import codec_in
        from laconic.codec.folder import INT8
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("onnx", "train")
        codec, source = codec_in(self.codec, self.own_code), open_source(self.source)
        from laconic.train.int8 import quantise_codec

        record = quantise_codec(self.codec, source, self.pictures, self.seed, type(codec.said.language.code))
        return {
            "codec": str(self.codec),
            "pictures": record["pictures"],
            "kilobytes": (self.codec / INT8).stat().st_size / 1000,
            "kilobytes_float": (self.codec / "encoder.onnx").stat().st_size / 1000,
        }

    def show(self, result: dict[str, Any]) -> None:
        """One line."""
        print(
            f"{result['codec']}: {result['kilobytes']:.1f} kB (1 kB = 1000 bytes) instead of "
            f"{result['kilobytes_float']:.1f} kB, calibrated on {result['pictures']} pictures"
        )
        say(f"next: laconic evaluate {result['codec']} {self.source}")
