"""What a newcomer sees first: help that says what is required, usage errors that exit with 2, and the version."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

COMMANDS = {
    "demo": (),
    "train": ("SOURCE",),
    "evaluate": ("CODEC", "SOURCE"),
    "quantise": ("CODEC", "SOURCE"),
    "corrupt": ("CODEC", "SOURCE"),
    "encode": ("CODEC", "INPUT..."),
    "decode": ("CODEC", "FILE.lac"),
    "inspect": ("CODEC|FILE.lac|HEX",),
    "budget": (),
    "link": ("CODEC", "SOURCE"),
    "trial": (),
    "bench": (),
}


def test_help_names_every_command_and_the_exit_codes(laconic: Any) -> None:
    ran = laconic("--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(f"• {name} " in ran.out for name in COMMANDS)
    assert "0 done; 1 failed, something unreadable was left out, or a limit can't be met; 2 wrong" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_says_what_is_required_and_nothing_odd(command: str, laconic: Any) -> None:
    ran = laconic(command, "--help")
    assert ran.code == 0
    usage, _, rest = ran.out.partition("\n")
    for name in COMMANDS[command]:
        assert f" {name}" in usage
        assert f"[{name}" not in usage
    assert rest.count("(required)") == len(COMMANDS[command])
    assert "--json" in ran.out
    for odd in ("None", "--no-", "(default: )", "(default: False)", "STR ..."):
        assert odd not in ran.out


@pytest.mark.parametrize("command", [name for name, required in COMMANDS.items() if required])
def test_what_is_required_and_missing_is_wrong_usage(command: str, laconic: Any) -> None:
    for arguments in [(), ("codec",)][: len(COMMANDS[command])]:
        ran = laconic(command, *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ("Missing" in ran.err) or ran.err == (
            "laconic: encode needs an INPUT: laconic encode CODEC INPUT... -o FILE.lac\n"
        )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["demo", "extra"],
        ["encode", "codec", "a.png", "--quality", "9"],
        ["train", "digits", "--epochs", "many"],
        ["train", "digits", "--epochs", "None"],
        ["train", "digits", "--sparsity", "some"],
        ["--version", "--json"],
    ],
)
def test_wrong_usage_exits_with_two(arguments: list[str], laconic: Any) -> None:
    ran = laconic(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "laconic" in ran.err
    assert "Traceback" not in ran.err


def test_version(laconic: Any) -> None:
    assert laconic("--version").out == f"laconic {version('laconic')}\n"


def test_help_waits_for_no_heavy_package() -> None:
    script = """
import contextlib, io, json, sys
from laconic.cli.main import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main(["train", "--help"])
print(json.dumps([name for name in ("numpy", "onnxruntime", "PIL", "torch") if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == [], done.stderr


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "laconic.cli", "inspect", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "version 1" in done.stdout
