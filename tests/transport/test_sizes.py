"""Lengths of messages, their mean costs, and a codec's own messages against packets that it really makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lamps
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.codec import Codec
from laconic.language import MaxAmp
from laconic.language.packet import pack_bare
from laconic.transport import (
    EU868,
    MQTT_LINK,
    NB_IOT,
    UDP_LINK,
    US915,
    Cost,
    Rate,
    Sizes,
    TransportError,
    codec_messages,
    mean_cost,
    plain_messages,
    said_share,
)
from laconic.transport.messages import said_sizes

LINKS = (EU868, US915, NB_IOT, MQTT_LINK, UDP_LINK)
RATES = [rate for link in LINKS for rate in link.rates]
SIZES = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 9)), min_size=1, max_size=6).map(
    lambda pairs: Sizes(np.array([n for n, _ in pairs]), np.array([w for _, w in pairs]) / sum(w for _, w in pairs))
)


def test_messages_of_one_length_cost_what_one_costs():
    assert all(mean_cost(rate, Sizes.one(60)) == rate.cost(60) for rate in RATES)


@given(SIZES, st.sampled_from(RATES))
def test_the_mean_cost_lies_between_the_least_and_the_largest(sizes: Sizes, rate: Rate):
    costs = [rate.cost(int(n)) for n in sizes.n_bytes]
    mean = mean_cost(rate, sizes)
    least, *_, largest = sorted([cost.wire_bytes for cost in costs] * 2)
    assert least - 1e-9 <= mean.wire_bytes <= largest + 1e-9
    assert (mean.airtime_s is None) == (costs[0].airtime_s is None)


@given(SIZES, st.sampled_from(RATES), st.integers(0, 900), st.integers(0, 50))
def test_a_longer_message_never_costs_less(sizes: Sizes, rate: Rate, n_bytes: int, more: int):
    shorter, longer = rate.cost(n_bytes), rate.cost(n_bytes + more)
    assert shorter.frames <= longer.frames
    assert shorter.wire_bytes <= longer.wire_bytes
    assert (shorter.airtime_s or 0) <= (longer.airtime_s or 0) + 1e-12
    assert mean_cost(rate, sizes).wire_bytes <= mean_cost(rate, sizes.plus(more)).wire_bytes


@given(SIZES, SIZES, st.floats(0, 1), st.sampled_from(RATES))
def test_a_mixture_costs_the_mixture_of_its_costs(said: Sizes, sent: Sizes, share: float, rate: Rate):
    both = mean_cost(rate, said.mixed(sent, share))
    parts = [mean_cost(rate, sizes) for sizes in (said, sent)]
    expected = share * parts[0].wire_bytes + (1 - share) * parts[1].wire_bytes
    assert both.wire_bytes == pytest.approx(expected, rel=1e-9)
    assert said.mixed(sent, share).mean == pytest.approx(share * said.mean + (1 - share) * sent.mean)


def test_the_mean_of_costs_is_not_the_cost_of_the_mean():
    """Half the messages fit one frame at SF12 and half need three: two frames on average."""
    sizes = Sizes(np.array([1, 103]), np.array([0.5, 0.5]))
    assert mean_cost(EU868.rates[-1], sizes).frames == 2
    assert EU868.rates[-1].cost(52).frames == 2
    assert EU868.rates[-1].cost(51).frames == 1


def test_lengths_and_shares_that_can_not_be_are_refused():
    with pytest.raises(TransportError, match=r"messages of at least 0 bytes wanted, got \[-1\]"):
        Sizes.one(-1)
    with pytest.raises(TransportError, match=r"at least 0 bytes wanted, got \[\]"):
        Sizes(np.zeros(0, np.int64), np.zeros(0))
    for shares in ([0.5, 0.4], [1.5, -0.5], [np.nan, 1.0]):
        with pytest.raises(TransportError, match="shares of at least 0 that sum to 1 wanted"):
            Sizes(np.array([1, 2]), np.array(shares))
    with pytest.raises(TransportError, match="counts that sum to 0"):
        Sizes.of_bits(np.array([1]), np.array([0]))


def test_a_cost_of_bytes_alone_has_no_day_and_one_of_no_bytes_no_megabyte():
    with pytest.raises(TransportError, match="a cost with an airtime wanted"):
        Cost(1, 31).messages_in(30.0)
    with pytest.raises(TransportError, match="at least 1 byte"):
        _ = Cost(1, 0, 0.1, 1.0).per_megabyte
    assert Cost(1, 31).per_megabyte == 32_258


def test_binary_fractions_lose_no_message():
    assert 1.2 / 0.4 < 3
    assert Cost(1, 31, 0.4, 1.0).messages_in(1.2) == 3
    assert Cost(1, 31, 0.4001, 1.0).messages_in(1.2) == 2


@pytest.mark.parametrize("code", [MaxAmp(k=3), MaxAmp(k=1)], ids=["with an escape", "whole alphabet"])
def test_words_take_what_the_packets_of_training_take(code: MaxAmp, tmp_path: Path):
    """Sizes come from the lexicon's counts; here every training picture is really said, bare and in a packet."""
    codec = lamps.load(tmp_path / "codec", said=lamps.spoken(code))
    assert bool(codec.said.language.lexicon.escape_count) == (code.k == 3)
    pictures, _ = lamps.training()
    packets = [len(packet) for packet in codec.encode(pictures)]
    symbols = codec.said.say(codec.features(pictures))
    payloads = [len(pack_bare(message)) for message in codec.said.language.encode(symbols)]
    assert len(set(payloads)) == 1 + (code.k == 3)
    assert codec_messages(codec, bare=True)["said"].mean == pytest.approx(np.mean(payloads))
    assert codec_messages(codec, bare=False)["said"].mean == pytest.approx(np.mean(packets))


