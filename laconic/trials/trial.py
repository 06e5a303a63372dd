"""What a trial is: arms times seeds, a measure, and the rule of its verdict, all declared before anything runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from laconic.contract import LaconicError
from laconic.trials.outcome import Outcome
from laconic.trials.rules import Rule

SCALES = ("smoke", "reduced", "full")
"""Seconds, minutes on a CPU, and what the paper did."""

Parameters: TypeAlias = Mapping[str, Any]
"""What tells one arm from another: JSON values, handed to the measure as they are."""

Measured: TypeAlias = Mapping[str, float | Sequence[float]]
"""What one run gives: numbers, and curves as sequences of them."""

Measure: TypeAlias = Callable[[Parameters, int, str], Measured]
"""`measure(parameters, seed, source)`: one run of one arm on a SOURCE. Its randomness follows from the seed."""

Figure: TypeAlias = Callable[[Any, Outcome], None]
"""Draws an outcome on matplotlib axes."""


class TrialError(LaconicError):
    """A trial that can't be run as declared or as asked, or a run of it that failed."""


@dataclass(frozen=True)
class Column:
    """A column of the table: a measured key, its heading (with the unit), and how many digits are shown."""

    key: str
    heading: str
    digits: int = 2


@dataclass(frozen=True)
class Scale:
    """How much of a trial is run: its arms with their parameters, and over how many seeds (0, 1, ...).

    `source` is the SOURCE that is measured on unless the user names another; where it is empty the user must,
    and `data` says in words what is wanted.
    """

    arms: Mapping[str, Parameters]
    seeds: int = 3
    source: str = "digits"
    data: str = ""


@dataclass(frozen=True)
class Trial:
    """A claim, and the experiment that would show it.

    Args:
        name: `paper/what`, as in `disentangle/fig-2`; also the folder of its results.
        claim: what the paper (or the author of the trial) says will be seen.
        rule: when the verdict is "reproduced", in words; written, like `rules`, before the run.
        rules: the same as functions of the outcome. All hold: reproduced; one is refuted: not reproduced;
            otherwise unresolved.
        measure: one run of one arm. The module that it stands in should import torch when the measure is
            called, not when it is imported itself: `laconic trial` lists trials without torch.
        scales: how much is run at `smoke`, `reduced` and `full` scale; a trial may lack some.
        columns: the table's.
        figure: draws the outcome; without one the first column is drawn as bars.
        paper: the paper's authors and title; empty for a trial of one's own.
        points: names of a curve's points, where all curves of the table go over the same few things.

    Raises:
        TrialError: a part is missing or of the wrong form.
    """

    name: str
    claim: str
    rule: str
    rules: tuple[Rule, ...]
    measure: Measure
    scales: Mapping[str, Scale]
    columns: tuple[Column, ...]
    figure: Figure | None = None
    paper: str = ""
    points: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for bad, text in self._faults():
            if bad:
                raise TrialError(f"trial {self.name!r}: {text}")

    def scale(self, name: str | None = None) -> tuple[str, Scale]:
        """A scale and its name; the smallest without a name.

        Raises:
            TrialError: this trial has none of that name.
        """
        name = name or next(scale for scale in SCALES if scale in self.scales)
        if name not in self.scales:
            raise TrialError(f"{self.name} has no scale {name!r}; it has {', '.join(self.scales)}")
        return name, self.scales[name]

    def _faults(self) -> list[tuple[bool, str]]:
        arms = {arm: parameters for scale in self.scales.values() for arm, parameters in scale.arms.items()}
        return [
            (not re.fullmatch(r"[a-z0-9-]+/[a-z0-9.-]*[a-z0-9]", self.name), "a name is paper/what, in small letters"),
            (not self.claim or not self.rule or not self.rules, "claim, rule and rules are written before the run"),
            (not self.columns, "a table has at least one column"),
            (not self.scales or not set(self.scales) <= set(SCALES), f"scales are some of {', '.join(SCALES)}"),
            (any(not scale.arms or scale.seeds < 1 for scale in self.scales.values()), "a scale has arms and seeds"),
            *[
                (not _is_json(parameters), f"the parameters of arm {arm!r} are JSON values, not {parameters!r}")
                for arm, parameters in arms.items()
            ],
        ]


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
