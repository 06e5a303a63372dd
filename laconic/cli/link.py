"""`laconic link CODEC SOURCE`: what a noisy link leaves of what a codec says, sends, or would send analog."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Flag, Maybe, OwnCode, misuse, percent, say, watched

if TYPE_CHECKING:
    from laconic.score.link_conditions import Conditions

MOST_POINTS = 200


@dataclass(frozen=True)
class Link(Command):
    """Measure accuracy, packet errors and symbols a picture against the SNR of a link, with a page that shows them."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Labelled pictures of the classes that the codec knows: digits, parquet:FOLDER, folder:PATH, ..."""

    channel: str = "awgn"
    """awgn; rayleigh or rician, whose fade holds for a packet; rayleigh-fast, rician-fast: one a symbol; or
    package.module:name, a channel of your own."""

    snr_db: Annotated[str, arg(metavar="A:B:S")] = "0:20:4"
    """E_s/N_0 per complex symbol in dB, from A to B in steps of S; a negative A is written --snr-db=-4:20:4."""

    modulation: Maybe[Literal["qpsk", "16qam", "64qam", "256qam"]] = None
    """Of packets; by default qpsk."""

    code_rate: Maybe[str] = None
    """Of 5G's LDPC code, from 1/5 to 0.95; by default 1/2."""

    adaptive: Flag = False
    """Instead, at each SNR, the modulation and code rate of highest throughput whose packet errors keep to --target."""

    target: float = 0.1
    """The packet error rate that --adaptive keeps to."""

    protection: str = "qpsk 1/5"
    """Modulation and code rate of words in said-or-sent."""

    ways: Annotated[
        tuple[Literal["said", "sent", "said-or-sent", "analog"], ...], arg(metavar="WAY...", help_behavior_hint="")
    ] = ()
    """said, sent, said-or-sent, analog; by default all that the codec can go."""

    picture_bytes: Maybe[int] = None
    """The most bytes of a sent picture; by default the codec's own budget, or 220."""

    n: int = 2000
    """Test pictures at most, evenly spaced over the split."""

    decoder: Literal["minsum", "sionna"] = "minsum"
    """Of the LDPC code."""

    seed: int = 0
    """Of the channel."""

    report: Maybe[Path] = None
    """Where the page goes; by default CODEC-link.html, beside the codec's folder."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Measure, write the page, give the figures."""
        if self.adaptive and (self.modulation or self.code_rate):
            misuse("--adaptive chooses modulation and code rate: leave out --modulation and --code-rate")
        from laconic.cli.parts import codec_in
        from laconic.data import of_pictures, open_source
        from laconic.extras import check_installed

        check_installed("sionna", "link")
        check_installed("numba", "link")
        codec, asked, source = codec_in(self.codec, self.own_code), self.conditions(), open_source(self.source)
        of_pictures(codec.preprocessing, "laconic link")
        compiled = self._compiled()
        from laconic.report.link import write_link_page
        from laconic.score.link import link_source

        score, loaded = link_source(codec, source, asked, ways=self.ways, n=self.n, progress=watched())
        if compiled.get("from_disk") is False:
            say(f"the decoder was compiled in {compiled['seconds']} s; from now on it is read from disk")
        for failure in loaded.failures:
            say(f"skipped row {failure.row}: {failure.reason}")
        folder = self.codec.resolve()
        page = self.report or folder.with_name(folder.name + "-link.html")
        write_link_page(page, score, {"codec": str(self.codec), "decoder": self.decoder})
        return {
            **asdict(score),
            "decoder": compiled,
            "skipped": len(loaded.failures),
            "codec": str(self.codec),
            "report": str(page),
        }

    def conditions(self) -> Conditions:
        """What was asked for, as objects.

        Raises:
            LaconicError: something that there isn't.
        """
        from laconic.cli.parts import channel_named
        from laconic.link.scheme import Scheme
        from laconic.score.link_conditions import Conditions

        snr_db = snr_range(self.snr_db)
        scheme = None if self.adaptive else Scheme.parse(f"{self.modulation or 'qpsk'} {self.code_rate or '1/2'}")
        return Conditions(
            channel_named(self.channel),
            snr_db,
            scheme,
            self.target,
            Scheme.parse(self.protection),
            self.decoder,
            self.picture_bytes,
            self.seed,
        )

    def show(self, result: dict[str, Any]) -> None:
        """A table, one way and SNR a line."""
        print(f"{result['n']} test pictures of {result['source']} over {result['channel']}, {result['seconds']} s")
        for curve in result["curves"]:
            print(f"\n{curve['way']}: {percent(curve['accuracy_clean'])} right where nothing is lost")
            print(f"{'SNR':>7}{'symbols':>10}{'ratio':>8}{'packet errors':>15}{'answered':>10}{'right':>9}  scheme")
            for point in curve["points"]:
                lost = "" if point["packet_error_rate"] is None else percent(point["packet_error_rate"])
                print(
                    f"{point['snr_db']:4g} dB{point['symbols']:10.1f}{point['bandwidth_ratio']:8.3f}{lost:>15}"
                    f"{percent(point['delivered']):>10}{percent(point['accuracy']):>9}  {point['scheme']}"
                )
        say(f"\nreport: {result['report']}")

    def _compiled(self) -> dict[str, Any]:
        """The decoder, and how long its machine code took to make or to load: before anything is measured."""
        if self.decoder == "sionna" or set(self.ways) == {"analog"}:
            return {"name": self.decoder}
        from laconic.link.minsum import compiled

        made = compiled()
        return {"name": self.decoder, "seconds": round(made.seconds, 2), "from_disk": made.from_disk}


def snr_range(text: str) -> tuple[float, ...]:
    """The SNRs of A:B:S, A and B among them; a number alone is one SNR.

    >>> snr_range("0:9:3"), snr_range("-2.5")
    ((0.0, 3.0, 6.0, 9.0), (-2.5,))

    Raises:
        PartError: it is neither, or of more than MOST_POINTS points.
    """
    from laconic.cli.parts import PartError

    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not all(math.isfinite(part) for part in parts) or len(parts) not in (1, 3):
        raise PartError(f"--snr-db takes A:B:S in dB, as in 0:20:4, or one finite number, not {text!r}")
    if len(parts) == 1:
        return (parts[0],)
    start, stop, step = parts
    if not (step > 0 and start <= stop and (stop - start) / step < MOST_POINTS):
        raise PartError(
            f"--snr-db {text}: a step above 0 that leads from A up to B in less than {MOST_POINTS} steps wanted"
        )
    return tuple(round(start + i * step, 9) for i in range(int((stop - start) / step + 1e-9) + 1))