def test_a_codec_that_says_everything_is_compared_with_a_jpeg_file(lamps_codec: Codec):
    found = codec_messages(lamps_codec, bare=False)
    assert list(found) == ["said", "picture"]
    assert found["picture"].n_bytes.tolist() == [300]
    assert said_share(lamps_codec) == 1
    assert codec_messages(lamps_codec, bare=False, picture_bytes=650)["picture"].n_bytes.tolist() == [650]


@pytest.mark.parametrize("bare", [True, False])
def test_said_or_sent_is_the_mixture_that_calibration_found(bare: bool, tmp_path: Path):
    codec = lamps.load(tmp_path / "codec", rule=lamps.sending())
    assert codec.sending is not None
    found = codec_messages(codec, bare)
    overhead = 0 if bare else 2
    assert found["picture"].n_bytes.tolist() == [60 + overhead]
    share = codec.sending.guarantee["coverage"]
    assert 0 < share < 1
    expected = share * found["said"].mean + (1 - share) * (60 + overhead)
    assert found["said_or_sent"].mean == pytest.approx(expected)
    assert said_sizes(codec.said).mean + overhead == pytest.approx(found["said"].mean)
    assert codec_messages(codec, bare, picture_bytes=40)["picture"].n_bytes.tolist() == [40 + overhead]


def test_a_codec_whose_limit_was_not_met_sends_everything(tmp_path: Path):
    rule = lamps.sending()
    codec = lamps.load(tmp_path / "codec", rule=replace(rule, guarantee={**rule.guarantee, "met": False}))
    assert said_share(codec) == 0
    found = codec_messages(codec, bare=True)
    assert found["said_or_sent"].mean == found["picture"].mean == 60


def test_a_message_of_so_many_bits():
    assert [plain_messages(bits, bare=True)["message"].mean for bits in (0, 1, 8, 9, 24)] == [0, 1, 1, 2, 3]
    assert plain_messages(24, bare=False)["message"].mean == 5
    with pytest.raises(TransportError, match="at least 0 bits wanted, got -1"):
        plain_messages(-1, bare=True)
    with pytest.raises(TransportError, match="a picture of at least 1 byte wanted, got 0"):
        plain_messages(24, bare=True, picture_bytes=0)
