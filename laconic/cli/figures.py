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
        "balanced_accuracy": evaluation.balanced_accuracy,
        "classes": [asdict(score) for score in evaluation.by_class],
        "confusion": evaluation.confusion.tolist(),
        "worst": [asdict(mistake) for mistake in evaluation.worst],
        **_sending(evaluation),
        "seconds": round(evaluation.seconds, 2),
    }


def _sending(evaluation: Evaluation) -> dict[str, Any]:
    """Said or sent; a codec that says everything has no bound and no pictures."""
    score = evaluation.sending
    if score is None:
        return {
            "said_fraction": 1.0,
            "error_said": 1 - evaluation.said.accuracy,
            "error_bound": None,
            "accuracy_final": evaluation.said.accuracy,
            "bytes_mean": evaluation.said.packet_bytes_mean,
            "bytes_mean_picture_only": None,
            "sending": None,
        }
    return {
        "said_fraction": score.chosen.said_fraction,
        "error_said": score.chosen.error_said,
        "error_bound": score.chosen.max_error if score.met else None,
        "accuracy_final": score.chosen.accuracy,
        "bytes_mean": score.chosen.bytes_mean,
        "bytes_mean_picture_only": score.send.bytes_mean,
        "sending": asdict(score),
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
    worst = min(result["classes"], key=lambda score: score["recall"] if score["n"] else 2.0)
    print(
        f"balanced accuracy {percent(result['balanced_accuracy'])}; "
        f"least recall: {worst['name']}, {percent(worst['recall'])} of {worst['n']}"
    )
    if result["sending"] is not None:
        _print_sending(result["sending"])


def _print_sending(sending: dict[str, Any]) -> None:
    """Said or sent beside the two ways of never choosing, then what it makes of strange pictures."""
    chosen = sending["chosen"]
    limit = f"error of said ones at most {percent(chosen['max_error'])}, {percent(sending['confidence'])} sure"
    print(f"\nsaid or sent ({limit if sending['met'] else 'limit not met: all sent'})")
    print(f"{'':18}{'said':>9}{'error said':>12}{'mean bytes':>12}{'accuracy':>10}{'by encoder':>12}")
    for name, point in (("said or sent", chosen), ("always said", sending["say"]), ("always sent", sending["send"])):
        print(
            f"{name:18}{percent(point['said_fraction']):>9}{percent(point['error_said']):>12}"
            f"{point['bytes_mean']:12.1f}{percent(point['accuracy']):>10}{percent(point['accuracy_encoder']):>12}"
        )
    for kind in sending["unknown"]:
        print(f"  {kind['kind']:10} {percent(kind['said_fraction']):>8} said, AUROC {kind['auroc']:.3f}, n {kind['n']}")
