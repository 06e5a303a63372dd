"""The measure of paper 000's figures: without a network, and with clusters and confidence that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from laconic.data import Source, load, suggest
from laconic.trials import Outcome, Run, separation
from laconic.trials.disentangle import FIG_2, FIG_3, SCALES, SWEEP
from laconic.trials.rules import verdict


def oracle(_: Any, __: int, source: Source) -> separation.Clustering:
    """A digit's cluster is its class, surely; noise falls into two clusters of its own, unsurely."""
    known = {}
    for split in source.splits.values():
        whole = split.pictures.pictures  # before noise was planted among them
        for row, label in zip(split.rows, split.labels, strict=True):
            known[np.asarray(whole[int(row)]).tobytes()] = int(label)

    def say(images: np.ndarray) -> separation.Opinions:
        rows = np.zeros((len(images), 12))
        for i, image in enumerate(images):
            label = known.get(image.tobytes())
            if label is None:
                rows[i, 10:] = (0.6, 0.4) if i % 2 else (0.4, 0.6)
            else:
                rows[i, label] = 1
        return {"classifier": rows}

    return say


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """All arms at smoke scale, two seeds, the networks replaced by the oracle where there would be one."""
    with pytest.MonkeyPatch.context() as patch:
        trained = separation._clustering
        patch.setattr(separation, "_clustering", lambda p, *rest: (oracle if p["way"] else trained)(p, *rest))
        arms = SCALES["smoke"].arms
        runs = [
            Run(arm, seed, separation.separation(arms[arm], seed, "digits"), 0.0, {}) for seed in (0, 1) for arm in arms
        ]
    return Outcome(tuple(runs))


def test_the_classical_way_is_the_unit_of_impact_at_the_fidelity_asked(outcome: Outcome) -> None:
    assert (outcome.values("classical", "impact") == 1).all()
    assert (outcome.values("classical", "said_fraction") == 0).all()
    for arm in outcome.arms:
        assert (outcome.values(arm, "psnr_db") > 20 - 0.1).all()


def test_complexity_grows_along_the_sweep_and_is_every_arms(outcome: Outcome) -> None:
    complexity = outcome.values("classical", "complexity")
    assert complexity.shape == (2, len(SWEEP))
    assert (np.diff(complexity) > 0).all()
    assert (0.98 * np.log(2) < complexity[:, 0]).all()  # two classes, almost equally many
    assert (complexity[:, 0] <= np.log(2)).all()
    for arm in outcome.arms:
        np.testing.assert_array_equal(outcome.values(arm, "complexity"), complexity)


def test_with_perfect_separation_the_papers_ordering_follows(outcome: Outcome) -> None:
    assert (outcome.values("proposed", "auroc_by_cluster") == 1).all()
    assert (outcome.values("proposed", "auroc_classifier_by_cluster") == 1).all()
    assert (outcome.values("proposed", "memorizable_said") == 0).all()
    assert (outcome.values("proposed", "learnable_said") == 1).all()
    for trial in (FIG_2, FIG_3):
        assert verdict([rule(outcome) for rule in trial.rules]) == "reproduced"
    np.testing.assert_allclose(  # without noise both languages are one
        outcome.values("proposed", "representation_bits")[:, 0], outcome.values("vanilla", "representation_bits")[:, 0]
    )
    assert outcome.values("proposed", "said_fraction")[:, -1] == pytest.approx(0.7, abs=0.01)


def test_a_source_of_the_sweep_has_the_classes_and_the_part_asked() -> None:
    n = 100
    memorizable = np.arange(n) % 10 < 3
    data = separation.Data(np.zeros((n, 1)), np.arange(n) % 7, memorizable, {"classifier": np.ones((n, 1))})
    some = data.source(3, 0.2)
    assert some.memorizable.mean() == pytest.approx(0.2, abs=0.02)
    assert set(some.labels[~some.memorizable]) == {0, 1, 2}
    assert not data.source(3, 0.0).memorizable.any()


def test_the_networks_memory_speaks_for_pictures_as_they_are_stored() -> None:
    torch = pytest.importorskip("torch")
    from laconic.data import open_source
    from laconic.trials.trained import Trained

    split = open_source("digits").split("test")
    images = load(split, suggest(split)).images[:7]

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = lambda batch: batch.flatten(1).float()

        def probabilities(self, features: Any) -> Any:
            return features.softmax(dim=1)

    trained = Trained()
    trained.module = Module()
    expected = torch.from_numpy(images).flatten(1).float().softmax(dim=1).numpy()
    np.testing.assert_allclose(trained.memory_says(images), expected, rtol=1e-6)


@pytest.mark.slow
def test_smoke_runs_with_networks() -> None:
    for arm in ("vanilla", "proposed"):
        measured = separation.separation(SCALES["smoke"].arms[arm], 0, "digits")
        assert len(measured["impact"]) == len(SWEEP)
        assert 0 <= measured["auroc_by_cluster"] <= 1
