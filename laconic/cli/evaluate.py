"""`laconic evaluate CODEC SOURCE`: accuracy against bits for every code, and a page that shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from laconic.cli.output import Command, percent, say
from laconic.contract import CodeScore, Evaluation


@dataclass(frozen=True)
class Evaluate(Command):
    """Measure a codec on the test split of a source, for every code, with the limits drawn in."""

    codec: Positional[Path] = Path("codec")
    source: Positional[str] = "digits"
    report: Path | None = None
    """Where the report page goes; by default report.html beside the codec's folder."""

    own_code: str | None = None
    """package.module:name of the code, where the codec was trained with one of your own."""

    def run(self) -> dict[str, Any]:
        """Measure, write the page, give the figures."""
        from laconic.cli.parts import own_or_name, source_named
        from laconic.codec import Codec
        from laconic.score.evaluation import evaluate_source

        codec = Codec.load(self.codec, own_or_name(self.own_code) if self.own_code else None)
        evaluation, images = evaluate_source(codec, source_named(self.source))
        page = self.report or self.codec.with_name(self.codec.name + "-report.html")
        write_page(page, evaluation, images, codec)
        return {**figures(evaluation), "codec": str(self.codec), "report": str(page)}

    def show(self, result: dict[str, Any]) -> None:
        """A table, one code a line."""
        print_table(result)
        say(f"report: {result['report']}")


def write_page(page: Path, evaluation: Evaluation, images: Any, codec: Any) -> None:
    """The report page, with where its figures come from."""
    from laconic.report import write_report

    made = codec.manifest["provenance"]
    provenance = {
        "measured on": f"{evaluation.source}, {evaluation.n} test pictures",
        "trained on": f"{made['source']}, {made['pictures']} pictures (data {made['data']})",
        "command": made["command"] or "laconic.train.fit",
        "steps": f"{made['steps']} in {made['seconds']} s, seed {made['recipe']['seed']}",
        "versions": ", ".join(f"{name} {number}" for name, number in made["versions"].items()),
        "machine": made["machine"],
    }
    write_report(page, evaluation, images, title=f"What {evaluation.source} says", provenance=provenance)


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """An Evaluation as the JSON object that --json prints."""
    return {
        "source": evaluation.source,
        "n": evaluation.n,
        "accuracy_full": evaluation.accuracy_full,
        "accuracy_said": evaluation.said.accuracy,
        "n1": evaluation.n1,
        "n2": evaluation.n2,
        "said": asdict(evaluation.said),
        "codes": [asdict(code) for code in evaluation.codes],
        "words": len(evaluation.words),
        "seconds": round(evaluation.seconds, 2),
    }


def print_table(result: dict[str, Any]) -> None:
    """Accuracy, bits and bytes of every code, the spoken one first."""
    print(
        f"{result['n']} test pictures of {result['source']}; {result['n1']} effective units, {result['n2']:.2f} a picture"
    )
    print(f"{'code':14}{'k':>4}{'formula bits':>14}{'mean bits':>11}{'packet bytes':>14}{'accuracy':>10}")
    for row in (result["said"], *result["codes"]):
        score = CodeScore(**row)
        mark = " <- spoken" if row is result["said"] else ""
        print(
            f"{score.code:14}{score.k:4}{score.bits_formula:14.2f}{score.bits_mean:11.2f}"
            f"{score.packet_bytes_mean:14.2f}{percent(score.accuracy):>10}{mark}"
        )
