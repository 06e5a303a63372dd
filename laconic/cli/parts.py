"""Names on the command line to objects: sources, codes, and parts of one's own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from laconic.contract import LaconicError
from laconic.data import Source, open_source
from laconic.extras import load_object
from laconic.language import BUILTIN, Code, conformance


class PartError(LaconicError):
    """A name that stands for nothing."""


def source_named(spec: str) -> Source:
    """The source that SPEC names."""
    return open_source(spec)


def own_or_name(spec: str) -> Any:
    """The object that `package.module:name` names; any other name is passed on."""
    return load_object(spec) if ":" in spec else spec


def code_named(spec: str, k: int) -> Code:
    """A built-in code by name, with `k` where it has one; or an own one, once it has kept the laws.

    Raises:
        PartError: no such code.
        ConformanceError: an own code breaks a law of `laconic.language.conformance`.
    """
    if ":" in spec:
        own = load_object(spec)
        code: Code = own() if isinstance(own, type) else own
        conformance(code, raises=True)
        return code
    if spec not in BUILTIN:
        raise PartError(f"code is one of {', '.join(BUILTIN)} or package.module:name, not {spec!r}")
    kind = BUILTIN[spec]
    made: Code = kind(k=k) if "k" in kind.__dataclass_fields__ else kind()
    return made


def benchmarks() -> list[Any]:
    """The ratios of `benchmarks/`, which lies beside the source and is not installed with it.

    Raises:
        PartError: this is not a source checkout.
    """
    if not Path("benchmarks/__init__.py").is_file():
        raise PartError("the benchmarks are in laconic's source: run `laconic bench` in a clone of it")
    sys.path.insert(0, str(Path.cwd()))
    ratios: list[Any] = importlib.import_module("benchmarks").run()
    return ratios
