"""The classical baseline: every bit accounted for, failures seen and counted, and never above capacity."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

from laconic.data import Preprocessing, load, open_source
from laconic.link import AWGN, LinkError, Rayleigh, Rician
from laconic.link.capacity import outage
from laconic.link.classical import SCHEMES, Classical
from laconic.link.scheme import Scheme
from laconic.link.shown import GREY, psnr_db
from laconic.picture.ladder import climb, least_payload, shown

pytest.importorskip("sionna")
pytest.importorskip("numba")
SYMBOLS = 128
FEW = [Scheme.parse(text) for text in ("qpsk 1/5", "qpsk 1/2", "16qam 1/2", "64qam 3/4", "256qam 5/6")]
QPSK_HALF, QAM64 = Scheme("qpsk", Fraction(1, 2)), Scheme.parse("64qam 3/4")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return load(open_source("site").split("test"), Preprocessing(24, 16)).images[:24]


@pytest.fixture(scope="module")
def classical(pictures: np.ndarray) -> Classical:
    return Classical.of(pictures, "jpeg", SYMBOLS)


def mse(shown: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    return np.square(shown.astype(float) - pictures).mean(axis=(1, 2, 3))


def test_a_clear_channel_shows_the_best_picture_that_fits(pictures: np.ndarray, classical: Classical) -> None:
    found = classical.send(QPSK_HALF, AWGN(), 20.0, generator=generator())
    assert not found.failed.any()
    n_bytes = SYMBOLS * 2 // 2 // 8
    for picture, received, error in zip(pictures, classical.pictures(found), found.errors, strict=True):
        ladder = climb(picture, "jpeg", n_bytes)  # up to that budget alone
        assert len(ladder.payloads[-1]) <= n_bytes
        assert np.array_equal(received, shown(ladder.payloads[-1], "jpeg", picture.shape))
        assert error == mse(received[None], picture[None])


def test_a_hopeless_channel_shows_grey(pictures: np.ndarray, classical: Classical) -> None:
    found = classical.send(QAM64, AWGN(), 0.0, generator=generator())
    assert found.failed.all()
    received = classical.pictures(found)
    assert (received == GREY).all()
    assert found.errors == pytest.approx(mse(received, pictures))
    assert found.psnr_db == pytest.approx(psnr_db(mse(received, pictures)).mean())


@pytest.mark.parametrize("snr_db", [0.0, 4.0, 9.0])
def test_what_is_counted_is_what_is_seen(pictures: np.ndarray, classical: Classical, snr_db: float) -> None:
    found = classical.send(QPSK_HALF, Rayleigh(), snr_db, generator=generator(), rounds=3)
    received, sent = classical.pictures(found), np.tile(pictures, (3, 1, 1, 1))
    assert len(received) == len(found.failed) == 3 * len(pictures)
    assert found.errors == pytest.approx(mse(received, sent))
    assert found.psnr_of_mean_db == pytest.approx(10 * math.log10(255**2 / mse(received, sent).mean()))
    assert 0 < found.failed.mean() < 1


def test_the_cliff(classical: Classical) -> None:
    """One scheme on AWGN falls from all to nothing within 3 dB, about where its rate is capacity."""
    shannon = 10 * math.log10(2 ** (QAM64.bits(SYMBOLS) / SYMBOLS) - 1)
    failed = {
        margin: classical.send(QAM64, AWGN(), shannon + margin, generator=generator(), rounds=8).failed.mean()
        for margin in (-1.0, 0.0, 4.0)
    }
    assert failed[-1.0] == 1
    assert failed[0.0] > 0.9
    assert failed[4.0] == 0


def test_block_fading_fails_as_often_as_it_must(classical: Classical) -> None:
    """Outage is a floor, and a good code is within 2 dB of it."""
    snr_db, rate, rounds = 12.0, QPSK_HALF.bits(SYMBOLS) / SYMBOLS, 60
    failed = classical.send(QPSK_HALF, Rayleigh(), snr_db, generator=generator(), rounds=rounds).failed
    low, high = (outage(Rayleigh(), snr_db - loss, rate) for loss in (0.0, 2.0))
    error = 4 * math.sqrt(high * (1 - high) / len(failed))
    assert low - error < failed.mean() < high + error


@pytest.mark.parametrize("channel", [AWGN(), Rayleigh(block=False), Rician(block=False)])
def test_never_above_the_bound(classical: Classical, channel: AWGN | Rayleigh | Rician) -> None:
    for snr_db in (0.0, 8.0, 16.0, 24.0):
        best = classical.best(channel, snr_db, generator=generator(), among=FEW)
        bound = classical.bound(channel, snr_db)
        assert best.psnr_db <= bound.psnr_db
        assert best.psnr_of_mean_db <= bound.psnr_of_mean_db
        assert best.scheme.bits(SYMBOLS) // 8 <= bound.n_bytes
        assert bound.outage == 0


def test_more_power_is_never_worse(classical: Classical) -> None:
    bests = [classical.best(AWGN(), snr_db, generator=generator(), among=FEW) for snr_db in (0.0, 8.0, 16.0, 24.0)]
    psnrs = [best.psnr_db for best in bests]
    assert psnrs == sorted(psnrs)
    assert psnrs[-1] - psnrs[0] > 6
    bounds = [classical.bound(Rayleigh(), snr_db).psnr_db for snr_db in (0.0, 8.0, 16.0, 24.0)]
    assert bounds == sorted(bounds)


def test_the_best_is_the_best_of_all_tried(classical: Classical) -> None:
    """With no failures, of the schemes that lose none the one of most bits."""
    best = classical.best(AWGN(), 12.0, generator=generator(), among=FEW)
    sent = [classical.send(scheme, AWGN(), 12.0, generator=generator(1)) for scheme in FEW]
    assert best.psnr_db == pytest.approx(max(each.psnr_db for each in sent), abs=0.3)
    assert classical.best(AWGN(), 12.0, generator=generator(), among=[QPSK_HALF]).scheme == QPSK_HALF


def test_what_5g_has() -> None:
    """3GPP TS 38.214, table 5.1.3.1-2: 28 rows, of which two rates are below 1/5; in rising efficiency."""
    assert len(SCHEMES) == 28 - 2 + 1
    efficiency = [scheme.over(AWGN()).qam.bits_per_symbol * scheme.code_rate for scheme in SCHEMES]
    assert efficiency == sorted(efficiency)
    assert float(efficiency[-1]) == pytest.approx(7.4063, abs=5e-5)


def test_the_bound_of_block_fading_weighs_rate_and_outage(classical: Classical) -> None:
    bound = classical.bound(Rayleigh(), 15.0)
    assert bound.outage == outage(Rayleigh(), 15.0, 8 * bound.n_bytes / SYMBOLS)
    assert 0.02 < bound.outage < 0.5
    assert bound.psnr_db < classical.bound(Rayleigh(block=False), 15.0).psnr_db
    ladders, grey = classical.ladders, psnr_db(classical.grey).mean()
    for n_bytes in (10, 20, 40, 80):
        p = outage(Rayleigh(), 15.0, 8 * n_bytes / SYMBOLS)
        errors = [ladder.errors[ladder.rung(n_bytes)] / np.prod(ladder.shape) for ladder in ladders]
        assert p * grey + (1 - p) * psnr_db(np.array(errors)).mean() <= bound.psnr_db


def test_a_picture_that_does_not_fit_has_failed(pictures: np.ndarray) -> None:
    symbols = next(n for n in range(1, 200) if QPSK_HALF.bits(n) // 8 == least_payload("jpeg", 3) - 1)
    found = Classical.of(pictures, "jpeg", symbols).send(QPSK_HALF, AWGN(), 30.0, generator=generator())
    assert (found.rungs == -1).all()
    assert found.failed.all()


def test_too_few_symbols_name_how_many_it_takes(pictures: np.ndarray) -> None:
    with pytest.raises(LinkError, match=r"5 symbols carry 4 bytes at most, .* of jpeg takes 5: at least \d+ symbols"):
        Classical.of(pictures, "jpeg", 5)
    try:
        Classical.of(pictures, "jpeg", 5)
    except LinkError as error:
        enough = int(re.findall(r"at least (\d+) symbols", str(error))[0])
    Classical.of(pictures[:2], "jpeg", enough)
    with pytest.raises(LinkError, match="symbols carry"):
        Classical.of(pictures, "jpeg", enough - 1)


def test_other_wrong_uses_are_named(pictures: np.ndarray, classical: Classical) -> None:
    with pytest.raises(LinkError, match="at least one picture wanted, got none"):
        Classical.of(pictures[:0], "jpeg", SYMBOLS)
    with pytest.raises(LinkError, match=r"qpsk 1/2 carries 128 bits, rounds=0"):
        classical.send(QPSK_HALF, AWGN(), 10.0, generator=generator(), rounds=0)
    with pytest.raises(LinkError, match="none of these schemes carries a packet in 128 symbols"):
        classical.best(AWGN(), 10.0, generator=generator(), among=[])
    for text in ("qpsk", "qpsk 1/0", "qpsk half", ""):
        with pytest.raises(LinkError, match=re.escape(f"as in '16qam 1/2', not {text!r}")):
            Scheme.parse(text)
    with pytest.raises(LinkError, match="a modulation is one of qpsk, 16qam, 64qam, 256qam, not '8psk'"):
        Scheme.parse("8psk 1/2")


@pytest.mark.parametrize("scheme", [QPSK_HALF, QAM64, Scheme.parse("256qam 1/5"), Scheme.parse("16qam 19/20")])
def test_a_packet_fills_the_symbols_and_no_more(scheme: Scheme) -> None:
    link = scheme.over(AWGN())
    for symbols in (15, 100, 512, 1000, 5000):
        bits = scheme.bits(symbols)
        assert link.symbols(bits) <= symbols < link.symbols(bits + link.qam.bits_per_symbol * 8)


def test_psnr_ends_at_the_error_of_rounding() -> None:
    assert psnr_db(np.array([65.025, 0.0])) == pytest.approx([30.0, 10 * math.log10(255**2 * 12)])
