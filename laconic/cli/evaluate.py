"""`laconic evaluate CODEC... SOURCE`: a codec's codes and a page that shows them, or several codecs to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Maybe, OwnCode, misuse, say, watched

if TYPE_CHECKING:
    from laconic.data import Source
    from laconic.score.choice import Seen


@dataclass(frozen=True)
class Evaluate(Command):
    """Measure a codec on the test split of a source, for every code, with the limits drawn in; or several codecs.

    Several give a table to choose from: a line for the float encoder of each, and one for its INT8 encoder, if any.
    """

    codec: CodecFolder
    rest: Annotated[Positional[tuple[str, ...]], arg(metavar="... SOURCE", help_behavior_hint="(required)")]
    """More codecs, if any; then labelled pictures (or texts) of the classes that they know: digits, parquet:FOLDER,
    folder:PATH, ..."""

    report: Maybe[Path] = None
    """Where the report page of one codec goes; by default CODEC-report.html, beside the codec's folder."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Measure, write the page of one codec, give the figures."""
        from laconic.data import open_source

        if not self.rest:
            misuse("Missing a SOURCE: laconic evaluate CODEC... SOURCE")
        folders = [self.codec, *map(Path, self.rest[:-1])]
        if len(folders) > 1 and self.report is not None:
            misuse("--report is of one codec; several are a table")
        source = open_source(self.rest[-1])
        return self._one(source) if len(folders) == 1 else self._several(folders, source)

    def _one(self, source: Source) -> dict[str, Any]:
        from laconic.cli.figures import edge_figures, figures, write_page
        from laconic.data import read_pictures
        from laconic.score.choice import choices
        from laconic.score.evaluation import evaluate

        (seen,) = self._seen([self.codec], source)
        images = seen.loaded.images
        unknown = read_pictures(source.split("test").unknown, seen.codec.preprocessing).images
        evaluation = evaluate(seen.codec, images, seen.labels, source.name, unknown)
        encoders = edge_figures("encoders", choices([seen]))
        folder = self.codec.resolve()
        page = self.report or folder.with_name(folder.name + "-report.html")
        split = source.split("test")
        shown = [str(split.picture(int(row))) for row in seen.loaded.rows] if evaluation.noun == "text" else images
        write_page(page, evaluation, shown, seen.codec, encoders)
        return {
            **figures(evaluation),
            **encoders,
            "skipped": len(seen.loaded.failures),
            "codec": str(self.codec),
            "report": str(page),
        }

    def _several(self, folders: list[Path], source: Source) -> dict[str, Any]:
        from laconic.cli.figures import edge_figures
        from laconic.score.choice import choices

        split = source.split("test")
        skipped: list[int] = []

        def counted() -> Iterator[Seen]:
            for seen in self._seen(folders, source):
                skipped.append(len(seen.loaded.failures))
                yield seen

        found = choices(counted())
        return {
            "source": source.name,
            "n": len(split) - max(skipped),
            "of": "text" if split.holds_texts else "picture",
            **edge_figures("codecs", found),
            "skipped": max(skipped),
        }

    def _seen(self, folders: list[Path], source: Source) -> Iterator[Seen]:
        """One codec's pictures in memory at a time; what can't be read of them is named."""
        from laconic.cli.parts import codec_in
        from laconic.score.choice import see

        for codec_folder in folders:
            seen = see(codec_folder, codec_in(codec_folder, self.own_code), source, watched())
            for failure in seen.loaded.failures if codec_folder == folders[0] else ():
                say(f"skipped row {failure.row}: {failure.reason}")
            yield seen

    def show(self, result: dict[str, Any]) -> None:
        """A table, one code a line; or one encoder a line."""
        from laconic.cli.figures import print_choices, print_table

        if "codecs" in result:
            print(f"{result['n']} test {result['of']}s of {result['source']}")
            print_choices(result["codecs"], result["processor"])
            return
        print_table(result)
        print()
        print_choices(result["encoders"], result["processor"])
        say(f"report: {result['report']}")
