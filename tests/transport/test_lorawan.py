"""Airtime, frames and messages a day of LoRaWAN: Semtech's formula, published examples, PEERS of the field."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.transport import EU868, US915, LoRaWAN, TransportError, time_on_air_s
from laconic.transport.lorawan import DUTY_CYCLE_S, FAIR_USE_S, HEADER_BYTES

EUROPE = {rate.spreading_factor: rate for rate in EU868.rates if isinstance(rate, LoRaWAN)}
AMERICA = [rate for rate in US915.rates if isinstance(rate, LoRaWAN)]


def formula(n_bytes: int, spreading_factor: int, bandwidth_hz: int, coding_rate: int, preamble: int) -> Fraction:
    """SX1276 data sheet, section 4.1.1.7, as it is printed; explicit header (IH = 0) and CRC."""
    symbol = Fraction(2**spreading_factor, bandwidth_hz)
    de = int(symbol > Fraction(16, 1000))
    content = Fraction(8 * n_bytes - 4 * spreading_factor + 28 + 16 * 1 - 20 * 0, 4 * (spreading_factor - 2 * de))
    payload = 8 + max(ceil(content) * (coding_rate + 4), 0)
    return (preamble + Fraction(17, 4)) * symbol + payload * symbol


@given(
    st.integers(0, 255),
    st.integers(7, 12),
    st.sampled_from([125_000, 250_000, 500_000]),
    st.integers(1, 4),
    st.integers(6, 20),
)
def test_time_on_air_is_semtechs_formula(n_bytes: int, sf: int, bandwidth_hz: int, coding_rate: int, preamble: int):
    expected = float(formula(n_bytes, sf, bandwidth_hz, coding_rate, preamble))
    assert time_on_air_s(n_bytes, sf, bandwidth_hz, coding_rate, preamble) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("n_bytes", "sf", "milliseconds"),
    [
        (10, 7, 41.216),  # rfwireless-world.com's two worked examples
        (10, 11, 577.536),
        (13, 9, 164.864),  # the sheet after Semtech's AN1200.13 that The Things Network links to
    ],
)
def test_time_on_air_of_published_examples(n_bytes: int, sf: int, milliseconds: float):
    assert 1000 * time_on_air_s(n_bytes, sf) == pytest.approx(milliseconds, abs=1e-9)


@pytest.mark.parametrize(
    ("sf", "bandwidth_hz", "bits"),
    [(10, 125_000, 40), (11, 125_000, 36), (12, 125_000, 40), (11, 250_000, 44), (12, 250_000, 40), (12, 500_000, 48)],
)
def test_low_data_rate_optimisation_is_on_where_a_symbol_takes_more_than_16_ms(sf: int, bandwidth_hz: int, bits: int):
    """A block of five symbols then holds 4 (SF - 2) bits and not 4 SF: bits x 5 bytes open 40 of them."""
    times = [time_on_air_s(n, sf, bandwidth_hz) for n in range(9, 5 * bits + 10)]
    assert sum(longer > shorter for shorter, longer in pairwise(times)) == 40


# Published operating points (bits, or bytes of a file) as frames and messages a day within 30 s: SF7, SF9, SF12.
# The last two are told in KB; 14 and 15 frames of 51 bytes fit 666 and 717 bytes (KB of 1,024), not 650 and 700, which
# take 13 and 14. No frame has a fragment's header: 300 bytes are 6 frames of 51, and would be 7 of 49.
@pytest.mark.parametrize(
    ("n_bytes", "sf7", "sf9", "sf12"),
    [
        (ceil(12 / 8), (1, 647), (1, 181), (1, 25)),
        (ceil(64 / 8), (1, 530), (1, 161), (1, 20)),
        (ceil(128 / 8), (1, 448), (1, 132), (1, 18)),
        (ceil(1407 / 8), (1, 99), (2, 27), (4, 2)),
        (72, (1, 201), (1, 60), (2, 6)),
        (300, (2, 56), (3, 16), (6, 1)),
        (ceil(0.65 * 1024), (3, 27), (6, 7), (14, 0)),
        (ceil(0.7 * 1024), (4, 24), (7, 6), (15, 0)),
    ],
)
def test_published_operating_points(n_bytes: int, sf7: tuple[int, int], sf9: tuple[int, int], sf12: tuple[int, int]):
    costs = [EUROPE[sf].cost(n_bytes) for sf in (7, 9, 12)]
    assert [(cost.frames, cost.messages_in(FAIR_USE_S)) for cost in costs] == [sf7, sf9, sf12]


def test_kilobytes_of_1000_bytes_would_be_other_figures():
    assert [EUROPE[12].cost(n).frames for n in (650, 700)] == [13, 14]
    assert EUROPE[7].cost(700).messages_in(FAIR_USE_S) == 25


def test_the_largest_payloads_are_those_of_the_regions():
    assert [EUROPE[sf].max_payload_bytes for sf in range(7, 13)] == [222, 222, 115, 51, 51, 51]
    assert [rate.max_payload_bytes for rate in AMERICA] == [242, 125, 53, 11, 242]


def test_every_american_frame_keeps_to_the_dwell_time_and_none_could_be_much_longer():
    longest = [rate.cost(rate.max_payload_bytes).airtime_s or 1.0 for rate in AMERICA]
    assert max(longest) <= 0.4
    assert min(longest[:4]) > 0.35  # the limits are the dwell time's; at 500 kHz it is the frame's


@given(st.sampled_from([*EUROPE.values(), *AMERICA]), st.integers(0, 3000), st.integers(0, 5))
def test_a_message_takes_as_many_full_frames_as_it_fills_and_one_more(rate: LoRaWAN, n_bytes: int, header: int):
    rate = LoRaWAN("", rate.spreading_factor, rate.max_payload_bytes, rate.bandwidth_hz, 1.0, header)
    cost = rate.cost(n_bytes)
    room = rate.max_payload_bytes - header
    pieces = [min(room, n_bytes - at) + header for at in range(0, n_bytes, room)]
    frames = [n_bytes] if n_bytes <= rate.max_payload_bytes else pieces
    airtimes = [time_on_air_s(13 + n, rate.spreading_factor, rate.bandwidth_hz) for n in frames]
    assert cost.frames == len(frames)
    assert cost.wire_bytes == sum(frames) + 13 * len(frames)
    assert cost.airtime_s == pytest.approx(sum(airtimes), rel=1e-12)
    assert cost.energy_mj == pytest.approx(1000 * sum(airtimes), rel=1e-12)


def test_messages_a_day_are_counted_as_exact_fractions_would():
    for sf, rate in EUROPE.items():
        for n_bytes in range(rate.max_payload_bytes):
            airtime = formula(HEADER_BYTES + n_bytes, sf, 125_000, 1, 8)
            assert rate.cost(n_bytes).messages_in(DUTY_CYCLE_S) == int(864 / airtime)


def test_energy_is_airtime_at_the_radios_draw():
    cost = EUROPE[7].cost(2)
    assert cost.energy_mj == pytest.approx(46.336 * 3.3 * 0.0255)


@pytest.mark.parametrize(
    ("n_bytes", "sf", "coding_rate"), [(-1, 7, 1), (256, 7, 1), (10, 6, 1), (10, 13, 1), (10, 7, 0), (10, 7, 5)]
)
def test_a_frame_that_lora_does_not_have_is_refused(n_bytes: int, sf: int, coding_rate: int):
    with pytest.raises(TransportError, match=r"0\.\.255 bytes, spreading factor 7\.\.12 and coding rate 1\.\.4 wanted"):
        time_on_air_s(n_bytes, sf, coding_rate=coding_rate)


def test_a_message_that_can_not_be_is_refused():
    with pytest.raises(TransportError, match="at least 0 bytes, and room for 1, wanted; got -1 bytes and room for 222"):
        EUROPE[7].cost(-1)
    with pytest.raises(TransportError, match="got 12 bytes and room for 0"):
        LoRaWAN("", 10, 11, fragment_header_bytes=11).cost(12)
