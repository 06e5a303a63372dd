"""Ratios of laconic's hot paths to stated floors, each measured in one run with its floor."""
