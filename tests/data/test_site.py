"""The generated site: rare classes, bursts on one side, three views of an event, the same pictures each time."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.data import open_source
from laconic.data.site import CAMERAS, CLASSES, MOMENTS, SitePictures


@pytest.mark.parametrize("n", [120, 123, 600])
def test_every_class_is_on_both_sides_and_no_burst_is(n: int):
    site = open_source(f"site?n={n}")
    site.check()
    train, test = site.split("train"), site.split("test")
    assert len(train) + len(test) == n
    for split in (train, test):
        assert np.array_equal(np.unique(split.labels), np.arange(len(CLASSES)))
        assert split.groups is not None
        assert split.events is not None
        assert np.array_equal(split.events // MOMENTS, split.groups)
        for event in np.unique(split.events):
            rows = split.events == event
            assert len(np.unique(split.labels[rows])) == 1
            assert set(split.nodes[rows]) <= {"camera-1", "camera-2", "camera-3"}
            assert len(set(split.nodes[rows])) == rows.sum()
            assert rows.sum() == CAMERAS or event == (n - 1) // CAMERAS


def test_nine_tenths_are_empty():
    train = open_source("site?n=6000").split("train")
    assert 0.89 <= (train.labels == 0).mean() <= 0.91


def test_a_picture_depends_on_seed_and_number_alone():
    pictures = SitePictures(600, 3)
    assert np.array_equal(pictures[17], SitePictures(600, 3)[17])
    assert not np.array_equal(pictures[17], pictures[18])
    assert not np.array_equal(pictures[17], SitePictures(600, 4)[17])


@pytest.mark.parametrize("name", CLASSES[1:])
def test_something_stands_in_all_views_of_a_busy_event(name: str):
    pictures = SitePictures(600, 0)
    labels = pictures.burst_labels()
    burst = int(np.flatnonzero(labels == CLASSES.index(name))[0])
    quiet = SitePictures(600, 0)
    object.__setattr__(quiet, "burst_labels", lambda: np.zeros_like(labels))  # the same light and noise
    for index in range(burst * CAMERAS * MOMENTS, (burst + 1) * CAMERAS * MOMENTS):
        changed = np.abs(pictures[index].astype(int) - quiet[index]).max(axis=2) > 15
        assert 20 < changed.sum() < 0.1 * changed.size


def test_nights_are_dark_and_grey_and_shared_by_a_burst():
    pictures = SitePictures(600, 0)
    dark = np.array([pictures[burst * 6].mean() < 60 for burst in range(100)])
    assert 0.15 < dark.mean() < 0.45  # 0.3, 100 bursts: three standard deviations
    burst = int(np.flatnonzero(dark)[0])
    for index in range(burst * 6, burst * 6 + 6):
        assert pictures[index].mean() < 60
        assert np.ptp(pictures[index], axis=2).max() == 0
