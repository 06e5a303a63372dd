"""Fifteen ways in which a camera's picture is spoilt, each in five severities, at any size. numpy, Pillow and SciPy."""

from __future__ import annotations

from laconic.data.corruptions.table import CORRUPTIONS, SEVERITIES, Corruption, corrupt

__all__ = ["CORRUPTIONS", "SEVERITIES", "Corruption", "corrupt"]
