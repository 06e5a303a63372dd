"""Adaptive modulation: bounds that hold, choices that keep their target, a cache that heals itself."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from laconic.contract import LaconicError
from laconic.link import adaptive, cache
from laconic.link.adaptive import ENOUGH, SCHEMES, ErrorTable, Point, error_table
from laconic.link.digital import Delivered, DigitalLink
from laconic.link.errors import LinkError
from laconic.link.fading import AWGN, Channel, Rayleigh, Received
from laconic.link.scheme import Scheme
from laconic.receiver.binomial import upper_bound

FEW = (Scheme("qpsk", Fraction(1, 2)), Scheme("16qam", Fraction(1, 2)), Scheme("16qam", Fraction(3, 4)))

SNR_DB = tuple(float(snr_db) for snr_db in range(-4, 17, 2))


@pytest.fixture(scope="module")
def awgn(tmp_path_factory: pytest.TempPathFactory) -> ErrorTable:
    folder = tmp_path_factory.mktemp("cache")
    return error_table(AWGN(), 64, snr_db=SNR_DB, schemes=FEW, packets=400, folder=folder)


# --- simulation


@dataclass(frozen=True)
class Coin(DigitalLink):
    """A link whose packets fail with a known probability, whatever the SNR."""

    channel: Channel = field(default_factory=AWGN)
    p: float = 0.5
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __call__(self, bits: np.ndarray, snr_db: float, *, generator: torch.Generator) -> Delivered:  # noqa: ARG002
        failed = self.rng.random(len(bits)) < self.p
        return Delivered(bits ^ failed[:, None].astype(np.uint8), ~failed, 1)


@pytest.mark.parametrize("p", [0.002, 0.05, 0.1, 0.3, 0.49, 0.9])
def test_bounds_hold_as_often_as_they_say_though_errors_end_a_point(p: float) -> None:
    confidence, trials, rng, coin = 0.9, 400, np.random.default_rng(0), Coin(p=p)
    points = [adaptive._simulate(coin, 1, 0.0, 2000, confidence, rng, torch.Generator()) for _ in range(trials)]
    missed = sum(point.bound < p for point in points)
    assert missed <= (1 - confidence) * trials + 4 * math.sqrt(trials * confidence * (1 - confidence))
    assert all(point.packets == 2000 or point.errors >= ENOUGH for point in points)
    assert all(point.bound >= point.errors / point.packets for point in points if point.packets == 2000)


def test_a_point_that_fails_at_once_costs_one_batch() -> None:
    point = adaptive._simulate(Coin(p=0.99), 1, 0.0, 10**6, 0.95, np.random.default_rng(0), torch.Generator())
    assert (point.packets, point.bound) == (adaptive.BATCH, 1.0)


def test_points_of_a_table_are_counts_with_their_bounds(awgn: ErrorTable) -> None:
    each = 1 - (1 - 0.95) / len(FEW)
    for row in awgn.points:
        rates = [point.errors / point.packets for point in row if point.packets]
        assert rates[0] > 0.9
        assert rates[-1] == 0
        for point in row:
            assert 0 <= point.errors <= point.packets <= 400
            if point.errors < ENOUGH and point.packets:
                assert point.bound == upper_bound(point.errors, point.packets, each)
    assert awgn.symbols == (64, 32, 21)
    assert awgn.snr_db == SNR_DB


def test_what_can_be_spared_is_not_simulated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, float]] = []
    rates = {"qpsk 1/2": [1.0, 0.4, 0.0, 0.0], "16qam 1/2": [1.0, 1.0, 0.1, 0.0]}

    def simulated(link: DigitalLink, _: int, snr_db: float, packets: int, *__: object) -> Point:
        name = f"{link.modulation} 1/2"
        asked.append((name, snr_db))
        return Point(packets, round(packets * rates[name][int(snr_db)]), rates[name][int(snr_db)])

    monkeypatch.setattr(adaptive, "_simulate", simulated)
    done: list[tuple[int, int]] = []
    table = error_table(
        AWGN(),
        64,
        snr_db=(0.0, 1.0, 2.0, 3.0),
        schemes=FEW[1::-1],
        folder=tmp_path,
        progress=lambda *each: done.append(each),
    )
    assert [str(scheme) for scheme in table.schemes] == ["qpsk 1/2", "16qam 1/2"]  # from the most symbols
    assert asked == [("qpsk 1/2", 0.0), ("qpsk 1/2", 1.0), ("qpsk 1/2", 2.0)] + [
        ("16qam 1/2", snr_db) for snr_db in (1.0, 2.0, 3.0)
    ]
    assert [[point.bound for point in row] for row in table.points] == [[1.0, 0.4, 0.0, 0.0], [1.0, 1.0, 0.1, 0.0]]
    assert done == [(i, 8) for i in (1, 2, 3, 4, 6, 7, 8)]


# --- choice


def test_the_choice_is_the_least_symbols_that_keep_the_target(awgn: ErrorTable) -> None:
    for snr_db in awgn.snr_db:
        column = awgn.snr_db.index(snr_db)
        for target in (0.02, 0.1, 0.5):
            choice = awgn.choose(snr_db, target)
            meeting = [i for i in range(3) if awgn.points[i][column].bound <= target]
            if not meeting:
                assert choice.scheme is None
                continue
            best = min(meeting, key=lambda i: awgn.symbols[i])
            assert choice.scheme == awgn.schemes[best]
            assert choice.symbols == awgn.symbols[best]
            assert choice.error_bound <= target
    assert awgn.choose(16.0).scheme == FEW[2]


def test_what_is_chosen_keeps_its_target_when_it_is_used(awgn: ErrorTable) -> None:
    for snr_db in (4.0, 9.0, 16.0):
        choice = awgn.choose(snr_db, target=0.1)
        assert choice.scheme is not None
        bits = np.random.default_rng(9).integers(0, 2, (1000, 64), dtype=np.uint8)
        delivered = choice.scheme.over(AWGN())(bits, snr_db, generator=torch.Generator().manual_seed(9))
        errors = int((delivered.bits != bits).any(axis=1).sum())
        assert errors <= 1000 * choice.error_bound + 4 * math.sqrt(1000 * choice.error_bound)


def test_between_snrs_the_next_lower_one_counts_and_below_them_nothing_is_known(awgn: ErrorTable) -> None:
    assert replace(awgn.choose(7.9), snr_db=6.0) == awgn.choose(6.0)
    assert awgn.choose(99.0).scheme == awgn.choose(16.0).scheme
    below = awgn.choose(-4.1, target=0.3)
    assert (below.scheme, below.error_bound, below.symbols) == (None, 1.0, 0)
    assert str(below) == "no scheme is known to keep packet errors below 0.3 at -4.1 dB: the least bound is 1"
    assert str(awgn.choose(16.0, 0.5)).startswith("16qam 3/4: 21 symbols a packet, of which at most 0.01")


def test_few_packets_can_not_show_a_low_error_rate(awgn: ErrorTable) -> None:
    least = upper_bound(0, 400, 1 - (1 - 0.95) / 3)
    assert awgn.choose(16.0, least).scheme is not None
    choice = awgn.choose(16.0, least * 0.99)
    assert (choice.scheme, choice.error_bound) == (None, least)


def test_the_built_in_schemes_are_5g_s() -> None:
    rates = [2 * 0.2, *(2 * r / 1024 for r in (308, 449, 602)), *(4 * r / 1024 for r in (378, 490, 616))]
    assert [link.qam.bits_per_symbol * link.code_rate for link in (s.over(AWGN()) for s in SCHEMES[:7])] == rates
    efficiency = [s.over(AWGN()).qam.bits_per_symbol * float(s.code_rate) for s in SCHEMES]
    assert efficiency == sorted(efficiency)


# --- cache


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many points were simulated; nothing is."""
    calls: list[int] = []

    def simulated(*_: object) -> Point:
        calls.append(1)
        return Point(10, 1, 0.5)

    monkeypatch.setattr(adaptive, "_simulate", simulated)
    return calls


