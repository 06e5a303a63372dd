"""`laconic evaluate CODEC SOURCE`: accuracy against bits for every code, and a page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Maybe, OwnCode, say, watched


@dataclass(frozen=True)
class Evaluate(Command):
    """Measure a codec on the test split of a source, for every code, with the limits drawn in."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Labelled pictures of the classes that the codec knows: digits, parquet:FOLDER, folder:PATH, ..."""

    report: Maybe[Path] = None
    """Where the report page goes; by default CODEC-report.html, beside the codec's folder."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Measure, write the page, give the figures."""
        from laconic.cli.figures import figures, write_page
        from laconic.cli.parts import codec_in
        from laconic.data import open_source
        from laconic.score.evaluation import evaluate_source

        codec = codec_in(self.codec, self.own_code)
        evaluation, loaded = evaluate_source(codec, open_source(self.source), watched())
        for failure in loaded.failures:
            say(f"skipped row {failure.row}: {failure.reason}")
        folder = self.codec.resolve()
        page = self.report or folder.with_name(folder.name + "-report.html")
        write_page(page, evaluation, loaded.images, codec)
        return {
            **figures(evaluation),
            "skipped": len(loaded.failures),
            "codec": str(self.codec),
            "report": str(page),
        }

    def show(self, result: dict[str, Any]) -> None:
        """A table, one code a line."""
        from laconic.cli.figures import print_table

        print_table(result)
        say(f"report: {result['report']}")
