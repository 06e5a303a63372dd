"""What commands share: --json, what goes to which stream, and how a failure is told."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn


@dataclass(frozen=True)
class Command:
    """What every command has."""

    json: bool = False
    """Print one JSON object on standard output; everything else goes to standard error."""

    def run(self) -> dict[str, Any]:
        """Do the work; the answer is what --json prints.

        Raises:
            LaconicError: what went wrong, for the user to mend.
        """
        raise NotImplementedError

    def show(self, result: dict[str, Any]) -> None:
        """Print `result` for a person."""
        for key, value in result.items():
            print(f"{key:20} {value}")


@contextlib.contextmanager
def logs_to_stderr() -> Iterator[None]:
    """Libraries that chat on standard output do so on standard error instead."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def print_json(result: dict[str, Any]) -> None:
    """One JSON object on one line."""
    print(json.dumps(result, ensure_ascii=False, allow_nan=False))


def fail(message: str, as_json: bool) -> NoReturn:
    """A stated failure: one line on standard error (and as JSON if that was asked for), exit code 1."""
    print(f"laconic: {message}", file=sys.stderr)
    if as_json:
        print_json({"error": message})
    sys.exit(1)


def say(message: str) -> None:
    """A line about progress, for a person, on standard error."""
    print(message, file=sys.stderr, flush=True)


def percent(share: float) -> str:
    """A share as a person reads it.

    >>> percent(0.9731)
    '97.3 %'
    """
    return f"{100 * share:.1f} %"
