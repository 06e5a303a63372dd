"""Runs a trial: each (arm, seed) once, kept in a file of its own, so that a trial goes on where it was left."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from copy import deepcopy
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from laconic.contract import LaconicError
from laconic.language.stream import write_atomically
from laconic.trials.identity import code_hash, data_fingerprint, run_key
from laconic.trials.outcome import Outcome, Run
from laconic.trials.provenance import made_by
from laconic.trials.trial import Measure, Parameters, Scale, Trial, TrialError

RUNS = "runs"  # the folder, under --out, that trials share
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, eq=False)
class Job:
    """One run to be made: everything that a worker process needs."""

    measure: Measure
    arm: str
    parameters: Parameters
    seed: int
    source: str
    path: Path

    def __str__(self) -> str:
        return f"arm {self.arm!r}, seed {self.seed}"


def measure_all(
    trial: Trial, scale: Scale, source: str, seeds: int, out: Path, *, jobs: int = 1, progress: bool = False
) -> tuple[Outcome, int]:
    """The outcome of a trial at one scale, and how many of its runs were there already under `out`.

    With `jobs` > 1 that many processes share the cores. Runs are made seed by seed, so that what an interrupted
    trial leaves has all of its arms.

    Raises:
        TrialError: runs failed, by arm and seed; the others are kept.
        SourceError: the source can't be opened.
    """
    todo = plan(trial.measure, scale, source, seeds, out / RUNS)
    waiting = list({job.path: job for job in todo if not job.path.exists()}.values())  # equal arms share a run
    if waiting:
        (out / RUNS).mkdir(parents=True, exist_ok=True)
        failures = _run(waiting, jobs, trial.name, len(todo), progress)
        if failures:
            raise _failed(trial, todo, failures)
    order = {arm: place for place, arm in enumerate(scale.arms)}
    runs = sorted((_read(job) for job in todo), key=lambda run: (order[run.arm], run.seed))
    return Outcome(tuple(runs)), len(todo) - len(waiting)


def plan(measure: Measure, scale: Scale, source: str, seeds: int, folder: Path) -> list[Job]:
    """Every run of a scale, seed by seed, with the file that keeps it.

    Raises:
        TrialError: the measure has no source file.
        SourceError: the source can't be opened.
    """
    code, data = code_hash(measure), data_fingerprint(source)
    return [
        Job(measure, arm, parameters, seed, source, folder / f"{run_key(code, parameters, seed, data)}.json")
        for seed in range(seeds)
        for arm, parameters in scale.arms.items()
    ]


def _run(waiting: Sequence[Job], jobs: int, name: str, total: int, progress: bool) -> dict[Job, str]:
    """Make runs; what failed, and why."""
    tqdm = importlib.import_module("tqdm").tqdm  # it has no types
    ended = _in_turn(waiting) if jobs == 1 else _in_parallel(waiting, jobs)
    done = total - len(waiting)
    bar = tqdm(ended, name, total, initial=done, unit="run", smoothing=0, disable=not progress)
    return {job: fault for job, fault in bar if fault}


def _in_turn(waiting: Sequence[Job]) -> Iterator[tuple[Job, str]]:
    yield from ((job, make(job)) for job in waiting)


def _in_parallel(waiting: Sequence[Job], jobs: int) -> Iterator[tuple[Job, str]]:
    """Processes that share nothing but the folder; each begins afresh, with its part of the cores."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with _environment({name: str(threads) for name in THREADS}):
        pool = ProcessPoolExecutor(min(jobs, len(waiting)), get_context("spawn"))
        try:
            futures = {pool.submit(make, job): job for job in waiting}
            for future in as_completed(futures):
                try:
                    yield futures[future], future.result()
                except BrokenProcessPool:
                    yield futures[future], "a process of this trial died; is there too little memory for --jobs?"
        finally:
            pool.shutdown(cancel_futures=True)


def make(job: Job) -> str:
    """Make one run and write its file; gives what went wrong, or nothing.

    A failure's traceback is written beside where the run would be.
    """
    began = time.perf_counter()
    try:
        measured = _checked(job.measure(deepcopy(job.parameters), job.seed, job.source))
        run = Run(job.arm, job.seed, measured, round(time.perf_counter() - began, 3), made_by())
        write_atomically(job.path, json.dumps(asdict(run), indent=1, allow_nan=False).encode())
    except LaconicError as error:
        return str(error)
    except Exception as error:
        story = job.path.with_suffix(".txt")
        write_atomically(story, traceback.format_exc().encode())
        return f"{type(error).__name__}: {error} (traceback in {story})"
    job.path.with_suffix(".txt").unlink(missing_ok=True)
    return ""


def _checked(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The measured numbers as plain ones.

    Raises:
        TrialError: something is no number or curve of numbers, or not finite.
    """
    plain: dict[str, Any] = {}
    for key, value in measured.items():
        numbers = np.asarray(value)
        if numbers.ndim > 1 or numbers.dtype.kind not in "biuf":
            raise TrialError(f"a measure gives numbers and lists of numbers, but {key} is {value!r}")
        if not np.isfinite(numbers).all():
            raise TrialError(f"a measure gives finite numbers, but {key} is {value!r}")
        plain[key] = numbers.astype(np.float64).tolist()
    return plain


def _read(job: Job) -> Run:
    """A kept run; the arm's name is today's, for names are no part of the key."""
    try:
        kept = json.loads(job.path.read_text(encoding="utf-8"))
        return Run(job.arm, kept["seed"], kept["measured"], kept["seconds"], kept["made_by"])
    except (ValueError, KeyError) as error:
        raise TrialError(f"{job.path} is damaged: remove it, and {job} is measured again") from error


def _failed(trial: Trial, todo: Sequence[Job], failures: Mapping[Job, str]) -> TrialError:
    told = "; ".join(f"{job}: {fault}" for job, fault in failures.items())
    kept = sum(job.path.exists() for job in todo)
    return TrialError(
        f"{trial.name}: {len(failures)} of {len(todo)} runs failed: {told}. {kept} runs are kept: the same command "
        "again makes only those that are missing"
    )


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes that begin meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
