"""`laconic bench`: the ratios of benchmarks/, each against a stated floor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from laconic.cli.output import Command


@dataclass(frozen=True)
class Bench(Command):
    """Measure laconic against its floors: bare matrix products, bare networks, bare ONNX Runtime."""

    def run(self) -> dict[str, Any]:
        """Run every benchmark."""
        from laconic.cli.parts import benchmarks

        return {"ratios": [asdict(ratio) for ratio in benchmarks()]}

    def show(self, result: dict[str, Any]) -> None:
        """A line for each ratio."""
        for ratio in result["ratios"]:
            verdict = "holds" if ratio["holds"] else "DOES NOT HOLD"
            measured = f"{ratio['value']:8.3f} +- {ratio['spread']:.3f}"
            print(f"{ratio['name']:58} {measured}  limit {ratio['limit']:<6.3g} {verdict}")
