"""`laconic budget CODEC`: what its messages cost on real links: frames, airtime, messages a day."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from laconic.cli.output import Command, Maybe, OwnCode, misuse, percent

if TYPE_CHECKING:
    from laconic.transport import Cost, Link, Sizes

LinkName = Literal["lorawan-eu868", "lorawan-us915", "nb-iot", "mqtt", "udp"]

WIDTH = 110  # characters of a line below a table


@dataclass(frozen=True)
class Budget(Command):
    """Tell what a codec's mean message costs on LoRaWAN, NB-IoT, MQTT and UDP, beside a picture."""

    codec: Annotated[Positional[Path | None], arg(metavar="[CODEC]", help_behavior_hint="")] = None
    """A Codec folder, as laconic train writes it; without one, --bits."""

    link: Maybe[LinkName] = None
    """One link; by default all."""

    bits: Maybe[int] = None
    """Plan for messages of so many bits, without a codec."""

    picture_bytes: Maybe[int] = None
    """The mean bytes of a picture; by default the most that the codec sends, or 300: JPEG files of 32x32 pixels can't
    be much smaller."""

    own_code: OwnCode = None

    def run(self) -> dict[str, Any]:
        """Count frames, bytes and airtime on each link, at each of its rates."""
        if (self.codec is None) == (self.bits is None):
            misuse("budget needs a CODEC or --bits, not both: laconic budget CODEC, or laconic budget --bits 24")
        from laconic.cli.parts import codec_in
        from laconic.transport import (
            EU868,
            MQTT_LINK,
            NB_IOT,
            UDP_LINK,
            US915,
            codec_messages,
            plain_messages,
            said_share,
        )

        links = {"lorawan-eu868": EU868, "lorawan-us915": US915, "nb-iot": NB_IOT, "mqtt": MQTT_LINK, "udp": UDP_LINK}
        chosen = links.values() if self.link is None else [links[self.link]]
        if self.codec is None:
            compared = [(link, plain_messages(self.bits or 0, link.bare, self.picture_bytes)) for link in chosen]
            return {"codec": None, "said_fraction": None, "links": [_budget(*each) for each in compared]}
        codec = codec_in(self.codec, self.own_code)
        compared = [(link, codec_messages(codec, link.bare, self.picture_bytes)) for link in chosen]
        return {
            "codec": str(self.codec),
            "said_fraction": said_share(codec),
            "links": [_budget(*each) for each in compared],
        }

    def show(self, result: dict[str, Any]) -> None:
        """A table for each link, its messages side by side; below it what was counted."""
        if result["said_fraction"] not in (None, 1):
            print(f"{percent(result['said_fraction'])} of pictures are said, the others sent\n")
        for i, link in enumerate(result["links"]):
            print("\n" * (i > 0) + link["link"])
            for line in _table(link):
                print(line.rstrip())
            for assumption in link["assumptions"]:
                print(textwrap.fill(assumption, WIDTH, initial_indent="- ", subsequent_indent="  "))


def _budget(link: Link, messages: Mapping[str, Sizes]) -> dict[str, Any]:
    """A link's part of the JSON object."""
    from laconic.transport import mean_cost

    return {
        "link": link.name,
        "frames": link.frames,
        "bytes": {name: sizes.mean for name, sizes in messages.items()},
        "rates": [
            {"rate": rate.name, **{name: _figures(link, mean_cost(rate, sizes)) for name, sizes in messages.items()}}
            for rate in link.rates
        ],
        "assumptions": list(link.assumptions),
    }


def _figures(link: Link, cost: Cost) -> dict[str, Any]:
    a_day = {rule: cost.messages_in(seconds) for rule, seconds in link.airtime_a_day_s.items()}
    return {**asdict(cost), "a_day": a_day, "per_megabyte": cost.per_megabyte}


def _table(link: dict[str, Any]) -> list[str]:
    """A line for each rate, below two of headings; the messages stand side by side."""
    left = _aligned(["", "", *(rate["rate"] for rate in link["rates"])])
    sides = [
        _side(f"{name.replace('_', ' ')}, {_size(n_bytes)}", link["frames"], [rate[name] for rate in link["rates"]])
        for name, n_bytes in link["bytes"].items()
    ]
    return [" | ".join(lines) for lines in zip(left, *sides, strict=True)]


def _side(title: str, frames: str, figures: list[dict[str, Any]]) -> list[str]:
    """One message's columns."""
    rows = [[head for head, _ in _cells(frames, figures[0])]]
    rows += [[cell for _, cell in _cells(frames, each)] for each in figures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return _aligned([title, *lines])


def _aligned(lines: list[str]) -> list[str]:
    width = max(map(len, lines))
    return [f"{line:<{width}}" for line in lines]


def _cells(frames: str, figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Headings and what stands below them: of the figures, those that the link has."""
    cells = [(frames, _number(figures["frames"]))]
    if figures["airtime_s"] is None:
        cells.append(("bytes", _number(figures["wire_bytes"])))
    else:
        cells += [("ms", _number(1000 * figures["airtime_s"])), ("mJ", _number(figures["energy_mj"]))]
    if not figures["a_day"]:
        return [*cells, ("per MB", _number(figures["per_megabyte"]))]
    return cells + [(rule.split("_")[0], _number(n)) for rule, n in figures["a_day"].items()]


def _size(n_bytes: int | float) -> str:
    return f"{_number(n_bytes)} byte{'s' * (n_bytes != 1)}"


def _number(value: int | float) -> str:
    """As short as it may be: one decimal below 100, unless it is whole.

    >>> _number(3.0), _number(46.336), _number(1155.07)
    ('3', '46.3', '1,155')
    """
    return f"{value:,.0f}" if value >= 99.95 or round(value, 9) == int(value) else f"{value:.1f}"
