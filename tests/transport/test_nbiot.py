"""NB-IoT's transport blocks and time on air against 3GPP's reference channels and Shannon's bound."""

from __future__ import annotations

from itertools import pairwise
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.transport import NB_IOT, UDP, NbIot, TransportError
from laconic.transport.nbiot import BLOCK_BITS, LAYER2_BYTES, RESOURCE_UNITS, UNIT_S, block

RATES = [rate for rate in NB_IOT.rates if isinstance(rate, NbIot)]


@pytest.mark.parametrize(
    ("tones", "tbs_index", "bits", "units", "milliseconds"),
    [
        (1, 0, 32, 2, 16),  # TS 36.101, table A.2.4-1: reference measurement channels of category NB1, 15 kHz
        (1, 3, 40, 1, 8),
        (3, 5, 72, 1, 4),
        (6, 5, 72, 1, 2),
        (12, 5, 72, 1, 1),
        (6, 7, 104, 1, 2),  # TS 36.104, table A.16.1-1: fixed reference channels (time by TS 36.211)
        (12, 9, 136, 1, 1),
        (12, 5, 424, 5, 5),
    ],
)
def test_reference_channels(tones: int, tbs_index: int, bits: int, units: int, milliseconds: int):
    assert block(bits, tbs_index) == (bits, units)
    cost = NbIot("", tones, tbs_index, repetitions=1).cost(bits // 8 - LAYER2_BYTES)
    assert cost.airtime_s == pytest.approx(milliseconds / 1000)


def test_blocks_grow_along_rows_and_down_columns_to_1000_bits():
    assert all(list(row) == sorted(set(row)) for row in BLOCK_BITS)
    for upper, lower in pairwise(BLOCK_BITS):
        assert len(upper) >= len(lower)
        assert all(a < b for a, b in zip(upper, lower, strict=False))
    assert max(map(max, BLOCK_BITS)) == 1000
    assert all(bits % 8 == 0 for row in BLOCK_BITS for bits in row)


@given(st.sampled_from(range(len(BLOCK_BITS))), st.integers(0, 1000))
def test_the_smallest_block_that_fits(tbs_index: int, bits: int):
    fitting = [
        (size, units) for size, units in zip(BLOCK_BITS[tbs_index], RESOURCE_UNITS, strict=False) if size >= bits
    ]
    if fitting:
        assert block(bits, tbs_index) == fitting[0]
    else:
        with pytest.raises(TransportError, match=f"at most {BLOCK_BITS[tbs_index][-1]} bits wanted, got {bits}"):
            block(bits, tbs_index)


@given(st.sampled_from(RATES), st.integers(0, 2000))
def test_a_message_is_cut_into_blocks_that_each_carry_layer_2(rate: NbIot, n_bytes: int):
    row = BLOCK_BITS[rate.tbs_index]
    datagrams = max(1, -(-n_bytes // (1358 - 28)))
    left = n_bytes if rate.datagrams is None else n_bytes + 28 * datagrams
    wire_bytes, units, frames = left, 0, 0
    while left > 0 or not frames:
        content = min(left, row[-1] // 8 - LAYER2_BYTES)
        units += next(u for size, u in zip(row, RESOURCE_UNITS, strict=False) if size >= 8 * (content + LAYER2_BYTES))
        left, frames = left - content, frames + 1
    cost = rate.cost(n_bytes)
    assert (cost.frames, cost.wire_bytes) == (frames, wire_bytes)
    assert cost.airtime_s == pytest.approx(units * UNIT_S[rate.tones] * rate.repetitions)
    assert cost.energy_mj == pytest.approx(500 * units * UNIT_S[rate.tones] * rate.repetitions)


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.name)
def test_each_distance_is_scheduled_a_little_above_shannons_bound(rate: NbIot):
    """23 dBm less the coupling loss, over thermal noise in the tones' bandwidth and a noise figure of 3 dB."""
    coupling_loss_db = float(rate.name.split()[0])
    snr_db = 23 - coupling_loss_db - (-174 + 10 * log10(15_000 * rate.tones) + 3)
    row = BLOCK_BITS[rate.tbs_index]
    symbols_per_unit = {1: 96, 3: 144}[rate.tones]  # TS 36.101, table A.2.4-1
    symbols = symbols_per_unit * RESOURCE_UNITS[len(row) - 1] * rate.repetitions
    needed_db = 10 * log10(2 ** ((row[-1] + 24) / symbols) - 1)  # 24 bits are the block's CRC
    assert 4 <= snr_db - needed_db <= 5.5


def test_repetitions_and_the_internets_headers_cost_what_they_should():
    plain, repeated = (NbIot("", 1, 6, repetitions).cost(20) for repetitions in (1, 32))
    assert plain.airtime_s is not None
    assert repeated.airtime_s == pytest.approx(32 * plain.airtime_s)
    over_udp = NbIot("", 1, 6, 1, UDP("", 28, 1358)).cost(20)
    assert (over_udp.wire_bytes, plain.wire_bytes) == (48, 20)
    assert over_udp.airtime_s == NbIot("", 1, 6, 1).cost(48).airtime_s


def test_a_schedule_that_can_not_be_is_refused():
    with pytest.raises(TransportError, match=r"1, 3, 6, 12 tones and 1, 2, 4, .* repetitions wanted, got 2 and 1"):
        NbIot("", 2, 0, 1)
    with pytest.raises(TransportError, match="got 1 and 3"):
        NbIot("", 1, 0, 3)
    with pytest.raises(TransportError, match=r"block index of 0\.\.12 wanted, got 13"):
        NbIot("", 1, 13, 1)
    with pytest.raises(TransportError, match="at least 0 bytes"):
        RATES[0].cost(-1)
