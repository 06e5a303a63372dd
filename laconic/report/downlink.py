"""A downlink as a page: what its users receive against SNR, what it spends, and pictures sent and received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from laconic.contract import DownlinkPoint, DownlinkScore
from laconic.extras import need
from laconic.report.canvas import COLORS, NARROW_PX, WIDE_PX, name_axes, new_axes, plot, style, svg
from laconic.report.page import document, write_whole
from laconic.report.thumbnails import LARGEST_PX, data_uri
from laconic.report.wording import number, percent, plural, tick

ERROR_TIMES = 4
"""How much an error is made larger, to be seen."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures of some users at one SNR in dB, as sent and as received, and each one's group."""

    snr_db: float
    sent: UInt8[np.ndarray, "n height width channels"]
    received: UInt8[np.ndarray, "n height width channels"]
    groups: tuple[int, ...]


def write_downlink_page(path: Path, score: DownlinkScore, shown: Sequence[Shown], provenance: dict[str, str]) -> None:
    """Write `score` as one page to `path`, in place of what stood there.

    Raises:
        LaconicError: the file cannot be written (the old one then stays as it was); matplotlib is not installed.
    """
    write_whole(path, downlink_page(score, shown, provenance))


def downlink_page(score: DownlinkScore, shown: Sequence[Shown], provenance: dict[str, str]) -> str:
    """The page that `write_downlink_page` writes, as text.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    title = f"{score.users} users of {score.source} over {score.channel}"
    body = (
        f'<header><p class="eyebrow">laconic downlink</p><h1>{escape(title)}</h1>'
        f'<p class="lead">{plural(score.cells, "cell")} of {score.users} test pictures each, sent once at every SNR '
        f"over a simulated channel. {_alike(score)}</p></header>{_tiles(score)}"
        "<h2>What noise leaves</h2>"
        '<p class="note">The line is the mean over all users; four of five users lie within the band. Dashed: the '
        "trained range of SNRs.</p>"
        f"{plot(psnr_over_snr(score, WIDE_PX), psnr_over_snr(score, NARROW_PX))}{_accuracy(score)}"
        f"{_table(score)}{''.join(_grid(some) for some in shown)}{_facts(score, provenance)}"
    )
    return document(title, body)


def psnr_over_snr(score: DownlinkScore, width_px: int = 760) -> str:
    """Mean PSNR against SNR and the band of four users in five, as one `<svg>` element, `width_px` pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    across = [point.snr_db for point in score.points]
    with style(width_px):
        axes = _axes(width_px, score)
        low, high = ([getattr(point, name) for point in score.points] for name in ("psnr_low_db", "psnr_high_db"))
        axes.fill_between(across, low, high, color=COLORS["accent"], alpha=0.15, lw=0)
        axes.plot(across, [point.psnr_db for point in score.points], color=COLORS["accent"], lw=1.8, marker="o", ms=6)
        name_axes(axes, "SNR per complex symbol (dB)", "PSNR (dB)")
        return svg(axes, "Mean PSNR of the users against the SNR of the downlink")


