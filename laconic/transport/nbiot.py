"""NB-IoT: transport blocks and time on air of the uplink's data channel, NPUSCH, at three distances."""

from __future__ import annotations

from dataclasses import dataclass

from laconic.transport.cost import Cost, Link, whole_frames
from laconic.transport.errors import TransportError
from laconic.transport.internet import IPV4_BYTES, UDP, UDP_BYTES

# 3GPP TS 36.213 (Release 13), table 16.5.1.2-2: bits of a transport block, by its index (row) and resource units
RESOURCE_UNITS = (1, 2, 3, 4, 5, 6, 8, 10)
BLOCK_BITS = (
    (16, 32, 56, 88, 120, 152, 208, 256),
    (24, 56, 88, 144, 176, 208, 256, 344),
    (32, 72, 144, 176, 208, 256, 328, 424),
    (40, 104, 176, 208, 256, 328, 440, 568),
    (56, 120, 208, 256, 328, 408, 552, 680),
    (72, 144, 224, 328, 424, 504, 680, 872),
    (88, 176, 256, 392, 504, 600, 808, 1000),
    (104, 224, 328, 472, 584, 712, 1000),
    (120, 256, 392, 536, 680, 808),
    (136, 296, 456, 616, 776, 936),
    (144, 328, 504, 680, 872, 1000),
    (176, 376, 584, 776, 1000),
    (208, 440, 680, 1000),
)
UNIT_S = {1: 0.008, 3: 0.004, 6: 0.002, 12: 0.001}  # of a resource unit, by its tones of 15 kHz (TS 36.211, 10.1.2.3)
REPETITIONS = (1, 2, 4, 8, 16, 32, 64, 128)

LAYER2_BYTES = 4  # PDCP 1, RLC 2, MAC 1
MTU = 1358  # that 3GPP advises (TS 23.060)
TRANSMIT_W = 0.5  # 3GPP TR 45.820: 23 dBm from an integrated amplifier of 45 %, and 60 mW for the rest


def block(bits: int, tbs_index: int) -> tuple[int, int]:
    """The smallest transport block for so many bits: its bits, and its resource units.

    >>> block(100, tbs_index=6)
    (176, 2)

    Raises:
        TransportError: an index outside of 0..12, or more bits than one block has.
    """
    if not 0 <= tbs_index < len(BLOCK_BITS):
        raise TransportError(f"a transport block index of 0..{len(BLOCK_BITS) - 1} wanted, got {tbs_index}")
    for size, units in zip(BLOCK_BITS[tbs_index], RESOURCE_UNITS, strict=False):
        if bits <= size:
            return size, units
    raise TransportError(f"at most {BLOCK_BITS[tbs_index][-1]} bits wanted, got {bits}")


@dataclass(frozen=True)
class NbIot:
    """How the network may schedule a node: tones, transport block index, repetitions; IP and UDP above, or neither."""

    name: str
    tones: int
    tbs_index: int
    repetitions: int
    datagrams: UDP | None = None
    transmit_w: float = TRANSMIT_W

    def __post_init__(self) -> None:
        if self.tones not in UNIT_S or self.repetitions not in REPETITIONS:
            raise TransportError(
                f"{', '.join(map(str, UNIT_S))} tones and {', '.join(map(str, REPETITIONS))} repetitions wanted, "
                f"got {self.tones} and {self.repetitions}"
            )
        block(0, self.tbs_index)

    def cost(self, n_bytes: int) -> Cost:
        """Of a packet of so many bytes, on NPUSCH alone.

        `wire_bytes` are those of the data plan: IP and UDP headers included, layer 2 left out.

        Raises:
            TransportError: fewer than 0 bytes.
        """
        wire_bytes = n_bytes if self.datagrams is None else int(self.datagrams.cost(n_bytes).wire_bytes)
        largest, most_units = BLOCK_BITS[self.tbs_index][-1], RESOURCE_UNITS[len(BLOCK_BITS[self.tbs_index]) - 1]
        full, rest = whole_frames(wire_bytes, largest // 8 - LAYER2_BYTES)
        _, units = block(8 * (rest + LAYER2_BYTES), self.tbs_index)
        airtime_s = (full * most_units + units) * UNIT_S[self.tones] * self.repetitions
        return Cost(full + 1, wire_bytes, airtime_s, 1000 * airtime_s * self.transmit_w)


_UDP = UDP("UDP/IPv4", IPV4_BYTES + UDP_BYTES, MTU)

NB_IOT = Link(
    "nb-iot",
    "blocks",
    False,
    (  # by coupling loss; full blocks stay 4 to 5.5 dB above Shannon's bound at 23 dBm, noise figure 3 dB
        NbIot("144 dB, non-IP", 3, 7, 1),
        NbIot("144 dB, UDP", 3, 7, 1, _UDP),
        NbIot("154 dB, non-IP", 1, 6, 4),
        NbIot("154 dB, UDP", 1, 6, 4, _UDP),
        NbIot("164 dB, non-IP", 1, 6, 32),
        NbIot("164 dB, UDP", 1, 6, 32, _UDP),
    ),
    {},
    (
        "coupling losses of 144, 154 and 164 dB with 3, 1 and 1 tones of 15 kHz and 1, 4 and 32 repetitions; "
        f"{LAYER2_BYTES} bytes of layer 2 in each transport block",
        f"airtime and energy are the data's alone, at {1000 * TRANSMIT_W:.0f} mW (23 dBm): random access, signalling "
        "and listening around it often take more",
    ),
)
