"""`laconic trial [NAME | FILE.py]`: a paper's table or figure, or arms of one's own, measured and judged."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import Command, Maybe, misuse, say


@dataclass(frozen=True)
class Trial(Command):
    """Run a trial of a paper, or one of your own; without a name, list the papers'."""

    name: Annotated[Positional[str], arg(metavar="[NAME|FILE.py]", help_behavior_hint="")] = ""
    """As in disentangle/fig-2, or a Python file that defines trial = laconic.trials.Trial(...)."""

    scale: Maybe[Literal["smoke", "reduced", "full"]] = None
    """smoke takes seconds, reduced minutes on a CPU, full does what the paper did; by default the smallest."""

    out: Path = Path("trials")
    """Results go to OUT/NAME/SCALE; runs that lie in OUT/runs already are not made again."""

    source: Maybe[str] = None
    """The SOURCE that is measured on; by default the scale's own, where it has one."""

    seeds: Maybe[int] = None
    """Repeat every arm with seeds 0 to SEEDS - 1; by default as often as the scale says."""

    jobs: int = 1
    """Runs made at the same time, each a process with its part of the cores."""

    def run(self) -> dict[str, Any]:
        """List the trials, or run one."""
        if not self.name:
            return {"trials": self._listed()}
        if self.jobs < 1 or (self.seeds is not None and self.seeds < 1):
            misuse("--jobs and --seeds are at least 1")
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        from laconic.trials import run_trial
        from laconic.trials.catalogue import find

        trial = find(self.name)
        result = run_trial(
            trial,
            self.out,
            scale=self.scale,
            source=self.source,
            seeds=self.seeds,
            jobs=self.jobs,
            progress=True,
            command=shlex.join(["laconic", *sys.argv[1:]]),
        )
        return {
            "trial": trial.name,
            "claim": trial.claim,
            "rule": trial.rule,
            "verdict": result.verdict,
            "findings": [finding.said for finding in result.findings],
            "runs": len(result.outcome.runs),
            "runs_reused": result.reused,
            "results": str(result.folder),
        }

    def show(self, result: dict[str, Any]) -> None:
        """The verdict and why, or the list."""
        if "trials" in result:
            for trial in result["trials"]:
                verdict = f"{trial['verdict']}, {trial['scale']}" if trial["verdict"] else trial["state"]
                print(f"{trial['name']:20} {verdict:24} {trial['claim']}")
            say("run one: laconic trial NAME --scale smoke|reduced|full --out DIR")
            return
        print(f"{result['trial']}: {result['verdict']}")
        print(f"  rule: {result['rule']}")
        for finding in result["findings"]:
            print(f"  {finding}")
        say(f"{result['runs']} runs, {result['runs_reused']} of them there already; results: {result['results']}")

    def _listed(self) -> list[dict[str, Any]]:
        from laconic.trials.catalogue import TRIALS
        from laconic.trials.results import state

        return [
            {
                "name": trial.name,
                "paper": trial.paper,
                "claim": trial.claim,
                "scales": list(trial.scales),
                **state(trial, self.out),
            }
            for trial in TRIALS.values()
        ]
