"""An Evaluation as commands give it: a report page, a JSON object, a table for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laconic.cli.output import percent
from laconic.contract import CodeScore, Evaluation

if TYPE_CHECKING:
    from laconic.score.choice import Choice


def write_page(
    page: Path, evaluation: Evaluation, images: Any, codec: Any, edge: Mapping[str, Any] | None = None
) -> None:
    """The report page, with where its figures come from; `edge` is what `edge_figures` gave for its encoders."""
    from laconic.report import write_report

    made = codec.manifest["provenance"]
    provenance = {
        "measured on": f"{evaluation.source}, {evaluation.n} test {evaluation.noun}s",
        "trained on": f"{made['source']}, {made['pictures']} {evaluation.noun}s (data {made['data']})",
        "command": made["command"] or "laconic.train.fit",
        "steps": f"{made['steps']} in {made['seconds']} s, seed {made['recipe']['seed']}",
        "versions": ", ".join(f"{name} {number}" for name, number in made["versions"].items()),
        "machine": made["machine"],
    }
    if edge is not None:
        costs = [(each, _cost(each, edge["processor"], evaluation.noun)) for each in edge["encoders"]]
        provenance |= {f"{each['encoder']} encoder": cost for each, cost in costs}
    write_report(page, evaluation, images, title=f"What {evaluation.source} says", provenance=provenance)


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """An Evaluation as the JSON object that --json prints."""
    return {
        "source": evaluation.source,
        "n": evaluation.n,
        "of": evaluation.noun,
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


def edge_figures(key: str, choices: Sequence[Choice]) -> dict[str, Any]:
    """What --json prints of encoders at the edge: under `key` one entry for each, and where they were timed."""
    from laconic.score.edge import processor

    return {key: [choice.record() for choice in choices], "processor": processor()}


def _cost(each: Mapping[str, Any], processor: str, noun: str) -> str:
    return (
        f"{percent(each['accuracy_said'])} said right, {each['kilobytes']:.1f} kB, {_count(each['multiply_adds'])} "
        f"multiply-adds and {each['ms']:.3g} ms a {noun} (one thread of {processor})"
    )


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def print_choices(rows: Sequence[Mapping[str, Any]], processor: str) -> None:
    """The table to choose from: one line a codec and precision."""
    wide = max(len("codec"), *(len(each["codec"]) for each in rows))
    print(
        f"{'codec':{wide}}  {'encoder':8}{'accuracy':>9}{'bits':>7}{'kB':>9}{'multiply-adds':>15}{'ms':>8}"
        f"{'pictures/s':>12}{'label':>9}{'word':>9}{'unit':>9}"
    )
    for each in rows:
        agrees = each["agreement"]
        shares = ["-"] * 3 if agrees is None else [percent(agrees[key]) for key in ("label", "said", "word")]
        print(
            f"{each['codec']:{wide}}  {each['encoder']:8}{percent(each['accuracy_said']):>9}{each['bits_mean']:7.2f}"
            f"{each['kilobytes']:9.1f}{_count(each['multiply_adds']):>15}{each['ms']:8.3f}"
            f"{each['pictures_per_second']:12.0f}" + "".join(f"{share:>9}" for share in shares)
        )
    print(
        "kB of 1000 bytes; multiply-adds of a picture, a proxy for its energy; ms for one picture, pictures/s of 64\n"
        f"at once, on one thread of {processor}; label, word, loudest unit: the same as the first line's (-: it is\n"
        "that line, or speaks another language)"
    )


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
    units = f"{result['n1']} effective units, {result['n2']:.2f} a {result['of']}"
    print(f"{result['n']} test {result['of']}s of {result['source']}; {units}")
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
