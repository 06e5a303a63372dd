"""A trial run and written down: results.json, the figure, the table, a page, each with its provenance."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from laconic.language.stream import write_atomically
from laconic.trials.engine import measure_all
from laconic.trials.figures import bars, rendered
from laconic.trials.outcome import Outcome
from laconic.trials.provenance import made_by
from laconic.trials.rules import Finding, Verdict, verdict
from laconic.trials.tables import as_csv, as_latex, as_markdown
from laconic.trials.trial import SCALES, Scale, Trial, TrialError

RESULTS, PLAN = "results.json", "plan.json"


@dataclass(frozen=True)
class Result:
    """What a trial found: its verdict, what each rule found, the numbers, and where they were written."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    outcome: Outcome
    reused: int
    folder: Path


def run_trial(
    trial: Trial,
    out: str | Path,
    *,
    scale: str | None = None,
    source: str | None = None,
    seeds: int | None = None,
    jobs: int = 1,
    progress: bool = False,
    command: str = "",
) -> Result:
    """Make the runs of a trial that are missing under `out`, judge them, and write `out/NAME/SCALE/`.

    What is asked (arms, rule, seeds) is written to `plan.json` there before the first run.

    Raises:
        TrialError: no such scale, no data for it, or runs that failed; the runs that succeeded are kept.
        SourceError: the source can't be opened.
    """
    began = time.perf_counter()
    out = Path(out)
    chosen, what = trial.scale(scale)
    source, seeds = _source(trial, chosen, what, source), what.seeds if seeds is None else seeds
    if seeds < 1 or jobs < 1:
        raise TrialError(f"seeds and jobs are at least 1, not {seeds} and {jobs}")
    folder = out / trial.name / chosen
    folder.mkdir(parents=True, exist_ok=True)
    asked = _asked(trial, chosen, what, source, seeds)
    planned = _planned(folder / PLAN, asked)
    outcome, reused = measure_all(trial, what, source, seeds, out, jobs=jobs, progress=progress)
    findings = tuple(rule(outcome) for rule in trial.rules)
    result = Result(verdict(findings), findings, outcome, reused, folder)
    record = {
        **asked,
        **planned,
        "verdict": result.verdict,
        "findings": [{**asdict(finding), "said": finding.said} for finding in findings],
        "runs": [asdict(run) for run in outcome.runs],
        "provenance": {
            "command": command,
            "seconds": round(time.perf_counter() - began, 1),
            "seconds_of_runs": round(sum(run.seconds for run in outcome.runs), 1),
            "runs_reused": reused,
            "written": _now(),
            **made_by(),
        },
    }
    _write(trial, result, record)
    return result


def state(trial: Trial, out: Path) -> dict[str, Any]:
    """How far a trial has come under `out`: its largest finished scale, with the verdict.

    `state` is `not run`, `unfinished` or `done`.
    """
    for scale in [name for name in reversed(SCALES) if name in trial.scales]:
        file = out / trial.name / scale / RESULTS
        if file.exists():
            found = json.loads(file.read_text(encoding="utf-8"))
            return {"state": "done", "scale": scale, "verdict": found["verdict"]}
    begun = any((out / trial.name / scale / PLAN).exists() for scale in trial.scales)
    return {"state": "unfinished" if begun else "not run", "scale": None, "verdict": None}


def _source(trial: Trial, name: str, scale: Scale, asked: str | None) -> str:
    source = asked or scale.source
    if not source:
        raise TrialError(
            f"{trial.name} at scale {name} is measured on {scale.data}, which you bring: --source parquet:FOLDER, "
            "hub:NAME or folder:PATH"
        )
    return source


def _asked(trial: Trial, chosen: str, scale: Scale, source: str, seeds: int) -> dict[str, Any]:
    """The declaration, as JSON values."""
    return {
        "trial": trial.name,
        "paper": trial.paper,
        "claim": trial.claim,
        "rule": trial.rule,
        "scale": chosen,
        "source": source,
        "seeds": seeds,
        "arms": dict(scale.arms),
    }


def _planned(path: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """When the plan was first written, which is now if it wasn't, and the rule of then, if it was another."""
    if not path.exists():
        write_atomically(path, json.dumps({**asked, "planned": _now()}, indent=1).encode())
    plan = json.loads(path.read_text(encoding="utf-8"))
    changed = {} if plan["rule"] == asked["rule"] else {"rule_when_planned": plan["rule"]}
    return {"planned": plan["planned"], **changed}


def _write(trial: Trial, result: Result, record: dict[str, Any]) -> None:
    """Write every file; results.json, which says that all is done, comes last."""
    outcome, columns, about = result.outcome, trial.columns, _about(record)
    figure = trial.figure or bars(columns[0].key, columns[0].heading)
    drawn = rendered(figure, outcome, "\n".join(about))
    texts = {
        "table.csv": as_csv(outcome, columns, about, trial.points),
        "table.tex": as_latex(outcome, columns, about, trial.points),
        "results.md": _page(trial, result, about),
        RESULTS: json.dumps(record, indent=1, allow_nan=False) + "\n",
    }
    files = {f"figure.{kind}": content for kind, content in drawn.items()}
    for name, content in {**files, **{name: text.encode() for name, text in texts.items()}}.items():
        write_atomically(result.folder / name, content)


def _about(record: dict[str, Any]) -> list[str]:
    """Provenance in a few lines."""
    made = record["provenance"]
    machine = made["machine"]
    versions = ", ".join(f"{package} {version}" for package, version in made["versions"].items())
    commits = sorted({run["made_by"]["commit"] or "unknown" for run in record["runs"]})
    return [
        f"{record['trial']} at scale {record['scale']} on {record['source']}, seeds 0 to {record['seeds'] - 1}",
        f"verdict: {record['verdict']}; {_ruled(record)}",
        f"command: {made['command'] or 'from Python'}",
        f"runs made at commit {', '.join(commits)}; {made['seconds_of_runs']} s in all",
        f"written {made['written']} with {versions}",
        f"machine: {machine['processor']}, {machine['cores']} cores, {machine.get('gpu', 'no GPU')}",
    ]


def _ruled(record: dict[str, Any]) -> str:
    """The rule and when it was planned; where it was changed since, that, and what was planned."""
    if "rule_when_planned" not in record:
        return f"rule, planned {record['planned']}: {record['rule']}"
    planned = f"planned {record['planned']}: {record['rule_when_planned']}"
    return f"rule, changed after it was planned: {record['rule']}; rule {planned}"


def _page(trial: Trial, result: Result, about: list[str]) -> str:
    """The results as a page of Markdown."""
    said = "".join(f"- {finding.said}\n" for finding in result.findings)
    table = as_markdown(result.outcome, trial.columns, trial.points)
    paper = f"{trial.paper}\n\n" if trial.paper else ""
    made = "".join(f"    {line}\n" for line in about)
    return (
        f"# {trial.name}: {result.verdict}\n\n{paper}**Claim.** {trial.claim}\n\n**Rule.** {trial.rule}\n\n"
        f"**Found.**\n\n{said}\n![{trial.name}](figure.png)\n\n"
        f"Mean ± sample standard deviation over seeds:\n\n{table}\n{made}"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
