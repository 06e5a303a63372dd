"""Several sensors and a fusion centre as a page: what more bits, more nodes and the choice of a code are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.report.canvas import (
    COLORS,
    NARROW_PX,
    WIDE_PX,
    bit_ticks,
    marks,
    name_axes,
    new_axes,
    pixels,
    plot,
    style,
    svg,
)
from laconic.report.labels import Label, place
from laconic.report.limits import label_rate
from laconic.report.page import document, write_whole
from laconic.report.wording import number, percent, plural

Row = Mapping[str, Any]

SHOWN_SNRS = 3  # the lowest, the highest, and one between
_LOOKS = {
    "likelihood": {"color": COLORS["accent"], "marker": "o"},
    "decision": {"color": COLORS["limit"], "marker": "D"},
    "": {"color": COLORS["ink"], "marker": "s"},
}
_VIEWS = {
    "same": "All see the same view.",
    "crop": "Each sees it through a window of its own.",
    "occlusion": "To each, another part of it is hidden.",
    "blur": "Each sees it out of focus.",
    "dead": "Each is black in one picture of five.",
    "mixed": "Each sees it in a way of its own: through a window, with a part hidden, blurred or black.",
}


def write_sense_page(path: Path, found: Row) -> None:
    """Write what `laconic sense --json` says as one page to `path`, in place of what stood there.

    Raises:
        LaconicError: the file cannot be written (the old one then stays as it was); matplotlib is not installed.
    """
    write_whole(path, sense_page(found))


def sense_page(found: Row) -> str:
    """The page that `write_sense_page` writes, as text.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    cells = found["cells"]
    nodes = sorted({cell["nodes"] for cell in cells})
    title = f"{found['source']}, seen by {plural(nodes[-1], 'sensor')}"
    body = (
        f'<header><p class="eyebrow">laconic sense</p><h1>{escape(title)}</h1>'
        f'<p class="lead">{plural(cells[0]["n"], "test picture")}, each looked at by simulated sensors with noise of '
        f"their own, up to {nodes[-1]} of them. {_VIEWS[found['views']]}</p></header>"
        f"{''.join(_codec(found, folder) for folder in dict.fromkeys(cell['codec'] for cell in cells))}"
        f"{_facts(found)}"
    )
    return document(title, body)


def accuracy_over_bits(cells: Sequence[Row], n_classes: int, width_px: int = 760) -> str:
    """Accuracy against bits of all nodes together (log scale), one `<svg>` element `width_px` CSS pixels wide.

    Each code's marks are joined from the fewest nodes to the most. No code for the class alone comes to the left of
    the line (`laconic.report.limits.label_rate`), however well its sensors see.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    codes = list(dict.fromkeys(cell["code"] for cell in cells))
    lines = [_line([cell for cell in cells if cell["code"] == code]) for code in codes]
    points = np.concatenate([line.T for line in lines])
    low = max(0.0, points[:, 1].min() - 0.1)
    with style(width_px):
        axes = new_axes(width_px, 440)
        axes.set_xscale("log", base=2)
        axes.set_xlim(max(0.5, min(1.0, 0.7 * points[:, 0].min())), 2 * points[:, 0].max())
        axes.set_ylim(low, 1 + 0.04 * (1 - low))
        bit_ticks(axes, width_px)
        name_axes(axes, "mean bits of all nodes together (log scale)", "accuracy")
        shares = np.linspace(low, 1.0, 300)
        left = axes.get_xlim()[0]
        limit = np.stack([[max(left, label_rate(float(share), n_classes)) for share in shares], shares])
        axes.plot(*limit, color=COLORS["muted"], lw=1.3, ls=(0, (4, 2.5)))
        labels = [
            Label(
                "No code for the class\ngets left of here", float(limit[0, 150]), float(limit[1, 150]), COLORS["muted"]
            )
        ]
        for code, line in zip(codes, lines, strict=True):
            look = _look(code)
            axes.plot(*line, lw=1.5, ms=7, mec=COLORS["card"], zorder=3, **look)
            bits, right = map(float, line[:, -1])
            labels.append(Label(code, bits, right, look["color"], bold=code.startswith("likelihood")))
        discs = marks(axes, points, radius_px=5.0)
        place(axes, labels, np.concatenate([discs, pixels(axes, [limit, *lines])]))
        return svg(axes, f"Accuracy of every code at {cells[0]['snr_db']:g} dB against the bits of all nodes")


def _look(code: str) -> dict[str, Any]:
    return next(look for name, look in _LOOKS.items() if code.startswith(name))


def _line(cells: Sequence[Row]) -> Float64[np.ndarray, "2 cells"]:
    """One code's cells at one SNR, by nodes."""
    ordered = sorted(cells, key=lambda cell: cell["nodes"])
    return np.array(
        [[cell["nodes"] * cell["bits"] for cell in ordered], [cell["accuracy"] for cell in ordered]], np.float64
    )


