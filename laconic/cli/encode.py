"""`laconic encode CODEC INPUT... -o FILE.lac`: picture files, folders and SOURCEs to one small file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import Command, say


@dataclass(frozen=True)
class Encode(Command):
    """Say pictures: each becomes a word of a few bits, all of them one .lac file."""

    codec: Positional[Path] = Path("codec")
    inputs: Positional[tuple[str, ...]] = ()
    """Picture files, folders of them, or SOURCEs (their test split, or ?split=NAME)."""

    out: Annotated[Path, arg(aliases=["-o"])] = Path("pictures.lac")
    own_code: str | None = None
    """package.module:name of the code, where the codec was trained with one of your own."""

    def run(self) -> dict[str, Any]:
        """Encode what can be read; count and name what can't."""
        from laconic.cli.parts import own_or_name
        from laconic.codec import Codec, CodecError
        from laconic.codec.bulk import encode_inputs

        codec = Codec.load(self.codec, own_or_name(self.own_code) if self.own_code else None)
        done = encode_inputs(codec, self.inputs, self.out)
        for name, reason in done.failures:
            say(f"skipped {name}: {reason}")
        if done.n == 0:
            raise CodecError(f"none of the {len(done.failures)} pictures could be read; nothing was written")
        return {
            "file": str(self.out),
            "n": done.n,
            "skipped": len(done.failures),
            "bytes": done.n_bytes,
            "bits_mean": done.bits_mean,
        }

    def show(self, result: dict[str, Any]) -> None:
        """One line."""
        print(
            f"{result['file']}: {result['n']} pictures in {result['bytes']} bytes "
            f"({result['bits_mean']:.2f} bits a picture), {result['skipped']} skipped"
        )
