"""What a packet costs on a real link: frames, airtime, messages a day."""

from __future__ import annotations

from laconic.transport.cost import Cost, Link, Rate, mean_cost
from laconic.transport.errors import TransportError
from laconic.transport.internet import MQTT, MQTT_LINK, UDP, UDP_LINK, publish_bytes
from laconic.transport.lorawan import EU868, US915, LoRaWAN, time_on_air_s
from laconic.transport.messages import codec_messages, plain_messages, said_share
from laconic.transport.nbiot import NB_IOT, NbIot
from laconic.transport.sizes import Sizes

__all__ = [
    "EU868",
    "MQTT",
    "MQTT_LINK",
    "NB_IOT",
    "UDP",
    "UDP_LINK",
    "US915",
    "Cost",
    "Link",
    "LoRaWAN",
    "NbIot",
    "Rate",
    "Sizes",
    "TransportError",
    "codec_messages",
    "mean_cost",
    "plain_messages",
    "publish_bytes",
    "said_share",
    "time_on_air_s",
]
