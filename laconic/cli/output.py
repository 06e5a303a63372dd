"""What commands share: --json, what goes to which stream, and how a failure is told."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from tyro.conf import Positional, arg

T = TypeVar("T")

Flag = Annotated[bool, arg(help_behavior_hint="")]
"""Off unless it is given."""

Maybe = Annotated[T | None, arg(help_behavior_hint="")]
"""An option whose help says what happens without it."""

CodecFolder = Annotated[Positional[Path], arg(metavar="CODEC", help="A Codec folder, as laconic train writes it.")]

OwnCode = Annotated[
    str | None,
    arg(
        metavar="MODULE:NAME",
        help="The class of the code, where the codec was trained with one of your own.",
        help_behavior_hint="",
    ),
]


@dataclass(frozen=True)
class Command:
    """What every command has."""

    json: Flag = field(default=False, kw_only=True)
    """Print one JSON object on standard output; everything else goes to standard error."""

    def run(self) -> dict[str, Any]:
        """Do the work; the answer is what --json prints.

        Where it has a number under `skipped` that is not 0, the exit code is 1: something was left out.

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


@contextlib.contextmanager
def answers() -> Iterator[None]:
    """What is printed here reaches standard output, or the exit code is 1: the disk is full, the reader gone."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files and classes may be no text
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again on exit
        if not isinstance(error, BrokenPipeError):
            say(f"laconic: standard output: {error.strerror}")
        sys.exit(1)


def print_json(result: dict[str, Any]) -> None:
    """One JSON object on one line."""
    print(json.dumps(result, allow_nan=False))


def fail(message: str, as_json: bool) -> NoReturn:
    """A stated failure: one line on standard error (and as JSON if that was asked for), exit code 1."""
    say(f"laconic: {message}")
    if as_json:
        with answers():
            print_json({"error": message})
    sys.exit(1)


def misuse(message: str) -> NoReturn:
    """Wrong usage that the parser can't see: one line on standard error, exit code 2."""
    say(f"laconic: {message}")
    sys.exit(2)


def say(message: str) -> None:
    """A line about progress, for a person, on standard error."""
    print(message, file=sys.stderr, flush=True)


def watched() -> bool:
    """Whether a person sees standard error, and with it progress bars."""
    return sys.stderr.isatty()


def percent(share: float) -> str:
    """A share as a person reads it.

    >>> percent(0.9731)
    '97.3 %'
    """
    return f"{100 * share:.1f} %"


def in_words(guarantee: Mapping[str, Any]) -> str:
    """What calibration found, for a person."""
    limit, sure = percent(guarantee["max_error"]), percent(guarantee["confidence"])
    if not guarantee["met"]:
        return f"an error of at most {limit} can't be shown, so every picture is sent: {guarantee['advice']}"
    return (
        f"says {percent(guarantee['coverage'])} of pictures and sends the others; among said ones the error is at most "
        f"{limit}, with {sure} confidence ({guarantee['errors']} wrong of {guarantee['n_said']} in calibration)"
    )
