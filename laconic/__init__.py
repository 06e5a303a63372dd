"""laconic says what a picture means in a few bytes, and sends the picture only where words would fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laconic.codec import Codec as Codec
    from laconic.contract import LaconicError as LaconicError
    from laconic.contract import Meaning as Meaning
    from laconic.language import PacketError as PacketError

__version__ = "0.1.0"

_HOME = {
    "Codec": "laconic.codec",
    "LaconicError": "laconic.contract",
    "Meaning": "laconic.contract",
    "PacketError": "laconic.language",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import laconic` itself costs nothing."""
    import importlib

    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'laconic' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
