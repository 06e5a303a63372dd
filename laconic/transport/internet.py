"""UDP, and MQTT over TCP: bytes on the wire, whatever carries them."""

from __future__ import annotations

from dataclasses import dataclass

from laconic.transport.cost import Cost, Link, whole_frames
from laconic.transport.errors import TransportError

IPV4_BYTES, IPV6_BYTES, UDP_BYTES = 20, 40, 8
TCP_BYTES = 32  # 20, and 12 of timestamps as most systems send them
TLS_RECORD_BYTES = 22  # TLS 1.3: header 5, inner type 1, tag 16
TLS_MAX_BYTES = 16_384  # of a record
MQTT_MAX_REMAINING = 268_435_455
PUBACK_BYTES = 4


@dataclass(frozen=True)
class UDP:
    """Datagrams, each with the IP and UDP headers; a message larger than the `mtu` takes several."""

    name: str
    header_bytes: int
    mtu: int = 1500

    def cost(self, n_bytes: int) -> Cost:
        """Of a packet of so many bytes.

        Raises:
            TransportError: fewer than 0 bytes, or no room for any.
        """
        full, _ = whole_frames(n_bytes, self.mtu - self.header_bytes)
        return Cost(full + 1, n_bytes + (full + 1) * self.header_bytes)


@dataclass(frozen=True)
class MQTT:
    """One PUBLISH over a connection that stands: TCP over IPv4, with or without TLS 1.3, as far as the broker.

    Bytes of both directions are counted, the broker's acknowledgements among them (TCP's of every second segment, and
    PUBACK at QoS 1, which rides on one); connecting and keeping alive are not.
    """

    name: str
    qos: int
    tls: bool
    topic_bytes: int = 16
    mtu: int = 1500

    def cost(self, n_bytes: int) -> Cost:
        """Of a packet of so many bytes.

        Raises:
            TransportError: what PUBLISH can't carry.
        """
        headers = IPV4_BYTES + TCP_BYTES
        sent = self._sealed(publish_bytes(n_bytes, self.topic_bytes, self.qos))
        segments = whole_frames(sent, self.mtu - headers)[0] + 1
        answer = -(-segments // 2) * headers
        if self.qos == 1:
            answer += self._sealed(PUBACK_BYTES) + headers  # which the node acknowledges in turn
        return Cost(segments, sent + segments * headers + answer)

    def _sealed(self, n_bytes: int) -> int:
        return n_bytes + self.tls * TLS_RECORD_BYTES * -(-n_bytes // TLS_MAX_BYTES)


def publish_bytes(n_bytes: int, topic_bytes: int, qos: int) -> int:
    """Bytes of an MQTT 3.1.1 PUBLISH packet (sections 2.2 and 3.3): one, the remaining length, topic, number, payload.

    Raises:
        TransportError: a quality of service other than 0 and 1, a topic or a payload of a length that MQTT hasn't.

    >>> publish_bytes(3, topic_bytes=16, qos=0)
    23
    """
    remaining = 2 + topic_bytes + 2 * (qos > 0) + n_bytes
    if qos not in (0, 1) or not 1 <= topic_bytes <= 65_535 or n_bytes < 0 or remaining > MQTT_MAX_REMAINING:
        raise TransportError(
            f"QoS 0 or 1, a topic of 1..65535 bytes and in all at most {MQTT_MAX_REMAINING} wanted, got QoS {qos}, "
            f"{topic_bytes} and {n_bytes} bytes"
        )
    length_bytes = 1 + (remaining > 127) + (remaining > 16_383) + (remaining > 2_097_151)  # 7 bits in each
    return 1 + length_bytes + remaining


UDP_IPV4 = UDP("IPv4", IPV4_BYTES + UDP_BYTES)
UDP_IPV6 = UDP("IPv6", IPV6_BYTES + UDP_BYTES)

UDP_LINK = Link(
    "udp",
    "packets",
    False,
    (UDP_IPV4, UDP_IPV6),
    {},
    ("bytes are IP packets, as a data plan counts them; no DTLS; what carries them is not told, so energy isn't",),
)

MQTT_LINK = Link(
    "mqtt",
    "packets",
    False,
    (
        MQTT("QoS 0", 0, tls=False),
        MQTT("QoS 0, TLS", 0, tls=True),
        MQTT("QoS 1", 1, tls=False),
        MQTT("QoS 1, TLS", 1, tls=True),
    ),
    {},
    (
        "MQTT 3.1.1 with a topic of 16 bytes over TCP, IPv4 and TLS 1.3; bytes both ways, acknowledgements included",
        "the connection stands: connecting and keeping alive cost extra",
    ),
)
