"""`laconic inspect CODEC | FILE.lac | HEX`: what each word and each bit is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import Command, percent

SHOWN = 40  # words printed


@dataclass(frozen=True)
class Inspect(Command):
    """Show a codec's lexicon, what a .lac file holds, or what each bit of a packet is."""

    what: Positional[str] = "codec"
    """A Codec folder, a .lac file, or a packet in hexadecimal digits."""

    codec: Annotated[Path | None, arg(aliases=["-c"])] = None
    """The codec that a .lac file or a packet belongs to; without it only its frame is explained."""

    own_code: str | None = None
    """package.module:name of the code, where the codec was trained with one of your own."""

    def run(self) -> dict[str, Any]:
        """Find out what `what` is, and explain it."""
        from laconic.cli.parts import own_or_name
        from laconic.codec import Codec
        from laconic.codec.explain import explain_codec, explain_file, explain_packet

        own = own_or_name(self.own_code) if self.own_code else None
        path = Path(self.what)
        if path.is_dir():
            return explain_codec(Codec.load(path, own))
        codec = Codec.load(self.codec, own) if self.codec else None
        if path.exists() or path.suffix == ".lac":
            return explain_file(path, codec)
        return explain_packet(self.what, codec)

    def show(self, result: dict[str, Any]) -> None:
        """Words as a table, or fields one a line."""
        words = result.pop("words", None)
        fields = result.pop("fields", None)
        for key, value in result.items():
            print(f"{key:16} {value}")
        if fields:
            for field in fields:
                print(f"{field['bits']:>18}  {field['name']:12} {field['meaning']}")
        if words:
            print(f"\n{'word':>20} {'code':>12} {'said':>7}  meaning")
            for word in words[:SHOWN]:
                print(
                    f"{word['word']:>20} {word['code']:>12} {word['count']:>7}  {word['name']} {percent(word['confidence'])}"
                )
            if len(words) > SHOWN:
                print(f"... and {len(words) - SHOWN} more words; --json lists them all")
