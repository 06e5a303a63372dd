"""How soon laconic is there: its import against the imports of numpy and ONNX Runtime, and `laconic --help`."""

from __future__ import annotations

import functools
import subprocess
import sys
import time

from benchmarks.ratio import WARM_UP, Ratio, measure, middle

FLOOR = "import numpy, onnxruntime"
REPEATS = 9


class Interpreters:
    """Statements run in fresh interpreters; `now` is the CPU time that they have taken, interpreters aside."""

    def __init__(self) -> None:
        self.now = 0.0

    def run(self, statement: str) -> None:
        """Run one statement in a new interpreter."""
        code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
        self.now += float(_fresh("-c", code))


def run() -> list[Ratio]:
    """The imports as ratios of CPU time, the command in seconds as a user waits for it."""
    return [_import("import laconic"), _help()]


def _import(statement: str) -> Ratio:
    python = Interpreters()
    work, floor = functools.partial(python.run, statement), functools.partial(python.run, FLOOR)
    value, spread = measure(work, floor, REPEATS, lambda: python.now)
    return Ratio(f"{statement}: time over {FLOOR}", value, spread, 1.5)


def _help() -> Ratio:
    took = []
    for _ in range(WARM_UP + REPEATS):
        start = time.perf_counter()
        _fresh("-m", "laconic.cli", "--help")
        took.append(time.perf_counter() - start)
    value, spread = middle(took[WARM_UP:])
    return Ratio("laconic --help: seconds", value, spread, 0.5)


def _fresh(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    print(*run(), sep="\n")
