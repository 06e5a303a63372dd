"""Labels of a crowded figure stand apart, within the frame, off the points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from laconic.report.canvas import marks, new_axes, pixels, style
from laconic.report.labels import Label, place


def drawn(points: np.ndarray) -> tuple[Any, list[Any]]:
    """Axes with a label at each point, and the boxes of these labels in pixels."""
    with style(760):
        axes = new_axes(760, 440)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        labels = [Label(f"MaxAmp K={i}", float(x), float(y), "#000000") for i, (x, y) in enumerate(points)]
        place(axes, labels, marks(axes, points, radius_px=5.0))
        texts = [text for text in axes.texts if isinstance(text, Text)]
        return axes, [text.get_window_extent() for text in texts]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.004, 0.03, 0.2])
def test_nine_labels_overlap_neither_each_other_nor_the_points(seed: int, spread: float) -> None:
    points = np.random.default_rng(seed).normal(0.5, spread, (9, 2)).clip(0.02, 0.98)
    axes, boxes = drawn(points)
    assert len(boxes) == 9
    centres = axes.transData.transform(points)
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert not any(box.contains(x, y) for x, y in centres)
        assert axes.bbox.x0 <= box.x0 <= box.x1 <= axes.bbox.x1
        assert axes.bbox.y0 <= box.y0 <= box.y1 <= axes.bbox.y1


def test_a_lone_label_stands_beside_its_point_without_a_leader() -> None:
    axes, (box,) = drawn(np.array([[0.5, 0.5]]))
    x, y = axes.transData.transform((0.5, 0.5))
    assert np.hypot(x - np.clip(x, box.x0, box.x1), y - np.clip(y, box.y0, box.y1)) < 10
    assert not axes.lines


def test_a_label_that_must_stand_off_gets_a_leader_to_its_point() -> None:
    with style(760):
        axes = new_axes(760, 440)
        grid = np.stack(np.meshgrid(np.linspace(320, 440, 40), np.linspace(180, 260, 30)), axis=-1).reshape(-1, 2)
        point = axes.transData.inverted().transform((380.0, 220.0))
        place(axes, [Label("far", float(point[0]), float(point[1]), "#000000")], grid)
        (leader,) = axes.lines
    assert np.allclose(leader.get_xydata()[0], point)


def test_lines_become_points_no_more_than_six_pixels_apart() -> None:
    axes = new_axes(300, 200)
    found = pixels(axes, [np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])])
    gaps = np.hypot(*np.diff(found, axis=0).T)
    assert gaps.max() <= 6
    assert np.allclose(found[[0, -1]], axes.transData.transform([(0, 0), (1, 1)]))
    assert pixels(axes, []).shape == (0, 2)
