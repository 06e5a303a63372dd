"""`laconic downlink choose DOWNLINK... SOURCE`: the common ratio that held-out pictures say is best at each SNR."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.link import snr_range
from laconic.cli.output import Command, misuse


@dataclass(frozen=True)
class Choose(Command):
    """Choose among downlinks that differ in the common ratio: at each SNR, the best one on held-out pictures."""

    folders: Annotated[Positional[tuple[str, ...]], arg(metavar="DOWNLINK... SOURCE", help_behavior_hint="(required)")]
    """Downlink folders, and last the source on which all of them were trained."""

    snr_db: Annotated[str, arg(metavar="A:B:S")] = "12:18:3"
    """E_s/N_0 of every user, in dB."""

    cells: int = 10
    """Cells of held-out and of test pictures, each drawn from all of these."""

    seed: int = 0
    """Of the cells and of the channel."""

    def run(self) -> dict[str, Any]:
        """Choose on held-out pictures, measure on test pictures."""
        if len(self.folders) < 3:
            misuse("laconic downlink choose takes two Downlink folders or more, and last a SOURCE")
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        snr_db, source = snr_range(self.snr_db), open_source(self.folders[-1])
        from laconic.train.downlink.choice import choose_downlink
        from laconic.train.downlink.folder import TrainedDownlink

        folders = self.folders[:-1]
        trained = {name: TrainedDownlink.load(Path(name)) for name in folders}
        rows = choose_downlink(trained, source, snr_db, n_cells=self.cells, seed=self.seed)
        mean = {name: fmean(row["test_psnr_db"][name] for row in rows) for name in folders}
        return {
            "source": source.name,
            "common_ratio": {name: one.recipe.budget.common_ratio for name, one in trained.items()},
            "cells": self.cells,
            "seed": self.seed,
            "chosen": rows,
            "mean_test_psnr_db": fmean(row["test_psnr_db"][row["chosen"]] for row in rows),
            "mean_test_psnr_db_of": mean,
        }

    def show(self, result: dict[str, Any]) -> None:
        """A table, one SNR a line, a column for each folder."""
        names = list(result["common_ratio"])
        width = max(12, *(len(name) + 2 for name in names))
        print(f"PSNR in dB on held-out pictures of {result['source']}; of the chosen one on test pictures, too:")
        print(f"{'SNR':>7}" + "".join(f"{name:>{width}}" for name in names) + f"  {'chosen':{width}}test")
        shared = "".join(f"{f'{ratio:.3g} common':>{width}}" for ratio in result["common_ratio"].values())
        print(f"{'':7}{shared}")
        for row in result["chosen"]:
            held = "".join(f"{row['held_psnr_db'][name]:>{width}.2f}" for name in names)
            print(f"{row['snr_db']:4g} dB{held}  {row['chosen']:{width}}{row['test_psnr_db'][row['chosen']]:.2f}")
        each = ", ".join(f"{name} {mean:.2f} dB" for name, mean in result["mean_test_psnr_db_of"].items())
        print(
            f"mean over these SNRs on test pictures: as chosen {result['mean_test_psnr_db']:.2f} dB; {each} everywhere"
        )
