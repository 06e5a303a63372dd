"""`laconic decode CODEC FILE.lac [-o FILE.parquet]`: what the pictures of a .lac file meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, OwnCode, percent

SHOWN = 20  # meanings printed when there is no -o


@dataclass(frozen=True)
class Decode(Command):
    """Understand a .lac file again."""

    codec: CodecFolder
    file: Annotated[Positional[Path], arg(metavar="FILE.lac")]
    """What laconic encode wrote."""

    out: Annotated[Path | None, arg(aliases=["-o"], metavar="FILE", help_behavior_hint="")] = None
    """A .parquet, .csv or .jsonl file for all meanings; without it the first are printed."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Decode all; write the table if one was asked for."""
        from laconic.cli.parts import codec_in
        from laconic.codec.bulk import decode_file, write_table

        codec = codec_in(self.codec, self.own_code)
        meanings = decode_file(codec, self.file)
        if self.out is not None:
            write_table(meanings, self.out)
        first = [{"name": m.name, "confidence": m.confidence, "word": m.word} for m in meanings[:SHOWN]]
        counts = dict.fromkeys(codec.classes, 0)
        for meaning in meanings:
            counts[meaning.name] += 1
        return {
            "file": str(self.file),
            "n": len(meanings),
            "table": str(self.out) if self.out else None,
            "counts": counts,
            "first": first,
        }

    def show(self, result: dict[str, Any]) -> None:
        """The first meanings, or where they all are; then how many of each."""
        if result["table"]:
            print(f"{result['table']}: {result['n']} meanings")
        else:
            for i, meaning in enumerate(result["first"]):
                word = f"word {meaning['word']}" if meaning["word"] else "sent as a picture"
                print(f"{i:6}  {meaning['name']:20} {percent(meaning['confidence']):>8}  {word}")
            if result["n"] > SHOWN:
                print(f"   ... and {result['n'] - SHOWN} more; -o FILE.parquet writes them all")
        print(", ".join(f"{count} {name}" for name, count in result["counts"].items() if count))
