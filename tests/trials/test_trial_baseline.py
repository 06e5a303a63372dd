"""The classical baseline's trial: what it declares, and its measure on a few pictures."""

from __future__ import annotations

import numpy as np
import pytest

from laconic.contract import LaconicError
from laconic.trials.baseline import _cliff, baseline
from laconic.trials.catalogue import TRIALS
from laconic.trials.gssma.baseline import BASELINE
from laconic.trials.trial import SCALES

pytest.importorskip("sionna")
pytest.importorskip("numba")
PARAMETERS = {"codec": "jpeg", "ratio": 1 / 6, "pictures": 8, "size": "24x16", "fixed": "16qam 1/2"}


def test_each_scale_has_what_the_rules_judge() -> None:
    assert TRIALS["gssma/baseline"] is BASELINE
    assert tuple(BASELINE.scales) == SCALES
    for scale in BASELINE.scales.values():
        assert {"JPEG", "HEVC", "JPEG, Rician", "JPEG, Rayleigh"} <= set(scale.arms)
        assert all(arm["snr_db"] == sorted(arm["snr_db"]) for arm in scale.arms.values())


@pytest.mark.slow
def test_a_run_measures_what_the_table_shows() -> None:
    snr_db = [2, 20]
    measured = baseline({**PARAMETERS, "channel": ["awgn", 0.0], "snr_db": snr_db}, 0, "site")
    assert {column.key for column in BASELINE.columns} <= measured.keys()
    assert {"mean_psnr_db", "headroom_db", "fall_db", "cliff_db"} <= measured.keys()
    psnr, bound = np.array(measured["psnr_db"]), np.array(measured["bound_psnr_db"])
    assert psnr.shape == (2,)
    assert measured["symbols"] == 24 * 16 * 3 / 6
    assert measured["headroom_db"] == pytest.approx((bound - psnr).min())
    assert measured["mean_psnr_db"] == pytest.approx(psnr.mean())
    assert measured["fall_db"] == pytest.approx(-np.diff(psnr).min())
    assert list(measured["snr_db"]) == snr_db
    assert measured["headroom_db"] > 0 > measured["fall_db"]
    assert measured["cliff_db"] == 18
    assert measured["fixed_failed"] == [1, 0]


def test_where_a_cliff_lies() -> None:
    snr_db = np.array([0, 2, 4, 6, 8])
    assert _cliff(snr_db, np.array([1.0, 0.95, 0.5, 0.1, 0.0])) == 4
    assert _cliff(snr_db, np.array([1.0, 1.0, 0.0, 0.0, 0.0])) == 2
    assert _cliff(snr_db, np.array([0.8, 0.7, 0.6, 0.5, 0.4])) == 8


def test_too_few_symbols_are_named() -> None:
    with pytest.raises(LaconicError, match="symbols carry"):
        baseline({**PARAMETERS, "channel": ["awgn", 0.0], "snr_db": [0, 1], "ratio": 0.002}, 0, "site")
