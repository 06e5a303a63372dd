"""UDP and MQTT on the wire: headers counted one by one, PUBLISH built byte by byte as its specification says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laconic.transport import MQTT, MQTT_LINK, UDP_LINK, Cost, TransportError, publish_bytes
from laconic.transport.internet import MQTT_MAX_REMAINING


def publish(payload: bytes, topic: str, qos: int) -> bytes:
    """MQTT 3.1.1, sections 2.2.3 (remaining length) and 3.3 (PUBLISH, number 10)."""
    name = topic.encode()
    rest = len(name).to_bytes(2, "big") + name + (b"\x00\x0a" if qos else b"") + payload
    length, x = b"", len(rest)
    while True:
        digit, x = x % 128, x // 128
        length += bytes([digit | 128 if x else digit])
        if not x:
            return bytes([0x30 | qos << 1]) + length + rest


def test_the_specifications_example():
    """Section 3.3.2.3: topic a/b, packet identifier 10; a variable header of 7 bytes, here without payload."""
    assert publish(b"", "a/b", 1).hex() == "3207" + "0003612f62" + "000a"
    assert publish_bytes(0, topic_bytes=3, qos=1) == 9


@given(
    st.one_of(st.integers(0, 300), st.integers(16_300, 16_400), st.integers(2_097_100, 2_097_200)),
    st.text("abc/", min_size=1, max_size=40),
    st.integers(0, 1),
)
def test_a_publish_is_as_long_as_its_bytes(n_bytes: int, topic: str, qos: int):
    assert publish_bytes(n_bytes, len(topic), qos) == len(publish(bytes(n_bytes), topic, qos))


def test_the_longest_publish():
    longest = MQTT_MAX_REMAINING - 2 - 16
    assert publish_bytes(longest, 16, qos=0) == 5 + MQTT_MAX_REMAINING
    with pytest.raises(TransportError, match="in all at most 268435455 wanted"):
        publish_bytes(longest + 1, 16, qos=0)


@pytest.mark.parametrize(("n_bytes", "topic_bytes", "qos"), [(-1, 16, 0), (3, 0, 0), (3, 65_536, 0), (3, 16, 2)])
def test_a_publish_that_can_not_be_is_refused(n_bytes: int, topic_bytes: int, qos: int):
    with pytest.raises(TransportError, match=r"QoS 0 or 1, a topic of 1\.\.65535 bytes"):
        publish_bytes(n_bytes, topic_bytes, qos)


def test_a_small_message_over_mqtt_header_by_header():
    """3 bytes to a topic of 16: PUBLISH, IP and TCP with timestamps around it, and what comes back."""
    tcp, record = 20 + 20 + 12, 5 + 1 + 16
    costs = [rate.cost(3).wire_bytes for rate in MQTT_LINK.rates]
    assert costs == [
        tcp + 23 + tcp,
        tcp + record + 23 + tcp,
        tcp + 25 + tcp + 4 + tcp,
        tcp + record + 25 + tcp + record + 4 + tcp,
    ]


def test_a_large_message_over_mqtt_takes_segments_records_and_acknowledgements():
    """20,000 bytes: two TLS records, 14 segments of at most 1,448 bytes, every second one acknowledged."""
    cost = MQTT("", 0, tls=True).cost(20_000)
    sent = 20_000 + 1 + 3 + 2 + 16 + 2 * 22
    assert cost == Cost(14, sent + 14 * 52 + 7 * 52)


@pytest.mark.parametrize(
    ("n_bytes", "packets"), [(0, (1, 1)), (3, (1, 1)), (1452, (1, 1)), (1453, (1, 2)), (1472, (1, 2)), (1473, (2, 2))]
)
def test_udp_over_both_versions_of_ip(n_bytes: int, packets: tuple[int, int]):
    costs = [rate.cost(n_bytes) for rate in UDP_LINK.rates]
    assert [cost.frames for cost in costs] == list(packets)
    assert [cost.wire_bytes for cost in costs] == [n_bytes + 28 * packets[0], n_bytes + 48 * packets[1]]
    assert all(cost.airtime_s is None and cost.energy_mj is None for cost in costs)
