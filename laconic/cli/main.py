"""`laconic`: parse, run, and tell failures in one line."""

from __future__ import annotations

import sys
from typing import Annotated

import tyro

from laconic.cli.bench import Bench
from laconic.cli.budget import Budget
from laconic.cli.calibrate import Calibrate
from laconic.cli.corrupt import Corrupt
from laconic.cli.decode import Decode
from laconic.cli.demo import Demo
from laconic.cli.distill import Distill
from laconic.cli.downlink import Downlink
from laconic.cli.encode import Encode
from laconic.cli.evaluate import Evaluate
from laconic.cli.fuse import Fuse
from laconic.cli.inspect import Inspect
from laconic.cli.link import Link
from laconic.cli.name import Name
from laconic.cli.output import answers, fail, logs_to_stderr, print_json
from laconic.cli.quantise import Quantise
from laconic.cli.sense import Sense
from laconic.cli.train import Train
from laconic.cli.trial import Trial

DESCRIPTION = """Say what a picture means in a few bytes.

Exit codes: 0 done; 1 failed, something unreadable was left out, or a limit can't be met; 2 wrong usage.

laconic --version tells the version."""

Commands = (
    Annotated[Demo, tyro.conf.subcommand("demo")]
    | Annotated[Train, tyro.conf.subcommand("train")]
    | Annotated[Distill, tyro.conf.subcommand("distill")]
    | Annotated[Name, tyro.conf.subcommand("name")]
    | Annotated[Calibrate, tyro.conf.subcommand("calibrate")]
    | Annotated[Quantise, tyro.conf.subcommand("quantise")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Corrupt, tyro.conf.subcommand("corrupt")]
    | Annotated[Encode, tyro.conf.subcommand("encode")]
    | Annotated[Decode, tyro.conf.subcommand("decode")]
    | Annotated[Inspect, tyro.conf.subcommand("inspect")]
    | Annotated[Budget, tyro.conf.subcommand("budget")]
    | Annotated[Link, tyro.conf.subcommand("link")]
    | Annotated[Sense, tyro.conf.subcommand("sense")]
    | Annotated[Fuse, tyro.conf.subcommand("fuse")]
    | Annotated[Downlink, tyro.conf.subcommand("downlink")]
    | Annotated[Trial, tyro.conf.subcommand("trial")]
    | Annotated[Bench, tyro.conf.subcommand("bench")]
)


def main(arguments: list[str] | None = None) -> None:
    """Run one command: exit code 0, 1 (a stated failure, something left out, a limit not met) or 2 (wrong usage)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["--version"]:
        from importlib.metadata import version

        print(f"laconic {version('laconic')}")
        return
    with answers():  # --help, too, is one
        command = tyro.cli(
            Commands,
            prog="laconic",
            description=DESCRIPTION,
            args=arguments,
            config=(tyro.conf.DisallowNone, tyro.conf.FlagCreatePairsOff),
        )
    from laconic.contract import LaconicError  # not before: --help need not wait for numpy

    try:
        if not 0 <= (seed := getattr(command, "seed", 0)) < 2**32:  # what torch, numpy and scikit-learn all take
            raise LaconicError(f"--seed is from 0 to {2**32 - 1}, not {seed}")
        with logs_to_stderr():
            result = command.run()
    except LaconicError as error:
        fail(str(error), command.json)
    except KeyboardInterrupt:
        fail("interrupted", command.json)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), command.json)
    with answers():
        if command.json:
            print_json(result)
        else:
            command.show(result)
    if result.get("skipped") or not result.get("guarantee", {"met": True})["met"]:
        sys.exit(1)
