"""Experiments of this project's own: what no paper here claims, declared and judged in the same way."""
