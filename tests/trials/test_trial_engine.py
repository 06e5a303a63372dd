"""Runs are made once, kept, and gone on with; a failing one is named and spoils no other."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from laconic.contract import LaconicError
from laconic.data import open_source
from laconic.trials import Scale, TrialError, run_trial
from laconic.trials.catalogue import own_trial
from laconic.trials.engine import plan
from laconic.trials.identity import code_hash, data_fingerprint, run_key

Calls = Callable[[], list[str]]


def test_every_arm_and_seed_is_measured_once_seed_by_seed(toy: Path, tmp_path: Path, calls: Calls) -> None:
    first = run_trial(own_trial(toy), tmp_path, seeds=2)
    assert [call.split()[:3] for call in calls()] == [[bonus, seed, "digits"] for seed in "01" for bonus in "05"]
    assert [(run.arm, run.seed) for run in first.outcome.runs] == [
        (arm, seed) for arm in ("less", "more") for seed in (0, 1)
    ]
    again = run_trial(own_trial(toy), tmp_path, seeds=3)
    assert [call.split()[:2] for call in calls()] == [["0", "2"], ["5", "2"]]
    assert (first.reused, again.reused) == (0, 4)
    assert again.outcome.runs[:2] == first.outcome.runs[:2]


def test_a_killed_trial_goes_on_where_it_was(toy: Path, tmp_path: Path, calls: Calls) -> None:
    (toy.parent / "fault-5-1").write_text("import time; time.sleep(600)")
    script = (
        "from laconic.trials import run_trial\nfrom laconic.trials.catalogue import own_trial\n"
        f"from pathlib import Path\nrun_trial(own_trial(Path({str(toy)!r})), {str(tmp_path)!r}, seeds=2)"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        while not (toy.parent / "calls.txt").exists() or len((toy.parent / "calls.txt").read_text().splitlines()) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    (toy.parent / "fault-5-1").unlink()
    calls()
    assert not (tmp_path / "toy/bonus/smoke/results.json").exists()
    assert run_trial(own_trial(toy), tmp_path, seeds=2).reused == 3
    assert [call.split()[:2] for call in calls()] == [["5", "1"]]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("1 / 0", r"ZeroDivisionError: division by zero \(traceback in .*\.txt\)"),
        ("parameters['bonus'] = float('nan')", "finite numbers, but score is nan"),
        ("from laconic.contract import LaconicError; raise LaconicError('too few')", "too few"),
        ("parameters['bonus'] = np.ones((2, 2))", "numbers and lists of numbers, but score is array"),
    ],
)
def test_a_failing_run_is_named_and_the_others_are_kept(
    fault: str, told: str, toy: Path, tmp_path: Path, calls: Calls
) -> None:
    place = toy.parent / "fault-0-1"
    place.write_text(fault)
    with pytest.raises(TrialError, match=rf"toy/bonus: 1 of 4 runs failed: arm 'less', seed 1: .*{told}") as caught:
        run_trial(own_trial(toy), tmp_path, seeds=2)
    assert "3 runs are kept: the same command again makes only those that are missing" in str(caught.value)
    assert not (tmp_path / "toy/bonus/smoke/results.json").exists()
    place.unlink()
    calls()
    assert run_trial(own_trial(toy), tmp_path, seeds=2).reused == 3
    assert len(calls()) == 1
    assert not list((tmp_path / "runs").glob("*.txt"))


def test_processes_share_the_cores_and_give_the_same_numbers(
    toy: Path, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    alone = run_trial(own_trial(toy), tmp_path / "alone", seeds=2)
    assert {call.split()[3] for call in calls()} == {"7"}
    together = run_trial(own_trial(toy), tmp_path / "together", seeds=2, jobs=2)
    assert {call.split()[3] for call in calls()} == {str(max(1, (os.cpu_count() or 1) // 2))}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert [run.measured for run in together.outcome.runs] == [run.measured for run in alone.outcome.runs]


def test_a_process_that_dies_is_told(toy: Path, tmp_path: Path) -> None:
    (toy.parent / "fault-5-0").write_text("os.kill(os.getpid(), 9)")
    with pytest.raises(TrialError, match="arm 'more', seed 0: a process of this trial died; is there too little mem"):
        run_trial(own_trial(toy), tmp_path, seeds=1, jobs=2)


def test_equal_arms_share_a_run(toy: Path, tmp_path: Path, calls: Calls) -> None:
    scale = Scale({"less": {"bonus": 1}, "more": {"bonus": 1}})
    result = run_trial(replace(own_trial(toy), scales={"smoke": scale}), tmp_path, seeds=1)
    assert [run.arm for run in result.outcome.runs] == ["less", "more"]
    assert len(calls()) == 1


def test_a_damaged_run_is_told_and_not_guessed_at(toy: Path, tmp_path: Path) -> None:
    trial = own_trial(toy)
    run_trial(trial, tmp_path, seeds=1)
    job = plan(trial.measure, trial.scales["smoke"], "digits", 1, tmp_path / "runs")[1]
    job.path.write_text("{")
    with pytest.raises(
        TrialError, match=rf"{job.path} is damaged: remove it, and arm 'more', seed 0 is measured again"
    ):
        run_trial(trial, tmp_path, seeds=1)


def test_a_key_depends_on_code_parameters_seed_and_data_alone() -> None:
    keys = {
        run_key(code, parameters, seed, data)
        for code in "ab"
        for parameters in ({"k": 1}, {"k": 2})
        for seed in (0, 1)
        for data in ({"train": "1"}, {"train": "2"})
    }
    assert len(keys) == 16
    assert run_key("a", {"k": 1, "l": 2}, 0, {}) == run_key("a", {"l": 2, "k": 1}, 0, {})
    assert all(re.fullmatch("[0-9a-f]{24}", key) for key in keys)
    splits = open_source("digits").splits
    assert data_fingerprint("digits") == {name: splits[name].fingerprint for name in ("test", "train")}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Bonus plus noise.", "Another docstring.", True),
        ("    noise = ", "    # why\n    noise  =  ", True),
        ("0.1 * noise", "0.2 * noise", False),
        ("HERE = Path(__file__).parent", "HERE = Path(__file__).parent\nfrom laconic.score import n1", False),
    ],
)
def test_code_is_what_runs_and_not_how_it_is_written(old: str, new: str, same: bool, toy: Path) -> None:
    measure = own_trial(toy).measure
    before = code_hash(measure)
    text = toy.read_text()
    assert old in text
    toy.write_text(text.replace(old, new))
    assert (code_hash(measure) == before) is same


def test_imports_of_laconic_are_followed_late_ones_too(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from laconic.trials import identity

    toy.write_text(toy.read_text() + "\ndef late():\n    from laconic.score import activity\n")
    measure, seen = own_trial(toy).measure, []
    unparse = identity.ast.unparse
    monkeypatch.setattr(identity.ast, "unparse", lambda tree: seen.append(unparse(tree)) or seen[-1])
    code_hash(measure)
    text = "\n".join(seen)
    assert "def activation_probability" in text
    assert "class LaconicError" in text  # which that imports
    assert "class FeatureEncoder" not in text
    assert "def code_hash" not in text  # what runs trials measures nothing


def test_a_measure_without_a_file_is_refused() -> None:
    spaces: dict[str, object] = {"__name__": "typed_at_a_prompt"}
    exec("def measure(parameters, seed, source): return {}", spaces)
    with pytest.raises(TrialError, match="the measure measure has no source file; write the trial to a file"):
        code_hash(spaces["measure"])  # type: ignore[arg-type]


def test_what_cannot_be_run_is_refused(toy: Path, tmp_path: Path) -> None:
    trial = own_trial(toy)
    with pytest.raises(TrialError, match="toy/bonus has no scale 'reduced'; it has smoke, full"):
        run_trial(trial, tmp_path, scale="reduced")
    with pytest.raises(
        TrialError, match=r"toy/bonus at scale full is measured on a million digits, which you bring: --source parquet:"
    ):
        run_trial(trial, tmp_path, scale="full")
    with pytest.raises(TrialError, match="seeds and jobs are at least 1, not 0 and 1"):
        run_trial(trial, tmp_path, seeds=0)
    with pytest.raises(LaconicError, match="wanted digits, site, parquet:FOLDER"):
        run_trial(trial, tmp_path, source="nothing")
    assert not (tmp_path / "runs").exists()


def test_kept_runs_hold_what_made_them(toy: Path, tmp_path: Path) -> None:
    run_trial(own_trial(toy), tmp_path, seeds=1)
    for file in (tmp_path / "runs").glob("*.json"):
        kept = json.loads(file.read_text())
        assert set(kept) == {"arm", "seed", "measured", "seconds", "made_by"}
        assert kept["made_by"]["versions"]["numpy"] == np.__version__
        assert kept["made_by"]["machine"]["cores"] == os.cpu_count()
