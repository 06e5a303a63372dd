"""`laconic downlink train|evaluate|choose`: one base station and many users, simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, subcommand

from laconic.cli.downlink_choose import Choose
from laconic.cli.downlink_evaluate import Evaluate
from laconic.cli.downlink_train import Train

Act = Annotated[Train, subcommand("train")] | Annotated[Evaluate, subcommand("evaluate")]
Acts = Act | Annotated[Choose, subcommand("choose")]


@dataclass(frozen=True)
class Downlink:
    """Send many users their pictures at once: what a group of them shares is sent once. Simulated."""

    act: OmitSubcommandPrefixes[OmitArgPrefixes[Acts]]

    @property
    def json(self) -> bool:
        """Whether one JSON object is the answer."""
        return self.act.json

    @property
    def seed(self) -> int:
        """Of all randomness."""
        return self.act.seed

    def run(self) -> dict[str, Any]:
        """Do the work."""
        return self.act.run()

    def show(self, result: dict[str, Any]) -> None:
        """Print `result` for a person."""
        self.act.show(result)
