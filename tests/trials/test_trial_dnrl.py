"""Paper 001's figure 4: vectors of unit power, noise of the power that it says, and what the trial declares."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.language import MaxAmp, MaxPro, Scalar
from laconic.trials.catalogue import TRIALS
from laconic.trials.dnrl.fig_4 import CODES, FIG_4, classifier, disturbed, noise, vectors
from laconic.trials.trial import SCALES

FEATURES = np.maximum(np.random.default_rng(0).normal(size=(400, 12)), 0).astype(np.float32)
FEATURES[:, 11] *= FEATURES[:, 11] > 2.2  # hardly ever fires
LABELS = FEATURES[:, :3].argmax(axis=1)


@pytest.mark.parametrize(
    ("code", "units"), [(MaxPro(), 11), (MaxAmp(k=3), 12), (Scalar(), 11), (MaxPro(threshold=-1.0), 12)]
)
def test_vectors_have_unit_power_over_the_units_that_may_be_named(code: object, units: int) -> None:
    found = vectors(code.fit(FEATURES, LABELS), FEATURES)
    assert found.shape == (400, units)
    loud = found.any(axis=1)
    np.testing.assert_allclose(np.square(found[loud]).mean(axis=1), 1, rtol=1e-5)


def test_vectors_are_what_was_said() -> None:
    found = vectors(MaxAmp(k=3).fit(FEATURES, LABELS), FEATURES)
    strongest = np.argsort(-FEATURES, axis=1, kind="stable")[:, :3]
    expected = np.zeros_like(FEATURES)
    np.put_along_axis(expected, strongest, 1, axis=1)
    expected *= FEATURES > 0
    np.testing.assert_array_equal(found > 0, expected > 0)
    assert all(len(np.unique(row[row > 0])) <= 1 for row in found)  # one bit: fires or not
    whole = vectors(MaxPro(threshold=-1.0).fit(FEATURES, LABELS), FEATURES)
    scale = np.sqrt(np.square(FEATURES).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(whole * scale, FEATURES, rtol=1e-5, atol=1e-6)


def test_silence_stays_silence() -> None:
    assert not vectors(MaxAmp(k=3).fit(FEATURES, LABELS), np.zeros((2, 12), np.float32)).any()


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 20.0])
def test_noise_has_the_power_that_its_snr_says(snr_db: float) -> None:
    clean = np.ones((200, 500), np.float32)
    added = disturbed(clean, snr_db, np.random.default_rng(1)) - clean
    expected = 10 ** (-snr_db / 10)
    assert abs(np.square(added).mean() - expected) < 4 * expected * (2 / added.size) ** 0.5


def test_the_classifier_minimises_what_it_says() -> None:
    understood = classifier(FEATURES, LABELS)
    assert (understood(FEATURES) == LABELS).mean() > 0.9
    assert set(understood(100 * FEATURES).tolist()) <= {0, 1, 2}


def test_the_trial_differs_between_scales_in_size_only() -> None:
    assert TRIALS["dnrl/fig-4"] is FIG_4
    assert tuple(FIG_4.scales) == SCALES
    for scale in FIG_4.scales.values():
        assert {arm: parameters["way"] for arm, parameters in scale.arms.items()} == {"CL-MS": "CL-MS", "CL": "CL"}
        assert all(parameters["snr_db"] == list(range(-20, 21, 4)) for parameters in scale.arms.values())


@pytest.mark.slow
def test_a_run_measures_what_the_figure_shows() -> None:
    recipe = {"encoder": "cnnw4", "epochs": 2, "batch_size": 128, "precision": "fp32"}
    asked = {"way": "CL", "n_train": 600, "draws": 2, "snr_db": [-20.0, 40.0], "recipe": recipe}
    measured = noise(asked, 0, "digits")
    assert {column.key for column in FIG_4.columns} <= measured.keys()
    for name in CODES:
        assert measured[name][1] == pytest.approx(measured[f"{name}_clean"], abs=0.05)
    assert measured["full"][0] < 0.2 < measured["full"][1]  # chance is 0.1
