"""LoRaWAN: frames and time on air at each data rate, in Europe and in the United States."""

from __future__ import annotations

from dataclasses import dataclass

from laconic.transport.cost import Cost, Link, whole_frames
from laconic.transport.errors import TransportError

HEADER_BYTES = 13  # MHDR 1, DevAddr 4, FCtrl 1, FCnt 2, FPort 1, MIC 4; no MAC commands
MAX_FRAME_BYTES = 255
SLOW_SYMBOL_S = 0.016  # above it the low-data-rate optimisation is mandatory: SF11 and SF12 at 125 kHz
SX1261_W = 3.3 * 0.0255  # +14 dBm, SX1261 with DC-DC converter at 3.3 V (Semtech's data sheet)
SX1262_W = 3.3 * 0.118  # +22 dBm, SX1262

FAIR_USE_S = 30.0  # The Things Network: uplink airtime of a node a day
FAIR_USE_DOWNLINKS = 10  # and the downlinks that it may get, acknowledgements included
DUTY_CYCLE_S = 0.01 * 86_400  # ETSI EN 300 220: 1 % in the sub-band of the default channels, over a day


def time_on_air_s(
    n_bytes: int, spreading_factor: int, bandwidth_hz: int = 125_000, coding_rate: int = 1, preamble: int = 8
) -> float:
    """Seconds that a LoRa frame takes, with explicit header and CRC (Semtech, SX1276 data sheet, section 4.1.1.7).

    T = (preamble + 4.25 + 8 + max(0, ceil((8 PL - 4 SF + 28 + 16) / (4 (SF - 2 DE))) (CR + 4))) 2^SF / BW

    Args:
        n_bytes: the frame's payload PL: LoRaWAN's 13 bytes and the application's, 0..255.
        spreading_factor: SF, 7..12.
        bandwidth_hz: BW.
        coding_rate: CR, 1..4 for 4/5..4/8.
        preamble: symbols.

    DE is 1 where a symbol is longer than 16 ms, and 0 otherwise.

    Raises:
        TransportError: a frame that LoRa doesn't have.

    >>> round(time_on_air_s(13 + 2, spreading_factor=7), 6)
    0.046336
    """
    if not (0 <= n_bytes <= MAX_FRAME_BYTES and 7 <= spreading_factor <= 12 and 1 <= coding_rate <= 4):
        raise TransportError(
            f"0..{MAX_FRAME_BYTES} bytes, spreading factor 7..12 and coding rate 1..4 wanted, got {n_bytes} bytes, "
            f"SF{spreading_factor}, {coding_rate}"
        )
    symbol_s = 2**spreading_factor / bandwidth_hz
    slow = symbol_s > SLOW_SYMBOL_S
    blocks = -(-(8 * n_bytes - 4 * spreading_factor + 44) // (4 * (spreading_factor - 2 * slow)))
    return float((preamble + 4.25 + 8 + max(0, blocks * (coding_rate + 4))) * symbol_s)


@dataclass(frozen=True)
class LoRaWAN:
    """One data rate: messages longer than `max_payload_bytes` go in several frames.

    laconic cuts no messages itself. By default a piece carries no header of its own: the frame counter orders pieces,
    and the port can say which is the last. That favours long messages; SCHC (RFC 9011) takes a byte and more.
    `transmit_w` is what the radio draws while it transmits.
    """

    name: str
    spreading_factor: int
    max_payload_bytes: int
    bandwidth_hz: int = 125_000
    transmit_w: float = SX1261_W
    fragment_header_bytes: int = 0

    def cost(self, n_bytes: int) -> Cost:
        """Of a message whose payload has so many bytes, unconfirmed.

        Raises:
            TransportError: fewer than 0 bytes, or no room for any.
        """
        full, rest = 0, n_bytes
        if not 0 <= n_bytes <= self.max_payload_bytes:
            full, rest = whole_frames(n_bytes, self.max_payload_bytes - self.fragment_header_bytes)
            rest += self.fragment_header_bytes
        airtime_s = full * self._airtime_s(self.max_payload_bytes) + self._airtime_s(rest)
        wire_bytes = full * (HEADER_BYTES + self.max_payload_bytes) + HEADER_BYTES + rest
        return Cost(full + 1, wire_bytes, airtime_s, 1000 * airtime_s * self.transmit_w)

    def _airtime_s(self, payload_bytes: int) -> float:
        return time_on_air_s(HEADER_BYTES + payload_bytes, self.spreading_factor, self.bandwidth_hz)


_COUNTED = (
    f"unconfirmed uplinks: preamble 8, coding rate 4/5, {HEADER_BYTES} bytes of LoRaWAN around a bare payload; "
    "pieces of a message have no header of their own",
    f"fair: messages a day within The Things Network's fair use, {FAIR_USE_S:g} s of airtime; it also allows "
    f"{FAIR_USE_DOWNLINKS} downlinks, hence {FAIR_USE_DOWNLINKS} confirmed frames",
)

EU868 = Link(
    "lorawan-eu868",
    "frames",
    True,
    (  # largest payloads with room for a repeater (LoRaWAN Regional Parameters)
        LoRaWAN("SF7", 7, 222),
        LoRaWAN("SF8", 8, 222),
        LoRaWAN("SF9", 9, 115),
        LoRaWAN("SF10", 10, 51),
        LoRaWAN("SF11", 11, 51),
        LoRaWAN("SF12", 12, 51),
    ),
    {"fair_use": FAIR_USE_S, "duty_cycle": DUTY_CYCLE_S},
    (
        *_COUNTED,
        "duty: messages a day within a duty cycle of 1 % in one sub-band",
        f"energy is airtime at {1000 * SX1261_W:.0f} mW (SX1261, 14 dBm, 25.5 mA at 3.3 V): no receiving, no processor",
    ),
)

US915 = Link(
    "lorawan-us915",
    "frames",
    True,
    (  # each of these frames keeps to the dwell time of 400 ms
        LoRaWAN("SF7", 7, 242, transmit_w=SX1262_W),
        LoRaWAN("SF8", 8, 125, transmit_w=SX1262_W),
        LoRaWAN("SF9", 9, 53, transmit_w=SX1262_W),
        LoRaWAN("SF10", 10, 11, transmit_w=SX1262_W),
        LoRaWAN("SF8, 500 kHz", 8, 242, 500_000, SX1262_W),
    ),
    {"fair_use": FAIR_USE_S},
    (
        *_COUNTED,
        "there is no duty cycle; the largest payloads keep each frame to 400 ms of dwell time",
        f"energy is airtime at {1000 * SX1262_W:.0f} mW (SX1262, 22 dBm, 118 mA at 3.3 V): no receiving, no processor",
    ),
)
