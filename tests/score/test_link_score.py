"""A codec over links that lose nothing, everything, or just the pictures, and the records of what arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lamps
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from laconic.codec import Codec
from laconic.contract import Kind, LinkCurve, LinkPoint, LinkScore
from laconic.link import AWGN, Channel, LinkError, Rayleigh, Received
from laconic.link.capacity import outage
from laconic.link.digital import DigitalLink
from laconic.link.scheme import Scheme
from laconic.score.evaluation import EvaluationError
from laconic.score.link import link_score
from laconic.score.link_coding import WAYS, ways_of
from laconic.score.link_conditions import Conditions
from laconic.score.link_ways import LENGTHS, NOTHING, Analog, Listener, stuffed

PICTURES, LABELS = lamps.training()
IMAGES = PICTURES[..., None]
QUIET = Conditions(AWGN(), (60.0,))


@dataclass(frozen=True)
class Cut:
    """The first symbols of a packet come as they are, of the others nothing does."""

    symbols: int

    def __call__(self, symbols: Any, snr_db: Any, *, generator: torch.Generator) -> Received:  # noqa: ARG002
        heard = (torch.arange(symbols.shape[1]) < self.symbols).expand(symbols.shape).to(torch.complex64)
        return Received(symbols * heard, heard, torch.full((len(symbols), 1), 0.01))


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    """It sends some pictures, all of which its receiver's network takes for an ash."""
    folder = tmp_path_factory.mktemp("link") / "codec"
    return lamps.load(folder, rule=lamps.sending(), receiver=lamps.ash_sayer())


def measured(codec: Codec, asked: Conditions, *ways: str, repeats: int = 1) -> dict[str, LinkCurve]:
    score = link_score(codec, np.tile(IMAGES, (repeats, 1, 1, 1)), np.tile(LABELS, repeats), "lamps", asked, ways=ways)
    return {curve.way: curve for curve in score.curves}


def over(codec: Codec, channel: Channel, way: str) -> LinkPoint:
    return measured(codec, Conditions(channel, (10.0,)), way)[way].points[0]


def test_where_nothing_is_lost_the_answers_are_those_of_the_codec_itself(codec: Codec) -> None:
    curves = measured(codec, QUIET)
    assert tuple(curves) == WAYS
    for curve in curves.values():
        (point,) = curve.points
        assert (point.accuracy, point.delivered) == (curve.accuracy_clean, 1)
        assert point.packet_error_rate == (None if curve.way == "analog" else 0)
        assert point.bandwidth_ratio == point.symbols / 16
    heard = {
        "said": codec.meanings(codec.said.say(codec.features(IMAGES))),
        "said-or-sent": codec.decode(codec.encode(IMAGES)),
    }
    for way, meanings in heard.items():
        assert curves[way].accuracy_clean == np.mean([meaning.label for meaning in meanings] == LABELS)
    assert curves["sent"].accuracy_clean == (LABELS == 0).mean()
    full = codec.speeches["full"]
    understood = full.posterior(full.say(codec.features(IMAGES))).argmax(axis=1)
    assert curves["analog"].accuracy_clean == (understood == LABELS).mean()


def test_symbols_are_those_of_the_packets(codec: Codec) -> None:
    curves = measured(codec, QUIET, "said", "said-or-sent", "analog")
    words = codec.said.packets(codec.said.say(codec.features(IMAGES)))
    half, strong = DigitalLink(AWGN(), "qpsk", 0.5), DigitalLink(AWGN(), "qpsk", 0.2)
    assert curves["said"].points[0].symbols == np.mean([half.symbols(8 * len(word)) for word in words])
    pictures = [packet for packet in codec.encode(IMAGES) if codec.decode([packet])[0].kind == Kind.SENT]
    behind = [half.symbols(8 * len(packet)) for packet in stuffed(pictures)]
    strongly = [strong.symbols(8 * len(word)) for word in words]
    assert curves["said-or-sent"].points[0].symbols == pytest.approx((sum(strongly) + sum(behind)) / len(words))
    assert curves["said-or-sent"].points[0].scheme == "qpsk 1/5 | qpsk 1/2"
    assert curves["analog"].points[0].symbols == 8  # sixteen features


