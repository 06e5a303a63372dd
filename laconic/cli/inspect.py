"""`laconic inspect CODEC | FILE.lac | HEX`: what each word and each bit is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import Command, OwnCode, percent

SHOWN = 40  # words printed


@dataclass(frozen=True)
class Inspect(Command):
    """Show a codec's lexicon, what a .lac file holds, or what each bit of a packet is."""

    what: Annotated[Positional[str], arg(metavar="CODEC|FILE.lac|HEX")]
    """A Codec folder, a .lac file, or a packet in hexadecimal digits."""

    codec: Annotated[Path | None, arg(aliases=["-c"], metavar="CODEC", help_behavior_hint="")] = None
    """The codec that a .lac file or a packet belongs to; without it only its frame is explained."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Find out what `what` is, and explain it."""
        from laconic.cli.parts import codec_in
        from laconic.codec.explain import explain_codec, explain_file, explain_packet

        path = Path(self.what)
        if path.is_dir():
            return explain_codec(codec_in(path, self.own_code))
        codec = codec_in(self.codec, self.own_code) if self.codec else None
        if path.exists() or path.suffix == ".lac":
            return explain_file(path, codec)
        return explain_packet(self.what, codec)

    def show(self, result: dict[str, Any]) -> None:
        """Words as a table, or fields one a line."""
        for key, value in result.items():
            if key == "words":
                _show_words(value)
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


def _show_fields(fields: list[dict[str, str]]) -> None:
    width = max(18, *(len(field["bits"]) for field in fields))
    for field in fields:
        print(f"{field['bits']:>{width}}  {field['name']:8} {field['meaning']}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n} {name}" for name, n in value.items() if n)
    return ", ".join(value) if isinstance(value, list) else str(value)
