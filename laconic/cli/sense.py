"""`laconic sense CODEC SOURCE`: several noisy sensors look at the same pictures, simulated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.link import snr_range
from laconic.cli.output import CodecFolder, Command, Maybe, OwnCode, misuse, percent, say

if TYPE_CHECKING:
    from laconic.codec import Codec
    from laconic.data import Source
    from laconic.trials.sensing import Conditions

MOST_NODES = 64


@dataclass(frozen=True)
class Sense(Command):
    """Measure what a fusion centre understands of events that several noisy sensors see, for every code."""

    codec: CodecFolder
    rest: Annotated[Positional[tuple[str, ...]], arg(metavar="... SOURCE", help_behavior_hint="(required)")]
    """More codecs, if any, such as one that was trained for noisy sensors; then labelled pictures of the classes that
    they know. Tables are learnt on its training split, as noisy as the sensors' pictures, each node's reliability on
    one half of its test split, for the other half, and crosswise."""

    nodes: Annotated[str, arg(metavar="A:B")] = "1:4"
    """How many sensors see each picture, from A to B."""

    snr_db: Annotated[str, arg(metavar="A:B:S")] = "0:24:6"
    """Of each sensor's own Gaussian noise, in dB: a picture's mean square over the noise's variance."""

    views: Literal["same", "crop", "occlusion", "blur", "dead", "mixed"] = "same"
    """How each sensor sees a picture before its noise: as it is, through a window of 3/4 of each side, with a quarter
    of it hidden, blurred, black in one picture of five, or each picture in one of these four ways."""

    bits: tuple[int, ...] = (4, 13)
    """Budgets of the likelihood code."""

    n: int = 5000
    """Test pictures at most, evenly spaced over the split."""

    n_train: int = 4000
    """Training pictures at most."""

    seed: int = 0
    """Of the noise, and of what is learnt on and what is measured."""

    report: Maybe[Path] = None
    """Where the page goes; by default CODEC-sense.html, beside the first codec's folder."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Measure each codec, write the page, give the tables."""
        from laconic.cli.parts import codec_in
        from laconic.data import of_pictures, open_source
        from laconic.report.sense import write_sense_page
        from laconic.trials.sensing import Conditions

        if not self.rest:
            misuse("Missing a SOURCE: laconic sense CODEC... SOURCE")
        *others, source = self.rest
        nodes, snr_db = node_range(self.nodes), snr_range(self.snr_db)
        asked = Conditions(nodes, snr_db, self.bits, self.n, self.n_train, self.seed, self.views)
        codecs = {str(folder): codec_in(folder, self.own_code) for folder in (self.codec, *map(Path, others))}
        for codec in codecs.values():
            of_pictures(codec.preprocessing, "laconic sense")
        opened = open_source(source)
        found = [_tables(name, codec, opened, asked) for name, codec in codecs.items()]
        answer = {
            "source": source,
            "classes": len(opened.class_names),
            "seed": self.seed,
            "views": self.views,
            "n_train": self.n_train,
            **{table: [row for one in found for row in one[table]] for table in found[0]},
        }
        folder = self.codec.resolve()
        page = self.report or folder.with_name(folder.name + "-sense.html")
        write_sense_page(page, answer)
        return {**answer, "report": str(page)}

    def show(self, result: dict[str, Any]) -> None:
        """For each codec a line for each SNR and code, a column for each number of nodes; then what follows of it."""
        print(f"{result['cells'][0]['n']} test pictures of {result['source']}; right with so many nodes:")
        for folder in dict.fromkeys(cell["codec"] for cell in result["cells"]):
            print(f"\n{folder}")
            own = {
                name: [row for row in rows if row["codec"] == folder]
                for name, rows in result.items()
                if isinstance(rows, list)
            }
            _show_cells(own["cells"])
            _show_frontier(own["frontier"])
            _show_worth(own["worth"])
            _show_comparisons(own["comparisons"])
        say(f"\nreport: {result['report']}")