def small(folder: Path | None, channel: Channel | None = None, **other: object) -> ErrorTable:
    wanted: dict[str, object] = {"bits": 64, "snr_db": (0.0, 1.5), "schemes": FEW[:1], "packets": 10, "seed": 0}
    wanted |= other
    bits = wanted.pop("bits")
    return error_table(channel or AWGN(), bits, folder=folder, **wanted)  # type: ignore[arg-type]


def test_a_table_is_computed_once(counted: list[int], tmp_path: Path) -> None:
    first = small(tmp_path)
    assert len(counted) == 2
    assert small(tmp_path) == first
    assert len(counted) == 2
    for other in ({"bits": 65}, {"snr_db": (0.0, 2.0)}, {"schemes": FEW[1:2]}, {"packets": 11}, {"seed": 1}):
        before = len(counted)
        small(tmp_path, **other)
        assert len(counted) == before + 2
    small(tmp_path, Rayleigh())
    small(tmp_path, Rayleigh(block=False))
    assert len(counted) == 16
    assert len(list(tmp_path.iterdir())) == 8


@dataclass(frozen=True)
class Own:
    """A user's channel: its code may change behind its name."""

    def __call__(self, symbols: torch.Tensor, snr_db: float | torch.Tensor, *, generator: torch.Generator) -> Received:
        return AWGN()(symbols, snr_db, generator=generator)


