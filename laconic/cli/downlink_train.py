"""`laconic downlink train SOURCE --out DOWNLINK`: networks that send many users their pictures."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import Command, Flag, Maybe, percent, say, watched

if TYPE_CHECKING:
    from laconic.link import Channel
    from laconic.train import DownlinkRecipe


@dataclass(frozen=True)
class Train(Command):
    """Train a downlink on the pictures of a source: cells of users, who share what is alike in their pictures."""

    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """digits, site, parquet:FOLDER, hub:NAME or folder:PATH; labels are needed with --classify only."""

    out: Path = Path("downlink")
    """Where the Downlink folder goes; an older one there is replaced when the new one is complete."""

    users: int = 50
    """Users of a cell."""

    groups: int = 10
    """Groups of equal size that they are divided into, each with a multicast of its own."""

    symbols: int = 512
    """Complex symbols a picture: two real numbers each."""

    common_ratio: float = 0.2
    """The part of them that a group shares; 0 sends each user its own alone."""

    accounting: Literal["pooled", "per-user"] = "pooled"
    """How common symbols are counted: once for the group, or in full for each user who hears them."""

    correlation: Maybe[float] = None
    """Let users of one scene have pictures of this correlation, 0 to 1, made of the source's; by default each has a
    picture of the source as it is."""

    scenes: Maybe[int] = None
    """Scenes that a cell's users look at, with --correlation; by default as many as groups."""

    channel: str = "awgn"
    """awgn, rician, rayleigh, rician-fast, rayleigh-fast, or package.module:name."""

    leak: float = 0.0
    """The part of every other stream's power that gets through, 0 to 1; 1 is the paper's literal superposition."""

    snr_db: Annotated[str, arg(metavar="A:B")] = "12:18"
    """The range of which each user's SNR is drawn, in dB."""

    snr_aware: Flag = False
    """Tell both ends each user's SNR, by attention feature modules (ADJSCC)."""

    decoder: Literal["paper", "spatial"] = "paper"
    """The paper's, in which all passes 512 numbers, or one without that bottleneck."""

    grouping: Literal["balanced", "pictures", "random"] = "balanced"
    """Users together whose private features are alike, or whose pictures are; or groups drawn by chance."""

    width: float = 1.0
    """Times the paper's channels: 0.25 is quick, 1 is large."""

    repulsion_weight: float = 0.1
    """How much groups' common features are drawn apart; lambda."""

    classify: Annotated[float, arg(metavar="WEIGHT")] = 0.0
    """Above 0 the receiver tells classes, too; the weight of the cross-entropy beside the pictures' loss. A mixed
    picture has the class of its scene from --correlation 0.5 on, and of the user's own part below."""

    cells: int = 1
    """Cells in a training step."""

    epochs: Maybe[int] = None
    """Train for so many epochs, in each of which a picture comes to one user in the mean."""

    minutes: Maybe[float] = None
    """Train for so long, everything included; 15 if nothing else is said."""

    steps: Maybe[int] = None
    """Train for so many steps."""

    learning_rate: float = 1e-4
    """Adam's, constant."""

    size: Maybe[str] = None
    """WIDTHxHEIGHT, multiples of 8; by default the pictures' own."""

    fit: Literal["squash", "crop", "pad"] = "squash"
    """How pictures of another shape are made to fit."""

    color: Maybe[Literal["rgb", "gray"]] = None
    """By default gray only if the pictures are."""

    validation: float = 0.1
    """The part of the training pictures that is held out."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """auto: bf16 where the processor has it."""

    seed: int = 0
    """Of all randomness: the same seed gives the same downlink on one CPU thread."""

    resume: Flag = False
    """Continue the run that was left at this --out."""

    def run(self) -> dict[str, Any]:
        """Train, then say what was reached on test pictures."""
        from laconic.cli.parts import PartError
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        if self.scenes is not None and self.correlation is None:
            raise PartError("--scenes are those of --correlation R, which says how alike their users' pictures are")
        source = open_source(self.source)  # told wrong before torch is imported
        recipe = self.recipe()
        from laconic.train import choose_preprocessing
        from laconic.train.downlink.data import Sharing
        from laconic.train.downlink.fit import fit_downlink

        trained = fit_downlink(
            source,
            self.out,
            recipe,
            sharing=Sharing(self.correlation, self.scenes),
            preprocessing=choose_preprocessing(source.split("train"), self.size, self.fit, self.color),
            resume=self.resume,
            progress=watched(),
            command=shlex.join(["laconic", *sys.argv[1:]]),
        )
        budget, provenance = recipe.budget, trained.record["provenance"]
        return {
            "downlink": str(self.out),
            "symbols": {"private": budget.private, "common": budget.common, "spent": budget.spent},
            **trained.record["measured"],
            "steps": provenance["steps"],
            "skipped": provenance["skipped"],
            "seconds": provenance["seconds"],
        }

    def recipe(self) -> DownlinkRecipe:
        """What was asked for, as an object.

        Raises:
            LaconicError: something that can't be.
        """
        from laconic.cli.parts import snr_between
        from laconic.link import SymbolBudget
        from laconic.train import DownlinkRecipe

        budget = SymbolBudget.from_ratio(self.users, self.groups, self.symbols, self.common_ratio, self.accounting)
        return DownlinkRecipe(
            budget,
            channel=downlink_channel(self.channel),
            leak=self.leak,
            decoder=self.decoder,
            grouping=self.grouping,
            width=self.width,
            snr_db=snr_between(self.snr_db),
            snr_aware=self.snr_aware,
            repulsion_weight=self.repulsion_weight,
            classify=self.classify,
            learning_rate=self.learning_rate,
            cells=self.cells,
            steps=self.steps,
            epochs=self.epochs,
            minutes=self.minutes,
            validation=self.validation,
            precision=self.precision,
            seed=self.seed,
        )

    def show(self, result: dict[str, Any]) -> None:
        """Say it in a few lines."""
        symbols = result["symbols"]
        tells = "" if result["accuracy"] is None else f", {percent(result['accuracy'])} of classes told"
        print(
            f"{result['downlink']}: PSNR {result['psnr_db']:.2f} dB at {result['snr_db']:g} dB{tells}, on "
            f"{result['test_cells']} cells of test pictures"
        )
        print(
            f"{symbols['private']} symbols are each user's own, {symbols['common']} its group's; the cell spends "
            f"{symbols['spent']}"
        )
        say(f"next: laconic downlink evaluate {result['downlink']} {self.source}")


def downlink_channel(spec: str) -> Channel:
    """A channel by name, which takes an SNR for each packet, as each user has its own.

    Raises:
        PartError: no such channel, or one that doesn't.
    """
    import torch

    from laconic.cli.parts import PartError, channel_named

    channel = channel_named(spec)
    if ":" in spec:
        try:
            channel(torch.ones(2, 4, dtype=torch.complex64), torch.tensor([10.0, 12.0]), generator=torch.Generator())
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
            raise PartError(f"channel {spec}: given an SNR for each packet, it raised {raised}") from error
    return channel
