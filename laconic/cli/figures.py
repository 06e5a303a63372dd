"""An Evaluation as commands give it: a report page, a JSON object, a table for a person."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from laconic.cli.output import percent
from laconic.contract import CodeScore, Evaluation


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
        "codes": [asdict(code) for code in evaluation.codes if code.code != "progressive"],
        "progressive": [asdict(code) for code in evaluation.codes if code.code == "progressive"],
        "words": len(evaluation.words),
        "seconds": round(evaluation.seconds, 2),
    }


def print_table(result: dict[str, Any]) -> None:
    """Accuracy, bits and bytes of every code, the spoken one first."""
    units = f"{result['n1']} effective units, {result['n2']:.2f} a picture"
    print(f"{result['n']} test pictures of {result['source']}; {units}")
    print(f"{'code':14}{'k':>4}{'formula bits':>14}{'mean bits':>11}{'packet bytes':>14}{'accuracy':>10}")
    for row in (result["said"], *result["codes"], *result["progressive"]):
        score = CodeScore(**row)
        mark = " <- spoken" if row is result["said"] else ""
        print(
            f"{score.code:14}{score.k:4}{score.bits_formula:14.2f}{score.bits_mean:11.2f}"
            f"{score.packet_bytes_mean:14.2f}{percent(score.accuracy):>10}{mark}"
        )
