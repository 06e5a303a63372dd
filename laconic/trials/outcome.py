"""What the runs of a trial gave: every number, by arm, key and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from laconic.contract import LaconicError


class OutcomeError(LaconicError):
    """Numbers that are asked for and that the runs did not give, or not alike for every seed."""


@dataclass(frozen=True)
class Run:
    """One run of one arm: what was measured, in how many seconds, and by what (commit, versions, machine)."""

    arm: str
    seed: int
    measured: Mapping[str, Any]
    seconds: float
    made_by: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """All runs of a trial at one scale; every arm has the same seeds."""

    runs: tuple[Run, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms, in the order in which they were declared."""
        return tuple(dict.fromkeys(run.arm for run in self.runs))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, ascending."""
        return tuple(sorted({run.seed for run in self.runs}))

    def values(self, arm: str, key: str) -> Float64[np.ndarray, "seeds points"]:
        """A measured key of an arm, one row a seed in ascending order; a plain number is a curve of one point.

        Raises:
            OutcomeError: no such arm, or a run of it lacks the key, or its curves differ in length.
        """
        runs = sorted((run for run in self.runs if run.arm == arm), key=lambda run: run.seed)
        if not runs:
            raise OutcomeError(f"there is no arm {arm!r}; the arms are {', '.join(self.arms)}")
        for run in runs:
            if key not in run.measured:
                raise OutcomeError(
                    f"arm {arm!r}, seed {run.seed}: {key!r} was not measured, but {', '.join(run.measured)}"
                )
        curves = [np.atleast_1d(np.asarray(run.measured[key], np.float64)) for run in runs]
        if len({len(curve) for curve in curves}) > 1:
            lengths = ", ".join(str(len(curve)) for curve in curves)
            raise OutcomeError(f"arm {arm!r}: the curves of {key!r} differ in length over the seeds: {lengths}")
        return np.stack(curves)
