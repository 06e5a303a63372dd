"""`python -m laconic.cli`: the same as the command `laconic`."""

from __future__ import annotations

from laconic.cli.main import main

main()
