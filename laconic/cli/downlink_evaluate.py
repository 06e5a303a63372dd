"""`laconic downlink evaluate DOWNLINK SOURCE`: what users receive at each SNR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.link import snr_range
from laconic.cli.output import Command, Maybe, percent, say, watched

DownlinkFolder = Annotated[
    Positional[Path], arg(metavar="DOWNLINK", help="A Downlink folder, as laconic downlink train writes it.")
]


@dataclass(frozen=True)
class Evaluate(Command):
    """Measure what the users of a downlink receive of test pictures at each SNR, over a simulated channel."""

    downlink: DownlinkFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Whose test pictures are sent."""

    snr_db: Annotated[str, arg(metavar="A:B:S")] = "0:24:3"
    """E_s/N_0 of every user, in dB."""

    channel: Maybe[str] = None
    """awgn, rician, rayleigh, rician-fast, rayleigh-fast, or package.module:name; by default the one of training."""

    correlation: Maybe[float] = None
    """How alike the pictures of one scene's users are; by default as in training."""

    scenes: Maybe[int] = None
    """Scenes that a cell's users look at; by default as in training."""

    cells: int = 10
    """Cells of test pictures, each drawn from all of them."""

    lpips_weights: Maybe[Path] = None
    """A safetensors file with the weights of VGG-16 and of LPIPS, as laconic.score.perceptual names them; without it,
    features of a small network, trained for a moment on the source's labels, stand in for LPIPS."""

    report: Maybe[Path] = None
    """Where the page goes; by default DOWNLINK-report.html, beside the folder."""

    seed: int = 0
    """Of the cells and of the channel."""

    def run(self) -> dict[str, Any]:
        """Measure, write the page, give the figures."""
        from laconic.cli.downlink_train import downlink_channel
        from laconic.data import open_source
        from laconic.extras import check_installed

        check_installed("lightning", "train")
        snr_db, source = snr_range(self.snr_db), open_source(self.source)
        from laconic.report.downlink import write_downlink_page
        from laconic.train.downlink.evaluate import evaluate_downlink
        from laconic.train.downlink.folder import TrainedDownlink

        channel = None if self.channel is None else downlink_channel(self.channel)
        trained = TrainedDownlink.load(self.downlink, channel)
        sharing = trained.sharing.over(self.correlation, self.scenes)
        warnings = [told] if (told := trained.recipe.outside(snr_db)) else []
        for warning in warnings:
            say(f"warning: {warning}")
        score, shown, skipped = evaluate_downlink(
            trained,
            source,
            snr_db,
            n_cells=self.cells,
            sharing=sharing,
            lpips_weights=self.lpips_weights,
            seed=self.seed,
            progress=watched(),
        )
        folder = self.downlink.resolve()
        page = self.report or folder.with_name(folder.name + "-report.html")
        command = trained.record["provenance"]["command"]
        write_downlink_page(page, score, shown, {"downlink": str(self.downlink), "trained by": command})
        return {
            **asdict(score),
            "warnings": warnings,
            "skipped": skipped,
            "downlink": str(self.downlink),
            "report": str(page),
        }

    def show(self, result: dict[str, Any]) -> None:
        """A table, one SNR a line."""
        users = f"{result['cells']} cells of {result['users']} users"
        print(f"{users} with test pictures of {result['source']} over {result['channel']}, {result['seconds']} s")
        print(
            f"{result['private']} symbols are each user's own, {result['common']} its group's; the cell spends "
            f"{result['spent']}"
        )
        print(_heads(result["points"]))
        for point in result["points"]:
            print(_line(point))
        if result["perceptual"]:
            print(f"perceptual: {result['perceptual']}")
        say(f"\nreport: {result['report']}")


_COLUMNS = {"ssim": "SSIM", "ms_ssim": "MS-SSIM", "perceptual": "perceptual", "accuracy": "right"}


def _heads(points: Sequence[dict[str, Any]]) -> str:
    there = [head for name, head in _COLUMNS.items() if points[0][name] is not None]
    return f"{'SNR':>7}{'PSNR':>10}{'users':>14}{'groups':>14}" + "".join(f"{head:>12}" for head in there)


def _line(point: dict[str, Any]) -> str:
    users = f"{point['psnr_low_db']:.1f} - {point['psnr_high_db']:.1f}"
    groups = f"{point['groups_psnr_db'][0]:.1f} - {point['groups_psnr_db'][-1]:.1f}"
    values = [(name, point[name]) for name in _COLUMNS if point[name] is not None]
    rest = "".join(f"{percent(value) if name == 'accuracy' else format(value, '.3f'):>12}" for name, value in values)
    return f"{point['snr_db']:4g} dB{point['psnr_db']:7.2f} dB{users:>14}{groups:>14}{rest}"
