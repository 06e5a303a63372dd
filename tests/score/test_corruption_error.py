"""Corruption error: mean, mCE and relative mCE against their formulas, pairing by seed, and each refusal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from laconic.data import SourceError
from laconic.data.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from laconic.score import ScoreError
from laconic.score.corruption import BLOCK, CorruptionErrors, corruption_errors, mce, relative_mce

BASE = CorruptionErrors(0.1, {"fog": (0.2, 0.2, 0.3, 0.3, 0.5), "snow": (0.2, 0.4, 0.6, 0.8, 1.0)}, n=100, seed=0)
OURS = CorruptionErrors(0.2, {"fog": (0.3, 0.3, 0.3, 0.3, 0.3), "snow": (0.2, 0.2, 0.2, 0.2, 0.7)}, n=100, seed=0)


def pictures(n: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Dark pictures of class 0, bright ones of class 1."""
    labels = np.arange(n) % 2
    noise = np.random.default_rng(0).integers(0, 60, (n, 8, 8, 1), np.uint8)
    return (noise + (150 * labels).astype(np.uint8)[:, None, None, None]).astype(np.uint8), labels


def by_brightness(images: np.ndarray) -> np.ndarray:
    return (images.mean(axis=(1, 2, 3)) > 100).astype(np.int64)


def test_mce_by_hand() -> None:
    found = mce(OURS, BASE)
    assert found.by_corruption == pytest.approx({"fog": 100 * 1.5 / 1.5, "snow": 100 * 1.5 / 3.0})
    assert found.mean == pytest.approx(75)


def test_relative_mce_by_hand() -> None:
    found = relative_mce(OURS, BASE)
    assert found.by_corruption == pytest.approx({"fog": 100 * 0.5 / 1.0, "snow": 100 * 0.5 / 2.5})
    assert found.mean == pytest.approx(35)


def test_the_plain_mean_by_hand() -> None:
    assert BASE.mean == pytest.approx((1.5 + 3.0) / 10)


def test_the_baseline_itself_is_100_percent() -> None:
    assert mce(BASE, BASE).mean == pytest.approx(100)
    assert relative_mce(BASE, BASE).mean == pytest.approx(100)


def test_against_the_formulas_written_naively() -> None:
    """Random errors: numpy over arrays [corruption, severity], as Section 4.3 prints them."""
    rng = np.random.default_rng(1)
    ours, base = rng.uniform(0.3, 0.9, (2, 15, 5))
    results = [
        CorruptionErrors(clean, {name: tuple(row) for name, row in zip(CORRUPTIONS, table.tolist(), strict=True)}, 9, 0)
        for clean, table in ((0.1, ours), (0.2, base))
    ]
    ratios = ours.sum(1) / base.sum(1)
    relative = (ours - 0.1).sum(1) / (base - 0.2).sum(1)
    assert mce(*results).mean == pytest.approx(100 * ratios.mean())
    assert relative_mce(*results).mean == pytest.approx(100 * relative.mean())


def test_counts_the_errors_of_a_classifier() -> None:
    images, labels = pictures()
    found = corruption_errors(by_brightness, images, labels, ("contrast", "brightness"), seed=3)
    assert (found.clean, found.n, found.seed) == (0, 20, 3)
    assert found.by_corruption["contrast"] == (0,) * 5  # contrast keeps the mean
    expected = [
        (by_brightness(corrupt(images, "brightness", severity, rng=np.random.default_rng(0))) != labels).mean()
        for severity in SEVERITIES
    ]
    assert found.by_corruption["brightness"] == tuple(expected)
    assert expected[-1] == 0.5  # 0.3 of 255 lifts every dark picture over the threshold


def test_one_seed_shows_every_classifier_the_same_pictures() -> None:
    """In whatever company a corruption is measured; another seed draws others."""
    images, labels = pictures(12)
    seen: list[np.ndarray] = []

    def watching(block: np.ndarray) -> np.ndarray:
        seen.append(block.copy())
        return by_brightness(block)

    corruption_errors(watching, images, labels, ("shot_noise",), seed=1)
    corruption_errors(watching, images, labels, ("fog", "shot_noise"), seed=1)
    corruption_errors(watching, images, labels, ("shot_noise",), seed=2)
    first, again, other = seen[1:6], seen[12:17], seen[18:23]
    assert (np.stack(first) == np.stack(again)).all()
    assert (np.stack(first) != np.stack(other)).any()


def test_many_pictures_go_in_blocks() -> None:
    images, labels = pictures(BLOCK + 10)
    sizes = []

    def watching(block: np.ndarray) -> np.ndarray:
        sizes.append(len(block))
        return by_brightness(block)

    assert corruption_errors(watching, images, labels, ("contrast",)).by_corruption["contrast"] == (0,) * 5
    assert sizes == [BLOCK, 10] * 6


def test_without_names_all_fifteen_are_measured() -> None:
    images, labels = pictures(2)
    assert list(corruption_errors(by_brightness, images, labels).by_corruption) == list(CORRUPTIONS)


def test_refuses_a_base_of_zero() -> None:
    none = replace(BASE, by_corruption={**BASE.by_corruption, "fog": (0.0,) * 5})
    with pytest.raises(ScoreError, match=r"under fog the baseline's error doesn't exceed 0: there is no ratio"):
        mce(OURS, none)
    unmoved = replace(BASE, by_corruption={**BASE.by_corruption, "snow": (0.1,) * 5})
    assert mce(OURS, unmoved).mean > 0
    with pytest.raises(ScoreError, match=r"under snow the baseline's error doesn't exceed 0\.1: there is no ratio"):
        relative_mce(OURS, unmoved)


@pytest.mark.parametrize("other", [replace(BASE, n=7), replace(BASE, seed=1), replace(BASE, by_corruption={})])
def test_refuses_to_compare_what_was_measured_otherwise(other: CorruptionErrors) -> None:
    with pytest.raises(ScoreError, match="here 2 corruptions of 100 pictures with seed 0, the baseline"):
        mce(OURS, other)


def test_refuses_what_it_cannot_measure() -> None:
    images, labels = pictures()
    with pytest.raises(ScoreError, match="there are 0 pictures, 0 labels, 15 corruptions"):
        corruption_errors(by_brightness, images[:0], labels[:0])
    with pytest.raises(ScoreError, match="there are 20 pictures, 3 labels, 15 corruptions"):
        corruption_errors(by_brightness, images, labels[:3])
    with pytest.raises(ScoreError, match="0 corruptions"):
        corruption_errors(by_brightness, images, labels, ())
    with pytest.raises(SourceError, match="not 'rain'"):
        corruption_errors(by_brightness, images, labels, ("rain",))