def accuracy_over_snr(score: DownlinkScore, width_px: int = 760) -> str:
    """The part of users whose picture's class is told against SNR, as one `<svg>` element, `width_px` pixels wide.

    Raises:
        LaconicError: matplotlib is not installed.
    """
    with style(width_px):
        axes = _axes(width_px, score)
        axes.set_ylim(0, 1.05)
        axes.set_yticks(shares := [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [tick(share) for share in shares])
        right = [point.accuracy for point in score.points]
        axes.plot([point.snr_db for point in score.points], right, color=COLORS["accent"], lw=1.8, marker="o", ms=6)
        name_axes(axes, "SNR per complex symbol (dB)", "accuracy")
        return svg(axes, "Classes told rightly against the SNR of the downlink")


def _axes(width_px: int, score: DownlinkScore) -> Any:
    snrs = [point.snr_db for point in score.points]
    margin = max(0.5, 0.03 * (max(snrs) - min(snrs)))
    left, right = min(snrs) - margin, max(snrs) + margin
    axes = new_axes(width_px, 420)
    axes.set_xlim(left, right)
    locator = need("matplotlib.ticker", "data").MaxNLocator(8 if width_px >= 500 else 5, integer=True)
    ticks = [float(t) for t in locator.tick_values(min(snrs), max(snrs)) if left <= t <= right]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    for edge in score.trained_snr_db:
        if left < edge < right:
            axes.axvline(edge, color=COLORS["muted"], lw=1, ls="--")
    return axes


def _alike(score: DownlinkScore) -> str:
    if score.correlation is None:
        return "Each user has a picture of its own, unrelated to any other's."
    return f"Users of one scene have pictures of correlation {score.correlation:g}."


def _tiles(score: DownlinkScore) -> str:
    tiles = {
        "complex symbols a picture, as they are counted": number(score.symbols),
        f"of them only the user hears, {score.accounting} accounting": number(score.private),
        f"common symbols, heard by a group; {plural(score.groups, 'group')}": number(score.common),
        "symbols that the cell spends on the air": number(score.spent),
    }
    return f'<div class="tiles">{"".join(_tile(*each) for each in tiles.items())}</div>'


def _tile(words: str, figure: str) -> str:
    return f'<div class="card tile"><b>{figure}</b><span>{escape(words)}</span></div>'


def _accuracy(score: DownlinkScore) -> str:
    if any(point.accuracy is None for point in score.points):
        return ""
    drawn = plot(accuracy_over_snr(score, WIDE_PX), accuracy_over_snr(score, NARROW_PX))
    return f"<h2>What the receiver tells of it</h2>{drawn}"


def _table(score: DownlinkScore) -> str:
    rows = [_row(point) for point in score.points]
    there = [name for name in rows[0] if any(row[name] for row in rows)]
    heads = "".join(f"<th>{name}</th>" for name in there)
    lines = "".join(
        f"<tr><th>{row[there[0]]}</th>{''.join(f'<td>{row[name]}</td>' for name in there[1:])}</tr>" for row in rows
    )
    measure = f" Perceptual distance, lower is better: {escape(score.perceptual)}." if score.perceptual else ""
    return (
        '<h2>The same in numbers</h2><p class="note">A tenth of the users receive less than the first, a tenth more '
        "than the last of the users' dB. Groups: the mean of a cell's worst and of its best, in the mean over cells."
        f'{measure}</p><div class="card scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _row(point: DownlinkPoint) -> dict[str, str]:
    def shown(value: float | None, digits: int = 3) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    return {
        "SNR": f"{point.snr_db:g} dB",
        "PSNR (dB)": f"{point.psnr_db:.2f}",
        "users": f"{point.psnr_low_db:.1f} to {point.psnr_high_db:.1f}",
        "groups": f"{point.groups_psnr_db[0]:.1f} to {point.groups_psnr_db[-1]:.1f}",
        "SSIM": shown(point.ssim),
        "MS-SSIM": shown(point.ms_ssim),
        "perceptual": shown(point.perceptual),
        "accuracy": "" if point.accuracy is None else percent(point.accuracy),
    }


def _grid(shown: Shown) -> str:
    error = np.abs(shown.received.astype(np.int64) - shown.sent)
    rows = {
        "sent": shown.sent,
        "received": shown.received,
        f"error, {ERROR_TIMES} times": np.clip(ERROR_TIMES * error, 0, 255).astype(np.uint8),
    }
    small = " pixels" if max(shown.sent.shape[1:3]) < LARGEST_PX else ""
    heads = "".join(f"<th>group {group}</th>" for group in shown.groups)
    lines = "".join(f"<tr><th>{name}</th>{''.join(map(_cell, pictures))}</tr>" for name, pictures in rows.items())
    return (
        f"<h2>Sent and received at {shown.snr_db:g} dB</h2>"
        f'<div class="card scroll"><table class="downlink{small}"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _cell(picture: UInt8[np.ndarray, "height width channels"]) -> str:
    return f'<td><img alt="" src="{data_uri(picture)}"></td>'


def _facts(score: DownlinkScore, provenance: dict[str, str]) -> str:
    told = {
        "tested on": f"{plural(score.cells * score.users, 'picture')} drawn from {score.source}, seed {score.seed}",
        "channel": f"{score.channel}, simulated",
        "trained at": f"{score.trained_snr_db[0]:g} to {score.trained_snr_db[1]:g} dB",
        "took": f"{number(score.seconds)} seconds",
        **provenance,
    }
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in told.items())
    return f'<h2>Provenance</h2><dl class="card">{pairs}</dl>'
