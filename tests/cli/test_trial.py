"""`laconic trial`: the list, a run, and how it is told wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laconic.trials.catalogue import TRIALS

EXAMPLE = Path(__file__).parents[2] / "examples/own_trial.py"


def test_alone_it_lists_the_trials(laconic: Any, tmp_path: Path) -> None:
    ran = laconic("trial", "--json", "--out", tmp_path)
    assert ran.code == 0
    listed = ran.answer["trials"]
    assert [trial["name"] for trial in listed] == list(TRIALS)
    for trial in listed:
        assert {"name", "paper", "claim", "scales", "state", "verdict"} <= set(trial)
        assert (trial["state"], trial["verdict"]) == ("not run", None)
        assert trial["name"] in laconic("trial", "--out", tmp_path).out


def test_listing_waits_for_no_torch() -> None:
    script = (
        "import sys\nfrom laconic.cli.main import main\nmain(['trial', '--json'])\n"
        "assert not {'torch', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_trial_of_ones_own_runs(laconic: Any, tmp_path: Path) -> None:
    ran = laconic("trial", EXAMPLE, "--seeds", 1, "--out", tmp_path, "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["verdict"] == "unresolved"  # one seed resolves nothing
    assert ran.answer["runs"] == 2
    assert "own/views: " in ran.err
    assert "2/2" in ran.err
    folder = tmp_path / "own/views/smoke"
    assert {path.name for path in folder.iterdir()} == {
        *("plan.json", "results.json", "results.md", "figure.png", "figure.pdf", "table.csv", "table.tex")
    }
    record = json.loads((folder / "results.json").read_text())
    assert all(0.2 < run["measured"]["accuracy_said"] <= 1 for run in record["runs"])  # chance is 0.1
    again = laconic("trial", EXAMPLE, "--seeds", 1, "--out", tmp_path)
    assert again.code == 0
    assert again.out.startswith("own/views: unresolved\n  rule: the accuracy of two views is higher")
    assert "2 runs, " in again.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "is no file"),
        ("x = 1", "defines no trial: it ends with trial = Trial(...) (laconic.trials)"),
        ("trial = 1", "defines no trial"),
        ("1 / 0", "importing it raised ZeroDivisionError: division by zero"),
        (
            "from laconic.trials import Trial\ntrial = Trial('x', '', '', (), print, {}, ())",
            "importing it raised TrialError: trial 'x': a name is paper/what, in small letters",
        ),
    ],
)
def test_a_wrong_file_is_told(text: str | None, told: str, laconic: Any, tmp_path: Path) -> None:
    file = tmp_path / "wrong_trial.py"
    if text is not None:
        file.write_text(text)
    ran = laconic("trial", file, "--out", tmp_path)
    sys.modules.pop("wrong_trial", None)
    sys.path.remove(str(tmp_path)) if str(tmp_path) in sys.path else None
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err


def test_a_file_may_not_be_called_like_another_module(laconic: Any, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("trial = 1")
    ran = laconic("trial", tmp_path / "json.py", "--out", tmp_path)
    sys.path.remove(str(tmp_path))
    assert ran.code == 1
    assert "another module is called json; give the file another name" in ran.err


def test_an_unknown_trial_and_wrong_usage(laconic: Any) -> None:
    ran = laconic("trial", "disentangle/fig-9")
    assert ran.code == 1
    assert "there is no trial 'disentangle/fig-9'; there are " in ran.err
    for wrong in (["--scale", "large"], ["x/y", "--jobs", 0], ["x/y", "--seeds", 0]):
        assert laconic("trial", *wrong).code == 2