def _codec(found: Row, folder: str) -> str:
    own = {name: [row for row in found[name] if row["codec"] == folder] for name in ("cells", "worth", "comparisons")}
    snrs = sorted({cell["snr_db"] for cell in own["cells"]})
    shown = dict.fromkeys(snrs[i * (len(snrs) - 1) // (SHOWN_SNRS - 1)] for i in range(SHOWN_SNRS))
    figures = "".join(
        _figure([cell for cell in own["cells"] if cell["snr_db"] == snr_db], found["classes"]) for snr_db in shown
    )
    return (
        f"<h2>{escape(folder)}</h2>{_worth(own['worth'])}{figures}{_table(own['cells'])}{_compared(own['comparisons'])}"
    )


def _figure(cells: Sequence[Row], n_classes: int) -> str:
    wide, narrow = (accuracy_over_bits(cells, n_classes, width_px) for width_px in (WIDE_PX, NARROW_PX))
    return f"<h3>Sensors at {cells[0]['snr_db']:g} dB</h3>{plot(wide, narrow)}"


def _worth(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    fewest, most = rows[0]["nodes"]
    lines = "".join(
        f"<tr><th>{row['snr_db']:g} dB</th><td>{_points(row['by_nodes'])}</td><td>{_points(row['by_code'])}</td>"
        f"<td>{escape(row['best'])} over {escape(row['worst'])}</td></tr>"
        for row in rows
    )
    heads = f"<th>SNR</th><th>{most} nodes instead of {fewest}</th><th>best short code</th><th></th>"
    return (
        '<p class="note">What more nodes are worth, and what the choice among short codes is, in points of accuracy. '
        "Where both are about 0, one sensor and any code will do.</p>"
        f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _table(cells: Sequence[Row]) -> str:
    nodes = sorted({cell["nodes"] for cell in cells})
    rows: dict[tuple[float, str], dict[int, Row]] = {}
    for cell in cells:
        rows.setdefault((cell["snr_db"], cell["code"]), {})[cell["nodes"]] = cell
    heads = "".join(f"<th>{head}</th>" for head in ("code", "SNR", "bits a node", *(plural(n, "node") for n in nodes)))
    lines = []
    for (snr_db, code), row in rows.items():
        right = "".join(f"<td>{percent(row[n]['accuracy'])}</td>" for n in nodes)
        bits = number(row[nodes[0]]["bits"])
        lines.append(f"<tr><th>{escape(code)}</th><td>{snr_db:g} dB</td><td>{bits}</td>{right}</tr>")
    return (
        f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _compared(rows: Sequence[Row]) -> str:
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        pairs.setdefault((row["code"], row["rival"]), []).append(row)
    said = "".join(
        f"<li>{escape(code)} against {escape(rival)}: better in {_count(cells, 'better')}, worse in "
        f"{_count(cells, 'worse')} of {plural(len(cells), 'cell')}; "
        f"{' to '.join(_points(end(cell['difference'] for cell in cells)) for end in (min, max))}</li>"
        for (code, rival), cells in pairs.items()
    )
    note = "On the same pictures, by McNemar's exact test, corrected over the cells (Holm), at 5 %:"
    return f'<p class="note">{note}</p><ul>{said}</ul>' if said else ""


def _count(cells: Sequence[Row], verdict: str) -> int:
    return sum(cell["verdict"] == verdict for cell in cells)


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def _facts(found: Row) -> str:
    n = found["cells"][0]["n"]
    told = {
        "measured on": f"{plural(n, 'test picture')}; what is learnt on one half of them is measured on the other",
        "tables learnt on": f"{plural(found['n_train'], 'training picture')} at most, as noisy",
        "seed": str(found["seed"]),
    }
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in told.items())
    return f'<h2>Provenance</h2><dl class="card">{pairs}</dl>'
