"""Names written beside the points of a figure, where they cover neither each other nor the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

_DISTANCES_PX = (8.0, 15.0, 26.0, 40.0, 58.0, 80.0, 110.0, 140.0)
_ANGLES = np.deg2rad(np.arange(0, 360, 15))
_LEADER_FROM_PX = 12.0
_ALONG = np.linspace(0.0, 1.0, 12)[:, None]
_CLEAR_PX = 8.0  # so near to a point, a leader may cross what it likes
_ROUNDS = 6


@dataclass(frozen=True)
class Label:
    """Text that belongs to the point (x, y), in the axes' data units; `color` is also its leader's."""

    text: str
    x: float
    y: float
    color: str
    bold: bool = False


@dataclass(frozen=True)
class _Places:
    """Every place that a label might take: its box, its leader, and what it would cover of the data."""

    boxes: Float64[np.ndarray, "places 4"]
    leaders: Float64[np.ndarray, "places steps 2"]
    cost: Float64[np.ndarray, " places"]


def place(axes: Any, labels: list[Label], obstacles: Float64[np.ndarray, "points 2"]) -> None:
    """Write each label where it covers least; one that stands off gets a leader, a line to its point.

    Each label in turn takes the best of 192 places around its point, given where the others stand, and does
    so again until that has settled: `obstacles` (markers and lines, in display pixels) count, other labels
    and their leaders count more, and near is better than far, for bold ones above all. `axes` is
    matplotlib's, with its limits final and Agg drawing it at 72 dots an inch, so that a point is a pixel.
    """
    texts, places = [_write(axes, label) for label in labels], []
    for label, text in zip(labels, texts, strict=True):
        size = np.ptp(text.get_window_extent(axes.figure.canvas.get_renderer()).get_points(), axis=0)
        point = axes.transData.transform((label.x, label.y))
        dearness = 1.0 if label.bold else 0.3
        places.append(_places(point, size, obstacles, axes.bbox.get_points(), dearness))
    for label, text, option, row in zip(labels, texts, places, _settle(places), strict=True):
        low, high = option.boxes[row, :2], option.boxes[row, 2:]
        text.set_position(axes.transData.inverted().transform((low + high) / 2))
        leader = option.leaders[row]
        if np.hypot(*(leader[-1] - leader[0])) > _LEADER_FROM_PX:
            ends = axes.transData.inverted().transform(leader[[0, -1]])
            axes.plot(*ends.T, color=label.color, lw=0.8, alpha=0.6, zorder=2, clip_on=False)


def _write(axes: Any, label: Label) -> Any:
    text = axes.text(label.x, label.y, label.text, ha="center", va="center", linespacing=1.25, zorder=6)
    text.set(color=label.color, weight="bold" if label.bold else "normal", parse_math=False)
    return text


def _places(
    point: Float64[np.ndarray, " 2"],
    size: Float64[np.ndarray, " 2"],
    obstacles: Float64[np.ndarray, "points 2"],
    frame: Float64[np.ndarray, "2 2"],
    dearness: float,
) -> _Places:
    """Boxes of `size` all around `point`, near and far; `dearness` is what a pixel away costs."""
    ways = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
    square = ways / np.abs(ways).max(axis=1, keepdims=True)
    centres = np.concatenate([point + distance * ways + square * size / 2 for distance in _DISTANCES_PX])
    boxes = np.concatenate([centres - size / 2, centres + size / 2], axis=1)
    ends = np.clip(point, boxes[:, :2], boxes[:, 2:])
    leaders = point + _ALONG * (ends - point)[:, None]
    outside = (frame[0] - boxes[:, :2]).clip(0).sum(axis=1) + (boxes[:, 2:] - frame[1]).clip(0).sum(axis=1)
    covered = _within(obstacles, boxes, margin=3.0).sum(axis=1)
    foreign = obstacles[np.abs(obstacles - point).max(axis=1) > _CLEAR_PX]
    crossed = _beside(leaders, foreign, 4.0).sum(axis=1)
    distance = np.repeat(np.array(_DISTANCES_PX), len(_ANGLES))
    return _Places(boxes, leaders, 4.0 * covered + 20.0 * outside + 3.0 * crossed + dearness * distance)


def _settle(places: list[_Places]) -> list[int]:
    """The row that each label takes: the best that a few orders of asking come to."""
    forwards = list(range(len(places)))
    crowded = sorted(forwards, key=lambda i: -float(places[i].cost.min()))
    orders = [forwards, forwards[::-1], crowded, forwards[::2] + forwards[1::2]]
    _, rows = min((_descend(places, order) for order in orders), key=lambda found: found[0])
    return [rows[i] for i in forwards]


def _descend(places: list[_Places], order: list[int]) -> tuple[float, dict[int, int]]:
    """Let each label in turn take its best place until none moves; what that costs, and each one's row."""
    rows: dict[int, int] = {}
    total = 0.0
    for _ in range(_ROUNDS):
        before, total = dict(rows), 0.0
        for mine in order:
            others = [(i, row) for i, row in rows.items() if i != mine]
            cost = places[mine].cost
            if others:
                boxes = np.stack([places[i].boxes[row] for i, row in others])
                cost = cost + _clash(places[mine], boxes, np.stack([places[i].leaders[row] for i, row in others]))
            rows[mine] = int(np.argmin(cost))
            total += float(cost[rows[mine]])
        if rows == before:
            break
    return total, rows


def _clash(
    mine: _Places, boxes: Float64[np.ndarray, "others 4"], leaders: Float64[np.ndarray, "others steps 2"]
) -> Float64[np.ndarray, " places"]:
    """How much each place would be in the way of the other labels, and they in its."""
    low = np.maximum(mine.boxes[:, None, :2], boxes[:, :2] - 3)
    high = np.minimum(mine.boxes[:, None, 2:], boxes[:, 2:] + 3)
    width, height = np.moveaxis((high - low).clip(0), -1, 0)
    points = leaders.reshape(-1, 2)
    crossing = _within(points, mine.boxes, 2.0).sum(axis=1)
    crossed = _within(mine.leaders.reshape(-1, 2), boxes, 2.0).reshape(len(boxes), len(mine.boxes), -1)
    meeting = _beside(mine.leaders, leaders[:, 3:].reshape(-1, 2), 4.0).sum(axis=1)
    return np.asarray(2.0 * (width * height).sum(axis=1) + 20.0 * (crossing + crossed.sum(axis=(0, 2))) + 5.0 * meeting)


def _within(
    points: Float64[np.ndarray, "points 2"], boxes: Float64[np.ndarray, "boxes 4"], margin: float
) -> Bool[np.ndarray, "boxes points"]:
    """Which points lie in which box, grown by `margin` on each side."""
    (left, bottom, right, top), (x, y) = boxes.T[:, :, None], points.T
    across = (x >= left - margin) & (x <= right + margin)
    return np.asarray(across & (y >= bottom - margin) & (y <= top + margin))


def _beside(
    leaders: Float64[np.ndarray, "places steps 2"], points: Float64[np.ndarray, "points 2"], reach: float
) -> Bool[np.ndarray, "places points"]:
    """Which leaders pass which points at less than `reach`."""
    starts, ways = leaders[:, 0], leaders[:, -1] - leaders[:, 0]
    (x, y), (across, up) = (points - starts[:, None]).transpose(2, 0, 1), ways.T[:, :, None]
    along = ((x * across + y * up) / (across**2 + up**2).clip(1e-9)).clip(0, 1)
    return np.asarray(np.hypot(x - along * across, y - along * up) < reach)
