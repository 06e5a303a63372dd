"""Graphs of a batch's latent space: which pictures lie near each other, and what varies between neighbours."""

from __future__ import annotations