def test_of_what_is_drowned_nothing_is_answered(codec: Codec) -> None:
    for way in ("said", "sent", "said-or-sent"):
        point = over(codec, Cut(0), way)
        assert (point.packet_error_rate, point.delivered, point.accuracy) == (1, 0, 0)


def test_a_word_survives_its_picture(codec: Codec) -> None:
    said = measured(codec, QUIET, "said")["said"]
    doubted = [codec.decode([packet])[0].kind == Kind.SENT for packet in codec.encode(IMAGES)]
    assert 0 < np.mean(doubted) < 1
    point = over(codec, Cut(80), "said-or-sent")  # words of at most four bytes at rate 1/5
    assert (point.packet_error_rate, point.delivered) == (np.mean(doubted), 1)
    assert point.accuracy == said.accuracy_clean


def test_errors_of_block_fading_are_close_to_its_outage(codec: Codec) -> None:
    curve = measured(codec, Conditions(Rayleigh(), (0.0, 10.0)), "said", repeats=40)["said"]
    for point in curve.points:
        least = outage(Rayleigh(), point.snr_db, 1.0)
        later = outage(Rayleigh(), point.snr_db - 4, 1.0)  # what a code of 24 bits may need more
        deviation = (least * (1 - least) / 1520) ** 0.5
        assert least - 4 * deviation < point.packet_error_rate < later + 4 * deviation
        undetected = point.delivered - (1 - point.packet_error_rate)
        assert 0 <= undetected < 0.02
        assert point.accuracy <= point.delivered


@pytest.mark.parametrize("decoder", ["minsum", "sionna"])
def test_a_way_is_the_same_whatever_else_is_measured(codec: Codec, decoder: Any) -> None:
    asked = Conditions(Rayleigh(), (4.0, 8.0), decoder=decoder, seed=3)
    alone, together = measured(codec, asked, "said-or-sent"), measured(codec, asked, "analog", "said", "said-or-sent")
    assert alone["said-or-sent"] == together["said-or-sent"]
    assert list(together) == ["said", "said-or-sent", "analog"]
    other = measured(codec, replace(asked, seed=4), "said-or-sent")
    assert other != alone


