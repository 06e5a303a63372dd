"""Shapes in signatures are checked here, and only here: every call of laconic under test goes through beartype."""

from jaxtyping import install_import_hook

install_import_hook("laconic", "beartype.beartype")
