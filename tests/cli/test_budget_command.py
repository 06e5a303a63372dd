"""`laconic budget`: tables for people, one JSON object, and the figures that README.md shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lamps
import pytest

README = Path(__file__).parents[2] / "README.md"
LINKS = ("lorawan-eu868", "lorawan-us915", "nb-iot", "mqtt", "udp")


def test_a_codec_on_all_links(laconic: Any, lamps_folder: Path) -> None:
    answer = laconic("budget", lamps_folder, "--json").answer
    assert (answer["codec"], answer["said_fraction"]) == (str(lamps_folder), 1)
    assert tuple(link["link"] for link in answer["links"]) == LINKS
    lora, udp = answer["links"][0], answer["links"][-1]
    assert lora["bytes"]["said"] + 2 == udp["bytes"]["said"]  # bare on LoRaWAN
    assert lora["bytes"]["picture"] == udp["bytes"]["picture"] == 300
    assert [rate["rate"] for rate in lora["rates"]] == ["SF7", "SF8", "SF9", "SF10", "SF11", "SF12"]
    assert lora["rates"][0]["picture"]["a_day"] == {"fair_use": 56, "duty_cycle": 1636}
    assert udp["rates"][0]["picture"] == {
        **{"frames": 1, "wire_bytes": 328, "airtime_s": None, "energy_mj": None},
        **{"a_day": {}, "per_megabyte": 3048},
    }


def test_a_codec_that_also_sends_has_three_columns(laconic: Any, tmp_path: Path) -> None:
    folder = lamps.write(tmp_path / "codec", rule=lamps.sending())
    lines = laconic("budget", folder, "--link", "lorawan-eu868").out.splitlines()
    assert re.fullmatch(r"\d\d\.\d % of pictures are said, the others sent", lines[0])
    titles = [title.strip() for title in lines[3].split("|")]
    assert titles[3] == "picture, 60 bytes"
    assert titles[1].startswith("said, 1.")
    assert titles[2].startswith("said or sent, ")
    answer = laconic("budget", folder, "--link", "lorawan-eu868", "--json").answer
    for rate in answer["links"][0]["rates"]:
        costs = [rate[name]["airtime_s"] for name in ("said", "said_or_sent", "picture")]
        assert costs == sorted(costs)
        share = answer["said_fraction"]
        assert costs[1] == pytest.approx(share * costs[0] + (1 - share) * costs[2])


@pytest.mark.parametrize("link", LINKS)
def test_a_plan_without_a_codec_is_a_table_whose_columns_stand_below_each_other(link: str, laconic: Any) -> None:
    lines = laconic("budget", "--bits", 24, "--link", link).out.splitlines()
    assert lines[0] == link
    bars = [[at for at, sign in enumerate(line) if sign == "|"] for line in lines if "|" in line]
    assert len(bars) >= 4
    assert len(bars[0]) == 2
    assert all(found == bars[0] for found in bars)
    assert all(len(line) <= 120 for line in lines)


def test_readme_shows_what_the_command_prints(laconic: Any) -> None:
    found = re.search(r"^\$ laconic (budget --bits [^#\n]*).*\n((?:.+\n)+?)```", README.read_text(), re.MULTILINE)
    assert found is not None
    lines = laconic(*found[1].split()).out.splitlines(keepends=True)
    assert found[2] == "".join(line for line in lines if "|" in line or line == lines[0])


@pytest.mark.parametrize("arguments", [[], ["codec", "--bits", "24"], ["--bits", "24", "--link", "sigfox"]])
def test_wrong_usage(arguments: list[str], laconic: Any) -> None:
    ran = laconic("budget", *arguments)
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bits", -1], "a message of at least 0 bits wanted, got -1"),
        (["--bits", 8, "--picture-bytes", 0], "a picture of at least 1 byte wanted, got 0"),
        (["nowhere"], "nowhere is not a Codec folder: codec.json is missing"),
    ],
)
def test_what_can_not_be_is_told_in_one_line(arguments: list[Any], message: str, laconic: Any) -> None:
    ran = laconic("budget", *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"laconic: {message}\n")