def test_tables_of_other_people_s_channels_are_not_kept(counted: list[int], tmp_path: Path) -> None:
    for n in (2, 4):
        small(tmp_path, Own())
        assert len(counted) == n
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["truncated", "digit", "empty", "list", "folder"])
def test_a_damaged_table_is_computed_anew(damage: str, counted: list[int], tmp_path: Path) -> None:
    first = small(tmp_path)
    (path,) = tmp_path.iterdir()
    text = path.read_text()
    if damage == "folder":
        path.unlink()
        path.mkdir()
        with pytest.warns(UserWarning, match="not kept, so it will be computed anew: could not write"):
            assert small(tmp_path) == first
        return
    changed = {"truncated": text[:-20], "digit": text.replace("0.5", "0.1"), "empty": "", "list": "[]"}[damage]
    assert changed != text
    path.write_text(changed)
    assert small(tmp_path) == first
    assert len(counted) == 4
    assert path.read_text() == text


def test_the_cache_is_the_user_s(monkeypatch: pytest.MonkeyPatch, counted: list[int], tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    small(None)
    (path,) = (tmp_path / "cache" / "laconic").iterdir()
    assert json.loads(path.read_text())["key"]["channel"] == "AWGN()"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "laconic"
    assert len(counted) == 2


def test_errors_name_what_was_wanted(awgn: ErrorTable, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"bits, packets, SNRs and schemes wanted, got bits=0"):
        small(tmp_path, bits=0)
    with pytest.raises(LinkError, match=r"snr_db=\(\)"):
        small(tmp_path, snr_db=())
    with pytest.raises(LinkError, match=r"an SNR is a finite number of dB, from -300 to 300, not nan"):
        small(tmp_path, snr_db=(math.nan,))
    with pytest.raises(LaconicError, match=r"confidence is a fraction between 0 and 1"):
        small(tmp_path, confidence=1.0)
    with pytest.raises(LinkError, match=r"a packet error target is between 0 and 1, such as 0.1, not 0"):
        awgn.choose(3.0, 0.0)
    with pytest.raises(LinkError, match=r"an SNR is a finite number of dB, not nan"):
        awgn.choose(math.nan)
