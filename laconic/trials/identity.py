"""What tells one run from another: the key under which its numbers are kept.

A kept run is used again only if nothing that it depends on has changed: the measure's code and all of laconic's
code that it imports (docstrings and comments aside), the arm's parameters, the seed, the data. The trial's name,
words and rules are no part of it, so that two figures can share their runs; nor is the code that runs and draws
trials. The versions of other packages are no part of it either; they are recorded with each run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from laconic.data import open_source
from laconic.trials.trial import Measure, Parameters, TrialError

PACKAGE = Path(__file__).parents[1]
ROOM = Path(__file__).parent
MEASURES_NOTHING = {
    *(ROOM / "__init__.py", ROOM / "catalogue.py", ROOM / "engine.py", ROOM / "figures.py", ROOM / "identity.py"),
    *(ROOM / "outcome.py", ROOM / "provenance.py", ROOM / "results.py", ROOM / "rules.py", ROOM / "spread.py"),
    *(ROOM / "tables.py", ROOM / "trial.py"),
}
"""What declares, runs, judges and draws: no number depends on it."""


def run_key(code: str, parameters: Parameters, seed: int, data: dict[str, str]) -> str:
    """24 hexadecimal digits for one run, from `code_hash` and `data_fingerprint` and what else it depends on."""
    return _hash(json.dumps([code, parameters, seed, data], sort_keys=True))[:24]


def data_fingerprint(source: str) -> dict[str, str]:
    """The fingerprint of each split of a SOURCE.

    Raises:
        SourceError: it can't be opened.
    """
    return {name: split.fingerprint for name, split in sorted(open_source(source).splits.items())}


def code_hash(measure: Measure) -> str:
    """A hash of the module that `measure` stands in and of all modules of laconic that it leads to.

    Imports are followed wherever in a file they stand. Other files of one's own beside it are not followed.

    Raises:
        TrialError: the measure has no source file, as one typed at a prompt.
    """
    file = getattr(sys.modules.get(measure.__module__), "__file__", None)
    if file is None:
        raise TrialError(f"the measure {measure.__qualname__} has no source file; write the trial to a file")
    codes, waiting = {}, [Path(file)]
    while waiting:
        path = waiting.pop()
        if path not in codes and path not in MEASURES_NOTHING:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            waiting += _imported(tree, path)
            codes[path] = ast.unparse(_without_docstrings(tree))
    own = [codes.pop(Path(file))]  # without its path: a file may move
    return _hash(json.dumps([own, sorted((path.relative_to(PACKAGE).as_posix(), codes[path]) for path in codes)]))


def _imported(tree: ast.AST, path: Path) -> Iterator[Path]:
    """Files of laconic that a module imports; with a module, its packages."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _package(path, node.level) + (node.module or "")
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            names = [str(node.args[0].value).partition(":")[0]]  # importlib.import_module("laconic.x")
        for name in names:
            yield from _files(name)


def _package(path: Path, level: int) -> str:
    """The dotted prefix that a relative import of this level starts from."""
    if not level or PACKAGE not in path.parents:
        return ""
    return ".".join(["laconic", *path.parents[level - 1].relative_to(PACKAGE).parts]) + "."


def _files(name: str) -> Iterator[Path]:
    root, *parts = name.split(".")
    if root != "laconic":
        return
    for n in range(len(parts) + 1):
        place = PACKAGE.joinpath(*parts[:n])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                yield path


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body: Any = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                body[0] = ast.Pass()
    return tree


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
