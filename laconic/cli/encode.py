"""`laconic encode CODEC INPUT... -o FILE.lac`: files of pictures or texts, folders and SOURCEs to one small file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Flag, OwnCode, misuse, say, watched


@dataclass(frozen=True)
class Encode(Command):
    """Say pictures, or texts: each becomes a word of a few bits, all of them one .lac file."""

    codec: CodecFolder
    inputs: Annotated[Positional[tuple[str, ...]], arg(metavar="INPUT...", help_behavior_hint="(required)")]
    """Picture files, folders (in these, files named .jpg, .png, ... are tried), or SOURCEs (their test split); for a
    codec for texts files of UTF-8, each one text, in folders those named .txt. What can't be read is left out and
    named, and the exit code is 1; so is a text of another language."""

    out: Annotated[Path, arg(aliases=["-o"])] = Path("pictures.lac")
    """The file; an older one there is replaced when all is encoded."""

    int8: Flag = False
    """Use the codec's encoder in 8 bits, which `laconic quantise` makes: the packets are of the same language."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Encode what can be read; count and name what can't."""
        from laconic.cli.parts import codec_in
        from laconic.codec.bulk import encode_inputs

        if not self.inputs:
            misuse("encode needs an INPUT: laconic encode CODEC INPUT... -o FILE.lac")
        codec = codec_in(self.codec, self.own_code, "int8" if self.int8 else "float")
        done = encode_inputs(codec, self.inputs, self.out, watched())
        for failure in done.failures:
            say(f"skipped {failure}")
        if done.others:
            say(f"{done.others} other files in the folders were not tried")
        return {
            "file": str(self.out),
            "of": codec.preprocessing.noun,
            "n": done.n,
            "bytes": done.n_bytes,
            "bits_mean": done.bits_mean,
            "sent": done.sent,
            "sent_bytes": done.sent_bytes,
            "skipped": len(done.failures),
            "failures": list(done.failures),
        }

    def show(self, result: dict[str, Any]) -> None:
        """One line."""
        of = "said one" if result["sent"] else result["of"]
        sent = f", {result['sent']} of them sent as pictures of {result['sent_bytes']} bytes" if result["sent"] else ""
        print(
            f"{result['file']}: {result['n']} {result['of']}s in {result['bytes']} bytes "
            f"({result['bits_mean']:.2f} bits a {of}{sent}), {result['skipped']} skipped"
        )
