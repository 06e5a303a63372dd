"""The checks of packets: two CRCs, each a function of a running value and bytes."""

from __future__ import annotations

import binascii
from enum import IntEnum


class Check(IntEnum):
    """How a packet is checked; the number is the check's length in bytes."""

    CRC8 = 1
    CRC16 = 2
    SEALED = 4


def _crc8_table(polynomial: int) -> bytes:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value & 0x80 else 0)
        table.append(value & 0xFF)
    return bytes(table)


_TABLE = _crc8_table(0x2F)


def crc8(data: bytes, value: int = 0xFF) -> int:
    """The running value of CRC-8 with polynomial 0x2F; its complement is the check (CRC-8/AUTOSAR).

    It finds every error of up to 3 bits in packets of up to 14 bytes, and every burst of up to 8 bits.

    >>> hex(crc8(b"123456789") ^ 0xFF)
    '0xdf'
    """
    for byte in data:
        value = _TABLE[value ^ byte]
    return value


def crc16(data: bytes, value: int = 0xFFFF) -> int:
    """The running value of CRC-16 with polynomial 0x1021, which is the check (CRC-16/IBM-3740).

    >>> hex(crc16(b"123456789"))
    '0x29b1'
    """
    return binascii.crc_hqx(data, value)