def _tables(name: str, codec: Codec, source: Source, asked: Conditions) -> dict[str, list[dict[str, Any]]]:
    """What is found of one codec; each row names it."""
    from laconic.score.fusion import frontier, worth
    from laconic.trials.sensing import comparisons, sense

    told = sense(codec, source, asked)
    cells = [one.cell for one in told]
    tables = {
        "cells": [asdict(cell) for cell in cells],
        "frontier": [asdict(point) for point in frontier(cells, len(codec.classes))],
        "worth": [asdict(one) for one in worth(cells)],
        "comparisons": [{**asdict(one), "verdict": one.verdict} for one in comparisons(told)],
    }
    return {table: [{"codec": name, **row} for row in rows] for table, rows in tables.items()}


def _show_cells(cells: list[dict[str, Any]]) -> None:
    nodes = sorted({cell["nodes"] for cell in cells})
    rows: dict[tuple[float, str], list[dict[str, Any]]] = {}
    for cell in cells:
        rows.setdefault((cell["snr_db"], cell["code"]), []).append(cell)
    print(f"{'SNR':>7}  {'code':22}{'bits a node':>12}" + "".join(f"{n:>9}" for n in nodes))
    for (snr_db, code), row in rows.items():
        right = "".join(f"{percent(cell['accuracy']):>9}" for cell in row)
        print(f"{snr_db:4g} dB  {code:22}{row[0]['bits']:12.1f}{right}")


def _show_frontier(points: list[dict[str, Any]]) -> None:
    print("\nthe most that is right for the bits of all nodes, and how few any code for the class alone could do with:")
    for point in points:
        told = f"{point['code']:22}{point['nodes']:3} nodes{point['bits_total']:9.1f} bits"
        print(f"{point['snr_db']:4g} dB  {told}{percent(point['accuracy']):>9}{point['bits_least']:9.2f}")


def _show_worth(rows: list[dict[str, Any]]) -> None:
    if rows:
        fewest, most = rows[0]["nodes"]
        print(f"\nwhat {most} nodes instead of {fewest}, and what the choice among short codes, are worth:")
    for row in rows:
        nodes, code = (f"{100 * row[by]:+.1f} points" for by in ("by_nodes", "by_code"))
        print(f"{row['snr_db']:4g} dB  more nodes {nodes}; {row['best']} over {row['worst']} {code}")


def _show_comparisons(found: list[dict[str, Any]]) -> None:
    """A line for each pair of codes: in how many cells one is better, and the ends of what lies between them."""
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in found:
        pairs.setdefault((one["code"], one["rival"]), []).append(one)
    if pairs:
        print("\non the same pictures (exact McNemar tests, corrected over the cells by Holm, at 5 %):")
    for (code, rival), cells in pairs.items():
        verdicts = [cell["verdict"] for cell in cells]
        low, high = (f"{100 * end(cell['difference'] for cell in cells):+.1f}" for end in (min, max))
        counts = f"better in {verdicts.count('better')}, worse in {verdicts.count('worse')} of {len(cells)} cells"
        print(f"{code} against {rival}: {counts}; {low} to {high} points")


def node_range(text: str) -> tuple[int, ...]:
    """The numbers of A:B, both among them; a number alone is one.

    >>> node_range("1:3"), node_range("2")
    ((1, 2, 3), (2,))

    Raises:
        PartError: it is neither, or not from 1 to MOST_NODES.
    """
    from laconic.cli.parts import PartError

    parts = text.split(":")
    numbers = [int(part) if part.isascii() and part.isdigit() else 0 for part in (parts[0], parts[-1])]
    if len(parts) > 2 or not 1 <= numbers[0] <= numbers[1] <= MOST_NODES:
        raise PartError(f"--nodes takes A:B, as in 1:4, or one number, from 1 to {MOST_NODES}, not {text!r}")
    return tuple(range(numbers[0], numbers[1] + 1))
