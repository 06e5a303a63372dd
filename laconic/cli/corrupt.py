"""`laconic corrupt CODEC SOURCE`: how often a codec is wrong on pictures that weather and handling spoilt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from laconic.cli.output import CodecFolder, Command, Maybe, OwnCode, percent, say, watched

if TYPE_CHECKING:
    from laconic.codec import Codec
    from laconic.data import Source
    from laconic.score.corruption import CorruptionErrors


@dataclass(frozen=True)
class Corrupt(Command):
    """Spoil test pictures in fifteen ways, five severities each, and count what a codec says wrong."""

    codec: CodecFolder
    source: Annotated[Positional[str], arg(metavar="SOURCE")]
    """Labelled pictures of the classes that the codec knows, of which the test split is used."""

    baseline: Maybe[Path] = None
    """Another codec, to compare with in percent: mCE and relative mCE."""

    only: Annotated[tuple[str, ...], arg(metavar="NAME", help_behavior_hint="")] = ()
    """Of the fifteen only these, as in fog gaussian_noise."""

    pictures: int = 1000
    """So many, evenly spaced over the test split. Each is classified 76 times."""

    seed: int = 0
    """Of what is drawn: codecs measured with one seed see the same spoilt pictures."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Measure one codec or two, give the figures."""
        from laconic.cli.parts import PartError, codec_in
        from laconic.data import of_pictures, open_source

        if self.pictures < 1:
            raise PartError(f"--pictures is at least 1, not {self.pictures}")
        codec, source = codec_in(self.codec, self.own_code), open_source(self.source)
        of_pictures(codec.preprocessing, "laconic corrupt")
        other = None if self.baseline is None else codec_in(self.baseline, self.own_code)
        if other is not None and vars(other.preprocessing) != vars(codec.preprocessing):
            raise PartError(
                f"{self.codec} sees pictures as {_seen(codec)} and {self.baseline} as {_seen(other)}, which "
                "spoils them differently: compare codecs that were trained with one --size, --fit and --color"
            )
        errors, skipped = self._measured(codec, source)
        result = {"codec": str(self.codec), "source": source.name, **_figures(errors), "skipped": skipped}
        if other is not None:
            base, _ = self._measured(other, source)
            result |= {"baseline": {"codec": str(self.baseline), **_figures(base)}, **_compared(errors, base)}
        return result

    def show(self, result: dict[str, Any]) -> None:
        """A line for each corruption."""
        base = result.get("baseline")
        print(f"{result['n']} test pictures of {result['source']}: the part of them that is said wrong")
        print(f"{'':20}{'1':>7}{'2':>7}{'3':>7}{'4':>7}{'5':>7}{'mean':>9}{'baseline' if base else '':>10}")
        for name, errors in result["by_corruption"].items():
            of_base = percent(sum(base["by_corruption"][name]) / len(errors)) if base else ""
            severities = "".join(f"{100 * error:7.1f}" for error in errors)
            print(f"{name:20}{severities}{percent(sum(errors) / len(errors)):>9}{of_base:>10}")
        for name, key in (("mean", "error_corrupted"), ("not spoilt", "error_clean")):
            print(f"{name:20}{'':35}{percent(result[key]):>9}{percent(base[key]) if base else '':>10}")
        for name, key in (("mCE", "mce"), ("relative mCE", "relative_mce")):
            if result.get(key):
                print(f"{name}: {result[key]['mean']:.1f} % of the baseline's")

    def _measured(self, codec: Codec, source: Source) -> tuple[CorruptionErrors, int]:
        from laconic.data.corruptions import CORRUPTIONS
        from laconic.score.corruption import corruption_errors
        from laconic.score.evaluation import labelled_pictures

        codec, loaded, labels = labelled_pictures(codec, source, watched(), self.pictures)
        for failure in loaded.failures:
            say(f"skipped row {failure.row}: {failure.reason}")
        said = codec.said
        errors = corruption_errors(
            lambda images: said.posterior(said.say(codec.features(images))).argmax(axis=1),
            loaded.images,
            labels,
            self.only or tuple(CORRUPTIONS),
            self.seed,
        )
        return errors, len(loaded.failures)


def _figures(errors: CorruptionErrors) -> dict[str, Any]:
    by_corruption = {name: list(found) for name, found in errors.by_corruption.items()}
    return {
        "n": errors.n,
        "seed": errors.seed,
        "error_clean": errors.clean,
        "error_corrupted": errors.mean,
        "by_corruption": by_corruption,
    }


def _compared(errors: CorruptionErrors, baseline: CorruptionErrors) -> dict[str, Any]:
    """MCE and relative mCE; None, and why on standard error, where the baseline's errors give no ratio."""
    from laconic.score.activity import ScoreError
    from laconic.score.corruption import mce, relative_mce

    compared: dict[str, Any] = {}
    for name, ratio in (("mce", mce), ("relative_mce", relative_mce)):
        try:
            compared[name] = asdict(ratio(errors, baseline))
        except ScoreError as error:
            say(f"no {name}: {error}")
            compared[name] = None
    return compared


def _seen(codec: Codec) -> str:
    from laconic.data import of_pictures

    how = of_pictures(codec.preprocessing, "laconic corrupt")
    return f"{how.width}x{how.height} {how.color} ({how.fit})"
