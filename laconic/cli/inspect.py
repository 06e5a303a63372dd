"""`laconic inspect CODEC [SOURCE] | FILE.lac | HEX`: what each word, each unit and each bit is."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import Command, Maybe, OwnCode, misuse, percent, say, watched

if TYPE_CHECKING:
    import numpy as np

    from laconic.codec import Codec
    from laconic.contract import Anatomy

SHOWN = 40  # words printed


@dataclass(frozen=True)
class Inspect(Command):
    """Show a codec's lexicon, what a .lac file holds, or what each bit of a packet is."""

    what: Annotated[Positional[str], arg(metavar="CODEC|FILE.lac|HEX")]
    """A Codec folder, a .lac file, or a packet in hexadecimal digits."""

    source: Annotated[Positional[str | None], arg(metavar="SOURCE", help_behavior_hint="")] = None
    """Labelled pictures of a codec's classes: on the test split each of its units is silenced, and what falls is
    counted."""

    html: Maybe[Path] = None
    """Where a page about these units goes, with the pictures that excite each and the words that they make."""

    codec: Annotated[Path | None, arg(aliases=["-c"], metavar="CODEC", help_behavior_hint="")] = None
    """The codec that a .lac file or a packet belongs to; without it only its frame is explained."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Find out what `what` is, and explain it."""
        from laconic.cli.parts import codec_in
        from laconic.codec.explain import explain_codec, explain_file, explain_packet

        path = Path(self.what)
        if self.html is not None and self.source is None:
            misuse("--html shows units on pictures: laconic inspect CODEC SOURCE --html PAGE")
        if self.source is not None and not path.is_dir():
            misuse(f"a SOURCE goes with a Codec folder, and {self.what} is none")
        if path.is_dir():
            opened = codec_in(path, self.own_code)
            return explain_codec(opened) | ({} if self.source is None else self._units(opened, self.source))
        codec = codec_in(self.codec, self.own_code) if self.codec else None
        if path.exists() or path.suffix == ".lac":
            return explain_file(path, codec)
        return explain_packet(self.what, codec)

    def _units(self, codec: Codec, name: str) -> dict[str, Any]:
        """What silencing each unit costs on the test split of the source `name`, and the page."""
        from laconic.data import of_pictures, open_source
        from laconic.report.units import write_units
        from laconic.score.anatomy import anatomy
        from laconic.score.evaluation import labelled_pictures

        if self.html is not None:
            of_pictures(codec.preprocessing, "--html")
        codec, loaded, labels = labelled_pictures(codec, open_source(name), watched())
        for failure in loaded.failures:
            say(f"skipped row {failure.row}: {failure.reason}")
        found = anatomy(codec, codec.features(loaded.images), labels, name)
        if self.html is not None:
            looks = _attention(Path(self.what), codec, loaded.images, found)
            write_units(self.html, found, loaded.images, title=f"The units of {Path(self.what).name}", attention=looks)
        units = [asdict(score) | {"fires": dict(score.fires), "falls": dict(score.falls)} for score in found.units]
        page = {} if self.html is None else {"page": str(self.html)}
        return {"source": name, "removal": list(found.removal), "units": units, **page, "skipped": len(loaded.failures)}

    def show(self, result: dict[str, Any]) -> None:
        """Words as a table, or fields one a line."""
        for key, value in result.items():
            if key == "words":
                _show_words(value)
            elif key == "units":
                _show_units(value)
            elif key == "removal":
                print(f"{'accuracy':16} {percent(value[0])}")
            elif key == "fields":
                _show_fields(value)
            else:
                print(f"{key:16} {_plain(value)}")


def _show_words(words: list[dict[str, Any]]) -> None:
    said = [word for word in words if word["count"]]
    print(f"\n{'word':>20} {'code':>16} {'said':>7}  meaning")
    for word in said[:SHOWN]:
        meaning = f"{word['name']}, {percent(word['confidence'])}"
        print(f"{word['word']:>20} {word['code']:>16} {word['count']:>7}  {meaning}")
    if len(words) > len(said[:SHOWN]):
        unsaid = f"{len(words) - len(said)} of them never said in training"
        print(f"... and {len(words) - len(said[:SHOWN])} more words, {unsaid}; --json lists them all")


def _attention(folder: Path, codec: Codec, images: np.ndarray, anatomy: Anatomy) -> dict[int, np.ndarray]:
    """Where each unit looks in its examples; nothing without torch, or of a network that can't be rebuilt."""
    if not all(importlib.util.find_spec(package) for package in ("torch", "onnx")):
        say("no attention maps: they need the package 'torch'; install it with: pip install 'laconic[train]'")
        return {}
    import torch

    from laconic.score.attention import attention, feature_map
    from laconic.train.teacher import Teacher

    teacher = Teacher(folder, codec)
    if teacher.network is None:
        say("no attention maps: this codec's network is not one of laconic's own, or its weights are missing")
        return {}
    found = {}
    for score in anatomy.units:
        maps = feature_map(teacher.network, torch.from_numpy(images[list(score.examples)]))
        found[score.unit] = attention(maps, int(teacher.kept[score.unit]), images.shape[1:3]).numpy()
    return found


def _show_units(units: list[dict[str, Any]]) -> None:
    print(f"\n{'unit':>6} {'fires':>8} {'right without it':>17}  classes that fall without it")
    for unit in units[:SHOWN]:
        falls = ", ".join(f"{name} by {percent(share)}" for name, share in list(unit["falls"].items())[:3])
        print(f"{unit['unit']:>6} {percent(unit['active']):>8} {percent(unit['accuracy_without']):>17}  {falls}")
    if len(units) > SHOWN:
        print(f"... and {len(units) - SHOWN} more units, which fire less; --json lists them all")
    print()


def _show_fields(fields: list[dict[str, str]]) -> None:
    width = max(18, *(len(field["bits"]) for field in fields))
    for field in fields:
        print(f"{field['bits']:>{width}}  {field['name']:8} {field['meaning']}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n} {name}" for name, n in value.items() if n)
    return ", ".join(value) if isinstance(value, list) else str(value)