def test_adapted_schemes_take_fewer_symbols_the_better_the_link(
    codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = Conditions(AWGN(), (-8.0, 2.0, 30.0), scheme=None)
    points = measured(codec, asked, "said", repeats=10)["said"].points
    assert [point.symbols for point in points] == sorted((point.symbols for point in points), reverse=True)
    assert points[0].scheme == "qpsk 1/5"  # at -8 dB none keeps to the target
    assert points[0].packet_error_rate > 0.1
    for point in points[1:]:
        assert point.packet_error_rate < 0.1 + 3 * (0.1 * 0.9 / 380) ** 0.5
    assert Scheme.parse(points[2].scheme).modulation == "256qam"


def test_a_codec_that_says_everything_goes_three_ways(lamps_codec: Codec) -> None:
    curves = measured(lamps_codec, QUIET)
    assert tuple(curves) == ("said", "sent", "analog")
    coder = replace(lamps.sending().coder, budget_bytes=220)
    arrived = np.stack([coder.decode(coder.encode(image)) for image in IMAGES])
    assert curves["sent"].accuracy_clean == (lamps_codec.look(arrived).argmax(axis=1) == LABELS).mean()
    smaller = measured(lamps_codec, replace(QUIET, picture_bytes=10), "sent")["sent"]
    assert smaller.points[0].symbols < curves["sent"].points[0].symbols
    with pytest.raises(EvaluationError, match="says every picture: said-or-sent takes one that also sends, which"):
        measured(lamps_codec, QUIET, "said-or-sent")


def test_damaged_packets_and_those_of_the_other_kind_are_refused(codec: Codec, lamps_codec: Codec) -> None:
    for one in (codec, lamps_codec):
        ways = ways_of(one, IMAGES[:1], QUIET, ("said", "sent"))
        said, sent = ways["said"], ways["sent"]
        word, picture = said.packets[0], sent.packets[0]
        damaged = [bytes([word[0], word[1] ^ 1, *word[2:]]), bytes([picture[0], picture[1] ^ 1, *picture[2:]])]
        assert said.listener([word, damaged[0], b""]).tolist() == [0, NOTHING, NOTHING]
        assert sent.listener([picture, damaged[1], b"", word]).tolist()[1:] == [NOTHING] * 3
        assert sent.listener([picture])[0] == sent.clean()[0] != NOTHING


def test_each_packet_is_looked_at_once() -> None:
    asked: list[bytes] = []

    def understand(packets: list[bytes]) -> list[int]:
        asked.extend(packets)
        return [len(packet) for packet in packets]

    listener = Listener(understand)
    assert listener([b"a", b"bb", b"a"]).tolist() == [1, 2, 1]
    assert listener([b"bb", b"ccc"]).tolist() == [2, 3]
    assert listener([]).tolist() == []
    assert asked == [b"a", b"bb", b"ccc"]


def first_unit(heard: np.ndarray) -> np.ndarray:
    assert (heard >= 0).all()
    return heard.argmax(axis=1)


def test_features_of_an_odd_number_and_dark_pictures_go_analog() -> None:
    features = np.array([[0, 3, 1], [0, 0, 0], [2, 0, 0]], np.float32)
    way = Analog(features, first_unit, AWGN())
    arrived = way(40.0, torch.Generator().manual_seed(0))
    assert arrived.answers.tolist() == way.clean().tolist() == [1, 0, 0]
    assert (arrived.symbols, arrived.intact) == (2, None)
    dark = Analog(np.zeros((2, 3), np.float32), first_unit, AWGN())
    assert dark(0.0, torch.Generator()).answers.tolist() == [0, 0]


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=40))
def test_packets_are_filled_up_to_few_lengths(packets: list[bytes]) -> None:
    filled = stuffed(packets)
    assert len({len(packet) for packet in filled}) <= LENGTHS
    step = -(-max(map(len, packets)) // LENGTHS)
    for before, after in zip(packets, filled, strict=True):
        assert after == before + bytes(len(after) - len(before))
        assert len(after) - len(before) < step


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conditions(AWGN(), ()), r"at least one SNR, of -300 to 300 dB, wanted, got \[\]"),
        (lambda: Conditions(AWGN(), (0.0, float("nan"))), r"wanted, got \[0.0, nan\]"),
        (lambda: Conditions(AWGN(), (float("inf"),)), r"wanted, got \[inf\]"),
        (lambda: Conditions(AWGN(), (0.0,), target=1.0), r"a packet error target is between 0 and 1, such as 0.1, not"),
        (lambda: Conditions(AWGN(), (0.0,), seed=-1), "a seed is a whole number from 0 on, not -1"),
    ],
)
def test_conditions_that_can_not_be_are_named(make: Callable[[], Conditions], message: str) -> None:
    with pytest.raises(LinkError, match=message):
        make()


def test_what_can_not_be_measured_is_named(lamps_codec: Codec) -> None:
    with pytest.raises(EvaluationError, match="nowhere has no pictures to measure on"):
        link_score(lamps_codec, IMAGES[:0], LABELS[:0], "nowhere", QUIET)
    with pytest.raises(EvaluationError, match="ways are said, sent, said-or-sent, analog, not 'sung'"):
        measured(lamps_codec, QUIET, "sung")


def test_a_score_says_what_it_is_of(lamps_codec: Codec) -> None:
    score = link_score(lamps_codec, IMAGES, LABELS, "lamps", replace(QUIET, seed=5), ways=("analog",))
    assert isinstance(score, LinkScore)
    assert (score.source, score.channel, score.n, score.seed) == ("lamps", "AWGN()", 38, 5)
    assert score.seconds >= 0
