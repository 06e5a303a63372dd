"""How soon laconic is there: its imports against those of numpy and ONNX Runtime, and `laconic --help`.

`import laconic` imports its rooms when they are first asked for, so the import of `Codec` is told, too: against what
it and the encoder that it loads rest on, jaxtyping for shapes in signatures among them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.ratio import WARM_UP, Ratio, middle

FLOOR = "import numpy, onnxruntime"
CODEC = "from laconic import Codec"
LIBRARIES = "import numpy, onnxruntime, jaxtyping, PIL.Image"
REPEATS = 9


def run() -> list[Ratio]:
    """Imports in CPU time, the interpreter's own start aside; the command in seconds as a user waits for it."""
    return [
        _line("import laconic: time over import numpy, onnxruntime", lambda: cpu("import laconic") / cpu(FLOOR), 1.5),
        _line(f"{CODEC}: time over its libraries' import", lambda: cpu(CODEC) / cpu(LIBRARIES), 2.0),
        _line("laconic --help: seconds", _help, 0.5),
    ]


def cpu(statement: str) -> float:
    """Seconds of CPU time that a statement takes in a fresh interpreter."""
    code = f"import time; start = time.process_time(); {statement}; print(time.process_time() - start)"
    return float(_fresh("-c", code))


def _help() -> float:
    start = time.perf_counter()
    _fresh("-m", "laconic.cli", "--help")
    return time.perf_counter() - start


def _line(name: str, measured: Callable[[], float], limit: float) -> Ratio:
    values = [measured() for _ in range(WARM_UP + REPEATS)]
    return Ratio(name, *middle(values[WARM_UP:]), limit)


def _fresh(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    print(*run(), sep="\n")
