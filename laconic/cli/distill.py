"""`laconic distill CODEC SOURCE --encoder NAME --out CODEC`: a smaller network that speaks a codec's language."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Flag, Maybe, OwnCode, in_words, percent, say, watched


@dataclass(frozen=True)
class Distill(Command):
    """Make a student of a codec: a network of another size that speaks the same language."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Pictures to learn on: digits, site, parquet:FOLDER, hub:NAME or folder:PATH; labels, if any, are the teacher's
    classes."""

    encoder: str = "cnnw16"
    """The student's network: cnn, resnet-8, resnet-18, resnet-50, with a width as in cnnw12, or package.module:name."""

    method: Literal["gkd", "rkd", "kd"] = "gkd"
    """What is taught beside features and soft decisions: the geometry of inner layers as graphs (gkd) or as distances
    (rkd), or nothing (kd)."""

    out: Path = Path("student")
    """Where the student's Codec folder goes."""

    layers: Annotated[tuple[str, ...], arg(metavar="NAME", help_behavior_hint="")] = ()
    """Layers of the student that gkd and rkd look at; by default the ends of its stages."""

    teacher_layers: Annotated[tuple[str, ...], arg(metavar="NAME", help_behavior_hint="")] = ()
    """As many of the teacher."""

    weight: Maybe[float] = None
    """Of the geometry of each pair of layers; 25/3, as the authors of gkd have it."""

    epochs: Maybe[int] = None
    """Train for so many epochs."""

    minutes: Maybe[float] = None
    """Train for so long, everything included; 15 if --epochs doesn't say when to stop."""

    batch_size: int = 256
    """Pictures in a training step."""

    learning_rate: Maybe[float] = None
    """The highest, after warming up."""

    augment: Literal["auto", "none", "shift", "shift-flip", "strong", "strong-gray"] = "auto"
    """The view that both look at; auto: shifts, and mirroring where pictures have colour."""

    calibration: float = 0.1
    """The part on which the limits of a teacher that says or sends are calibrated for its student."""

    say_all: Flag = False
    """Say every picture, even if the teacher sends some."""

    int8: Flag = False
    """Write its encoder in 8 bits besides."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """auto: bf16 where the processor has it."""

    seed: int = 0
    """Of all randomness but the division of the pictures, which is the teacher's."""

    resume: Flag = False
    """Continue the run that was left at this --out."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Train, then say what student and teacher reach and how far they agree."""
        from laconic.cli.parts import codec_in, encoder_named
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        if self.int8:
            check_installed("onnx", "train")
        source = open_source(self.source)  # told wrong before torch is imported
        own = type(codec_in(self.codec, self.own_code).said.language.code) if self.own_code else None
        encoder = encoder_named(self.encoder)
        from laconic.train.distill import distill, student_recipe
        from laconic.train.distilled import Distillation

        asked = {"weight": self.weight} if self.weight is not None else {}
        recipe = student_recipe(
            encoder=encoder,
            epochs=self.epochs,
            minutes=self.minutes,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            augment=self.augment,
            precision=self.precision,
            seed=self.seed,
        )
        codec = distill(
            self.codec,
            source,
            self.out,
            recipe=recipe,
            distillation=Distillation(self.method, self.layers or None, self.teacher_layers or None, **asked),
            calibration=self.calibration,
            say_all=self.say_all,
            int8=self.int8,
            code=own,
            resume=self.resume,
            progress=watched(),
            command=shlex.join(["laconic", *sys.argv[1:]]),
        )
        return {
            "codec": str(self.out),
            **codec.manifest["measured"],
            "cost": {"student": _cost(self.out), "teacher": _cost(self.codec)},
            **({"guarantee": dict(codec.sending.guarantee)} if codec.sending else {}),
            "skipped": codec.manifest["provenance"]["skipped"],
            "seconds": codec.manifest["provenance"]["seconds"],
        }

    def show(self, result: dict[str, Any]) -> None:
        """Say it in a few lines."""
        if "teacher" in result:
            print(
                f"{result['codec']}: {percent(result['accuracy_said'])} from {result['bits_mean']:.2f} bits (its "
                f"teacher {percent(result['teacher']['accuracy_said'])}) on {result['n']} test pictures"
            )
        for name, found in {"float": result, **{key: result[key] for key in ("int8",) if key in result}}.items():
            label, word, said = (percent(found[f"{what}_agreement"]) for what in ("label", "word", "said"))
            print(f"{name}: {label} understood as the teacher is, {word} with its loudest unit, {said} with its word")
        for name, cost in result["cost"].items():
            print(f"{name}: {', '.join(_in_words(cost))}")
        if "guarantee" in result:
            print(in_words(result["guarantee"]))
        source = self.source if "teacher" in result else "SOURCE"  # without labels it can't be evaluated on
        say(f"next: laconic evaluate {result['codec']} {source}")


def _cost(folder: Path) -> dict[str, Any]:
    """What a codec's encoder takes: kilobytes of 1000 bytes, in 8 bits if it has them, and multiply-adds a picture.

    These are None for a network of one's own whose maps have sizes that are known only when it runs.
    """
    from laconic.codec.folder import INT8
    from laconic.contract import LaconicError
    from laconic.score.edge import multiply_adds

    network, small = (folder / "encoder.onnx").read_bytes(), folder / INT8
    cost: dict[str, Any] = {"kilobytes": len(network) / 1000, "multiply_adds": None}
    if small.exists():
        cost["kilobytes_int8"] = small.stat().st_size / 1000
    with contextlib.suppress(LaconicError):
        cost["multiply_adds"] = multiply_adds(network)
    return cost


def _in_words(cost: dict[str, Any]) -> Iterator[str]:
    yield f"{cost['kilobytes']:.0f} kB"
    if "kilobytes_int8" in cost:
        yield f"{cost['kilobytes_int8']:.0f} kB in 8 bits"
    if cost["multiply_adds"] is not None:
        yield f"{cost['multiply_adds'] / 1e6:.2f} million multiply-adds a picture"
