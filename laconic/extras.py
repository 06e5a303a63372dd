"""What isn't laconic's: optional packages, named with their extra when missing, and users' own objects."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from laconic.contract import LaconicError


def need(module: str, extra: str) -> Any:
    """Import `module`; if it is not installed, say which extra of laconic brings it.

    Raises:
        LaconicError: `module` is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(error.name + ".")):
            raise
        raise _missing(error.name, extra) from error


def check_installed(package: str, extra: str) -> None:
    """As `need`, but nothing is imported: for what takes seconds to import, before other work is done.

    Raises:
        LaconicError: `package` is not installed.
    """
    if importlib.util.find_spec(package) is None:
        raise _missing(package, extra)


def _missing(package: str, extra: str) -> LaconicError:
    return LaconicError(f"this needs the package {package!r}; install it with: pip install 'laconic[{extra}]'")


def load_object(spec: str) -> Any:
    """The object that `package.module:name` names; the current folder is searched after all else.

    >>> load_object("math:pi")
    3.141592653589793

    Raises:
        LaconicError: `spec` isn't of that form, its module can't be imported, or has nothing of that name.
    """
    module, _, name = spec.partition(":")
    if not module or not name:
        raise LaconicError(f"an own part is named package.module:name, not {spec!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a console script doesn't search it, `python -m` does
    try:
        found = importlib.import_module(module)
    except Exception as error:
        message = f"{spec}: importing {module} raised {type(error).__name__}: {error}"
        raise LaconicError(message) from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise LaconicError(f"{spec}: there is no {name} in {module}")
        found = getattr(found, part)
    return found
